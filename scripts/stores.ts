/**
 * `deno task stores [moto|radosgw|swift ...]`: tries FTL on stores of other projects, on this machine's
 * loopback. As root and with apt it installs what is missing. It starts each store in a temporary folder, tries
 * FTL on it, and ends it. The exit code is 0 if every requested store was tried and passed.
 *
 *     --megabytes 300   size of the large package
 *     --racers 8        number of people who bless at once
 *     --no-install      only reports what is missing
 */
import { parseArgs } from "node:util";
import { moto } from "./stores/moto.ts";
import { isThere, Processes } from "./stores/processes.ts";
import { radosgw } from "./stores/radosgw.ts";
import type { Store } from "./stores/store.ts";
import { swift } from "./stores/swift.ts";
import { type Finding, Trial } from "./stores/trial.ts";

const STORES: readonly Store[] = [moto, radosgw, swift];

interface Settings {
  readonly stores: readonly Store[];
  readonly megabytes: number;
  readonly racers: number;
  readonly isInstalling: boolean;
}

const settings = readSettings();
const folders = new Set<string>();
const open = new Set<Processes>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, async () => {
    for (const processes of open) await processes[Symbol.asyncDispose]();
    for (const folder of folders) Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  });
}
let isGood = true;
for (const store of settings.stores) isGood = await tryStore(store) && isGood;
Deno.exit(isGood ? 0 : 1);

function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      "megabytes": { type: "string", default: "300" },
      "racers": { type: "string", default: "8" },
      "no-install": { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => STORES.every((store) => store.name !== name));
  if (unknown !== undefined) {
    say(`No such store: ${unknown}; the stores are ${STORES.map(({ name }) => name).join(", ")}`);
    Deno.exit(2);
  }
  return {
    stores: STORES.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    megabytes: Number(values.megabytes),
    racers: Number(values.racers),
    isInstalling: !values["no-install"],
  };
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function tryStore(store: Store): Promise<boolean> {
  const missing = await missingOf(store);
  if (missing !== undefined) {
    say(`\n${store.name}: not tried, ${missing}`);
    return false;
  }
  const folder = Deno.makeTempDirSync({ prefix: "ftl-stores-" });
  folders.add(folder);
  const processes = new Processes(folder);
  open.add(processes);
  const begun = performance.now();
  try {
    return await tryStarted(store, { folder, processes });
  } catch (error) {
    say(`  ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    await processes[Symbol.asyncDispose]();
    open.delete(processes);
    Deno.removeSync(folder, { recursive: true });
    folders.delete(folder);
    say(`  in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
}

async function tryStarted(
  store: Store,
  { folder, processes }: { folder: string; processes: Processes },
): Promise<boolean> {
  say(`\n${store.name} ${await store.version(processes)}`);
  const started = await store.start(folder, processes);
  const { megabytes, racers } = settings;
  const work = `${folder}/work`;
  Deno.mkdirSync(work);
  const { racyBecause } = store;
  const trial = new Trial({ store: started, folder: work, megabytes, racers, racyBecause });
  await trial.makeBucket();
  const rows: readonly (readonly [string, () => Promise<Finding>])[] = [
    ["main job", () => trial.mainJob()],
    ["racing blessings", () => trial.race()],
    ["removing many", () => trial.removals()],
    [`${megabytes} MB`, () => trial.large()],
    ["doctor", () => trial.doctor()],
  ];
  let good = true;
  for (const [name, run] of rows) {
    const { isGood, text } = await run().catch((error: Error) => {
      return { isGood: false, text: error.message.replace(/\s*\n\s*/g, " | ") };
    });
    good &&= isGood;
    say(`  ${isGood ? "ok  " : "FAIL"}  ${name.padEnd(16)}  ${text}`);
  }
  for (const sentence of trial.warnings) say(`  warned  ${sentence}`);
  return good;
}

/** Installs missing programs if possible. Otherwise returns what a person must do. */
async function missingOf({ programs, install }: Store): Promise<string | undefined> {
  const missing = (): string[] => Object.keys(programs).filter((program) => !isThere(program));
  if (missing().length === 0) return undefined;
  if (!("debian" in install)) return `${missing().join(", ")} missing: ${install.byHand}`;
  const isRoot = Deno.uid() === 0 && isThere("apt-get");
  if (settings.isInstalling && isRoot) await aptInstall(install.debian);
  if (missing().length === 0) return undefined;
  return `${missing().join(", ")} missing: apt-get install ${install.debian.join(" ")}`;
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (
    const args of [["update", "-qq"], [
      "install",
      "-y",
      "-qq",
      "--no-install-recommends",
      ...packages,
    ]]
  ) {
    await new Deno.Command("apt-get", { args, env, stdout: "null" }).output();
  }
}
