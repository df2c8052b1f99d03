/** Spool, bless, sync and purge for a long time, in one process: what grows would show. */
import { jumpMaster, purgeMaster, sync } from "../../mod.ts";
import { HISTORY_PREFIX } from "../../src/revision/keys.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { makeSite } from "./site.ts";

interface Footprint {
  /** Megabytes resident, after a collection as far as there is one. */
  readonly memory: number;
  readonly files: number;
  /** Entries below the root and in the bucket, but those of the history, which is kept. */
  readonly entries: number;
}

/** Bounds of what may come between a third of the time and its end; a short run is still warming up. */
function growthAllowed(minutes: number): Footprint {
  return { memory: minutes < 1 ? 400 : 48, files: 8, entries: 300 };
}

/** Throws an Error that says what grew. */
export async function soak({ minutes, seed }: { minutes: number; seed: number }): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const inspector = new Inspector(lab);
  const started = performance.now();
  const end = started + minutes * 60_000;
  let early: Footprint | undefined;
  let deployments = 0;
  while (performance.now() < end || deployments < 10) {
    await deploy(lab, seed + deployments++ % 7);
    if (deployments % 50 === 0) await inspector.look();
    const isThird = performance.now() > started + minutes * 20_000 && deployments >= 4;
    if (early === undefined && isThird) early = await footprint(lab);
  }
  const late = await footprint(lab);
  for (
    const [what, most] of Object.entries(growthAllowed(minutes)) as [keyof Footprint, number][]
  ) {
    const grown = late[what] - (early ?? late)[what];
    if (grown > most) {
      throw new Error(`${what} grew by ${grown.toFixed()} in ${deployments} deployments`);
    }
  }
  return {
    deployments,
    minutes,
    "MB at a third": early?.memory.toFixed() ?? "-",
    "MB at the end": late.memory.toFixed(),
    "open files at a third": early?.files ?? "-",
    "open files at the end": late.files,
  };
}

async function deploy(lab: Lab, seed: number): Promise<void> {
  const { revision } = await lab.spool(makeSite(PACKAGE, seed, { files: 40, scripts: false }));
  await jumpMaster(lab.context(), revision);
  const [result] = await sync(lab.context());
  if (result?.active !== revision) throw result?.failures[0] ?? new Error(`${result?.active} runs`);
  await purgeMaster(lab.context(), { package: PACKAGE, keep: 3 });
  // What the test server remembers is not what is looked for.
  lab.fleet.server.clearLog();
}

async function footprint(lab: Lab): Promise<Footprint> {
  const listed = await lab.bucket.list("");
  const objects = listed.filter(({ key }) => !key.startsWith(HISTORY_PREFIX));
  return {
    memory: Deno.memoryUsage().rss / 1e6,
    files: [...Deno.readDirSync("/proc/self/fd")].length,
    entries: countBelow(lab.root) + objects.length,
  };
}

function countBelow(path: string): number {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    count += 1 + (isDirectory ? countBelow(`${path}/${name}`) : 0);
  }
  return count;
}
