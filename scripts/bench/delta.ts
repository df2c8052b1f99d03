/**
 * One changed line in many small files: what a machine moves and how long it takes, with a spare, without one, by
 * copies, and whole. In each round the next revision is spooled, and all machines sync it before it is blessed.
 */
import { type Case, type Contender, MEMORY, type Setting } from "./case.ts";
import { ChangingArchive } from "./changing_archive.ts";
import type { CorpusName } from "./corpora.ts";
import { Place, type PlaceOptions } from "./place.ts";
import { LEAST, least } from "./least.ts";
import { capture, measure, type Program } from "./programs.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./targets.ts";
import { SLOW_LINE } from "./whole.ts";

const PACKAGE = "delta";

const SPARE = "with a spare";
const NO_SPARE = "without a spare";
const COPIES = "by copies";
const WHOLE = "whole";
const MOVED = "bytes moved, at most";

interface Machine {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

const MACHINES: readonly Machine[] = [
  { name: SPARE, env: {} },
  { name: NO_SPARE, env: { FTL_SPARE: "0" } },
  { name: COPIES, env: { FTL_SPARE: "0", FTL_DELTA: "always" } },
  { name: WHOLE, env: { FTL_DELTA: "off" } },
];

const TARGETS: readonly Target[] = [
  { measure: "time", of: SPARE, beside: WHOLE, atMost: 0.33, least: LEAST },
  { measure: "cpu", of: SPARE, beside: WHOLE, atMost: 0.4, least: LEAST },
  { measure: "time", of: NO_SPARE, beside: WHOLE, atMost: 1 },
  ...[SPARE, NO_SPARE, COPIES].map((of): Target => ({ measure: "peak", of, atMost: MEMORY })),
];

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly place: PlaceOptions;
  readonly rounds?: number;
}

const VARIANTS: readonly Variant[] = [
  { name: "two-cores", title: "in memory, two cores", place: { cores: 2 } },
  { name: "one-core", title: "in memory, one core", place: { cores: 1 }, rounds: 5 },
  { name: "ext4", title: "ext4", place: { fileSystem: "ext4" }, rounds: 5 },
  { name: "xfs", title: "XFS", place: { fileSystem: "xfs" }, rounds: 5 },
  {
    name: "ext4-cold",
    title: "ext4, nothing cached",
    place: { fileSystem: "ext4", isCold: true },
    rounds: 3,
  },
  {
    name: "xfs-cold",
    title: "XFS, nothing cached",
    place: { fileSystem: "xfs", isCold: true },
    rounds: 3,
  },
  {
    name: "line",
    title: "behind a line of 100 Mbit/s and 50 ms",
    place: { line: SLOW_LINE },
    rounds: 2,
  },
];

export function deltaCases(setting: Setting, corpus: CorpusName): Case[] {
  return VARIANTS.map((variant) => deltaCase(setting, corpus, variant));
}

function deltaCase({ stage, corpora }: Setting, corpus: CorpusName, variant: Variant): Case {
  let archive: ChangingArchive | undefined;
  let place: Place | undefined;
  const moved: number[] = [];
  const contender = (here: Place, machine: Machine): Contender => ({
    name: machine.name,
    run: async () => {
      await here.beforeRun();
      const before = await stage.bytesRead();
      const measured = await measure(here.program(syncOf(stage, here, machine)));
      if (machine.name === SPARE) moved.push(await stage.bytesRead() - before);
      return measured;
    },
  });
  return {
    name: `delta-${variant.name}`,
    title: `sync of one changed line in many small files (${corpus}), ${variant.title}`,
    ...(variant.rounds === undefined ? {} : { rounds: variant.rounds }),
    targets: [...TARGETS, { measure: "fact", of: MOVED, unit: "B", atMost: 10_000 }],
    prepare: async () => {
      const here = place = await Place.open(stage, variant.place);
      const path = await corpora.many(corpus);
      const changing = archive = new ChangingArchive(stage, PACKAGE, path);
      for (const { name } of MACHINES) here.machine(folderOf(name), [PACKAGE]);
      // The third revision leaves the first one over.
      for (let spooled = 0; spooled < 3; spooled++) {
        await changing.spoolNext();
        await syncAll(stage, here);
      }
      return [...MACHINES.map((machine) => contender(here, machine)), looking(here)];
    },
    beforeRound: async () => await archive?.spoolNext({ blesses: false }),
    afterRound: async () => {
      await archive?.bless();
      if (place !== undefined) await syncAll(stage, place);
    },
    // The round that warms up does not count here either.
    facts: () => Promise.resolve({ [MOVED]: Math.max(...moved.slice(1)) }),
    clean: async () => {
      const { folder } = place ?? stage;
      await place?.close();
      // In an image they are gone by now.
      for (const { name } of MACHINES) stage.drop(`${folder}/${folderOf(name)}`);
      archive?.drop();
      await stage.empty(`${PACKAGE}.`);
      await stage.empty(".ftl/");
    },
  };
}

/** A look at each file of one revision, as what is left of the spare must be as its tree says. */
function looking(place: Place): Contender {
  return {
    name: LEAST,
    run: async () => {
      await place.beforeRun();
      const command = least("look", [`${place.folder}/${folderOf(SPARE)}/${PACKAGE}/current/`]);
      return measure(place.program({ command }));
    },
  };
}

function syncOf(stage: Stage, { folder }: Place, { name, env }: Machine): Program {
  const program = stage.ftl(["sync", "--quiet"], `${folder}/${folderOf(name)}`);
  return { ...program, env: { ...program.env, ...env } };
}

/** Not measured, so it need not wait for a slow line. */
async function syncAll(stage: Stage, place: Place): Promise<void> {
  for (const one of MACHINES) await capture(syncOf(stage, place, one));
}

function folderOf(name: string): string {
  return name.replaceAll(" ", "-");
}
