/** Many processes at once: at one package's spool, at one pointer. */
import { listMasterRevisions, spool } from "../../mod.ts";
import { Inspector, PACKAGE } from "./invariants.ts";
import { type Figures, Lab } from "./lab.ts";
import { makeSite } from "./site.ts";

/** So many spools of one package at the same time: other files, or the very same. */
export async function spoolAtOnce(
  { seed, count, same }: { seed: number; count: number; same: boolean },
): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const files = Array.from({ length: count }, (_, n) => {
    const site = makeSite(PACKAGE, same ? seed : seed + n, { files: 3 });
    lab.file(site);
    return lab.fleet.folder.write(`files/${n}/${site.fileName}`, site.bytes);
  });
  const ran = await Promise.all(files.map((file) => lab.run(["spool", file])));
  const failed = ran.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`seed ${seed}: exit ${failed.code}: ${failed.stderr}`);
  const names = ran.map(({ stdout }) => stdout.trim());
  if (new Set(names).size !== count) throw new Error(`seed ${seed}: two spools got the same name`);
  const listed = await listMasterRevisions(lab.context(), PACKAGE);
  const ids = listed.map(({ revision }) => revision);
  if (ids.join() !== names.toSorted().join()) throw new Error(`seed ${seed}: listed are ${ids}`);
  await new Inspector(lab).lookAtBucket();
  // What is spooled after all of these sorts after all of them.
  const { revision } = await lab.spool(makeSite(PACKAGE, seed, { files: 3 }));
  if (names.some((name) => name >= revision)) throw new Error(`${revision} is not the newest`);
  return { spools: count, "different names": new Set(names).size };
}

/** The same file, person and instant: the clock stands still. */
export async function spoolInOneInstant(
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  await using lab = await Lab.start([PACKAGE]);
  const now = Date.now();
  const file = lab.file(makeSite(PACKAGE, seed, { files: 3 }));
  const spooled = await Promise.all(
    Array.from({ length: count }, () => spool({ ...lab.context(), now: () => now }, file)),
  );
  const names = new Set(spooled.map(({ revision }) => revision));
  if (names.size !== count) {
    throw new Error(`Of ${count} spools ${names.size} got a name: ${[...names]}`);
  }
}

/** In each round all bless at once, each another revision, on what they read at the same moment. */
export async function blessAtOnce(
  { seed, racers, rounds }: { seed: number; racers: number; rounds: number },
): Promise<Figures> {
  await using lab = await Lab.start([PACKAGE]);
  const revisions: string[] = [];
  for (let n = 0; n < racers; n++) {
    revisions.push((await lab.spool(makeSite(PACKAGE, seed + n, { files: 1 }))).revision);
  }
  let before = "";
  for (let round = 1; round <= rounds; round++) {
    before = await race(lab, revisions, before);
  }
  return { racers, rounds, "winners in each": 1 };
}

/** No pointer is written until everybody has read it. */
async function race(lab: Lab, revisions: readonly string[], before: string): Promise<string> {
  const { server } = lab.fleet;
  const racers = revisions.filter((revision) => revision !== before);
  const release = holdWrites(lab, racers.length);
  const ran = await Promise.all(racers.map((revision) => lab.run(["jump", "--master", revision])));
  await release;
  server.clearFaults();
  const winners = racers.filter((_, n) => ran[n]?.code === 0);
  const losers = ran.filter(({ code }) => code === 4);
  const rev = await lab.bucket.getSmall(`${PACKAGE}.rev`);
  const [winner] = winners;
  if (winners.length !== 1 || losers.length !== racers.length - 1 || rev?.text !== winner) {
    const codes = ran.map(({ code }) => code);
    throw new Error(`winners ${winners}, blessed ${rev?.text}, exit codes ${codes}`);
  }
  for (const { stderr } of losers) {
    if (!stderr.includes(winner ?? "?")) throw new Error(`It does not name the winner: ${stderr}`);
  }
  return winner ?? "";
}

/** Holds the writes of the pointer back until every racer has looked at its revision, which it does after reading that. */
async function holdWrites(lab: Lab, count: number): Promise<void> {
  const { server } = lab.fleet;
  server.clearLog();
  server.addFault({
    operation: "PutObject",
    key: `${PACKAGE}.rev`,
    count,
    fault: { kind: "delay", milliseconds: 60_000 },
  });
  const arrived = (): number =>
    new Set(
      server.log.flatMap(({ operation, key = "" }) =>
        operation === "HeadObject" && key.startsWith(`${PACKAGE}.`) && key.endsWith(".tgz")
          ? [key]
          : []
      ),
    ).size;
  while (arrived() < count) await new Promise((resolve) => setTimeout(resolve, 10));
  server.clearFaults();
}
