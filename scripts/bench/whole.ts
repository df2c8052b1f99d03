/** Syncs of a whole package onto an empty machine, beside what people use otherwise. */
import { type Case, type Contender, MEMORY, type Setting } from "./case.ts";
import { type CorpusName, describe, packageOf } from "./corpora.ts";
import { KEPT, LEAST, least, listSizes } from "./least.ts";
import { type LineOptions, ownTime } from "./line.ts";
import { Place, type PlaceOptions } from "./place.ts";
import { capture, measure, pipeline } from "./programs.ts";
import type { Target } from "./targets.ts";

const USUAL = "curl | tar -xz";
const FLUSHED = "curl | tar -xz && sync -f";
const OWN_TIME = "the line itself";

/** A slow line, as a small office has it. */
export const SLOW_LINE: LineOptions = { bits: 100e6, roundTrip: 50 };

interface Whole {
  readonly name: string;
  readonly title: string;
  readonly place: PlaceOptions;
  readonly targets: readonly Target[];
  readonly rounds?: number;
  /** Besides FTL and the usual tools, those that say where the time goes. */
  readonly hasMore?: boolean;
  /** Threads of the program that does the least. */
  readonly least?: 1 | 2;
}

const memory: Target = { measure: "peak", of: "ftl sync", atMost: MEMORY };

function time(beside: string, atMost: number): Target {
  return { measure: "time", of: "ftl sync", beside, atMost, least: KEPT };
}

/** With a spare core, on one, and where others need the cores. */
const ON_CORES: readonly Whole[] = [
  {
    name: "one-core",
    title: "on one core, the server on another one",
    place: { cores: 1 },
    targets: [time(USUAL, 0.9), cpu(USUAL), memory],
    least: 1,
  },
  {
    name: "two-cores",
    title: "on two cores that are idle",
    place: { cores: 2 },
    targets: [time(USUAL, 0.4), cpu(USUAL), memory],
    hasMore: true,
    least: 2,
  },
  {
    name: "busy",
    title: "on two cores, beside four busy loops",
    place: { cores: 2, busy: 4 },
    targets: [time(USUAL, 1)],
  },
];

const ELSEWHERE: readonly Whole[] = [
  {
    name: "ext4",
    title: "onto ext4 on a disk, flushed",
    place: { fileSystem: "ext4" },
    targets: [time(FLUSHED, 1.1), memory],
  },
  {
    name: "xfs",
    title: "onto XFS on a disk, flushed",
    place: { fileSystem: "xfs" },
    targets: [time(FLUSHED, 1.1), memory],
  },
  {
    name: "line",
    title: "behind a line of 100 Mbit/s and 50 ms",
    place: { line: SLOW_LINE },
    rounds: 3,
    targets: [time(OWN_TIME, 1.02)],
  },
  {
    name: "line-ext4",
    title: "behind the same line, onto ext4 on a disk, flushed",
    place: { line: SLOW_LINE, fileSystem: "ext4" },
    rounds: 3,
    targets: [memory],
  },
];

function cpu(beside: string): Target {
  return { measure: "cpu", of: "ftl sync", beside, atMost: 0.75, least: KEPT };
}

/** The cores are tried with each corpus, the rest with the first one. */
export function wholeCases(setting: Setting, corpora: readonly CorpusName[]): Case[] {
  return corpora.flatMap((corpus, i) =>
    [...ON_CORES, ...i === 0 ? ELSEWHERE : []].map((one) => wholeCase(setting, corpus, one))
  );
}

function wholeCase(setting: Setting, corpus: CorpusName, whole: Whole): Case {
  const { stage, corpora } = setting;
  let [path, key] = ["", ""];
  let place: Place | undefined;
  const tar = `${stage.folder}/corpus.tar`;
  const list = `${stage.folder}/sizes`;
  return {
    name: `sync-${whole.name}-${corpus}`,
    title: `sync of many small files (${corpus}), ${whole.title}`,
    ...(whole.rounds === undefined ? {} : { rounds: whole.rounds }),
    targets: whole.targets,
    prepare: async () => {
      const here = place = await Place.open(stage, whole.place);
      path = await corpora.many(corpus);
      await stage.spool(path);
      key = await stage.key(`${packageOf(path)}.`);
      const pkg = packageOf(path);
      const curl = stage.curl(key, here.url);
      const contenders = [
        coldSync(here, pkg),
        whole.place.fileSystem === undefined
          ? unpacking(here, USUAL, `${curl} | tar -xz -C $out`)
          : unpacking(here, FLUSHED, `${curl} | tar -xz -C $out && sync -f $out`),
      ];
      if (whole.hasMore === true) {
        await capture({ command: pipeline(`gzip -dc ${path} > ${tar}`) });
        contenders.push(...moreTools(setting, here, { path, key, tar }));
      }
      if (whole.least !== undefined) {
        await listSizes(path, list);
        contenders.push(doingLeast(here, curl, { list, threads: whole.least }));
        contenders.push(keepingPromises(here, curl, whole.least));
      }
      const { line } = whole.place;
      if (line !== undefined) {
        contenders.push(keepingPromises(here, curl, 2));
        contenders.push(lineItself(here, curl), ownTimeOf(path, line));
      }
      return contenders;
    },
    facts: () => describe(path),
    clean: async () => {
      await place?.close();
      for (const file of [tar, list]) stage.drop(file);
      if (path !== "") await stage.empty(`${packageOf(path)}.`);
      await stage.empty(".ftl/");
    },
  };
}

function moreTools(
  { stage, tools: { aws, pigz } }: Setting,
  place: Place,
  { path, key, tar }: { path: string; key: string; tar: string },
): Contender[] {
  const curl = stage.curl(key, place.url);
  const copy = `${aws} s3 cp ${stage.s3Url(key)} -`;
  return [
    ...pigz === undefined
      ? []
      : [unpacking(place, "curl | pigz -dc | tar -x", `${curl} | ${pigz} -dc | tar -x -C $out`)],
    ...aws === undefined
      ? []
      : [unpacking(place, "aws s3 cp - | tar -xz", `${copy} | tar -xz -C $out`)],
    unpacking(place, "only gunzip", `gzip -dc ${path} > /dev/null`),
    unpacking(place, "only write", `tar -xf ${tar} -C $out`),
  ];
}

/** Gunzips the download, and writes files of the same sizes. */
function doingLeast(
  place: Place,
  curl: string,
  { list, threads }: { list: string; threads: number },
): Contender {
  const program = least("sync", ["$out", list, String(threads)]).join(" ");
  return unpacking(place, LEAST, `${curl} | ${program}`);
}

/** Unpacks, checks, flushes and looks at what `curl` downloads. */
function keepingPromises(place: Place, curl: string, threads: number): Contender {
  const program = least("kept", ["$out", String(threads)]).join(" ");
  return unpacking(place, KEPT, `${curl} | ${program}`);
}

/** A download that does nothing else shows how well the line keeps its rate. */
function lineItself(place: Place, curl: string): Contender {
  return unpacking(place, "only curl", `${curl} > /dev/null`);
}

/** Computed, not run. */
function ownTimeOf(path: string, line: LineOptions): Contender {
  const ms = ownTime(Deno.statSync(path).size, line);
  return {
    name: OWN_TIME,
    run: () => Promise.resolve({ ms, peak: undefined, cpu: undefined }),
  };
}

/** A sync onto an empty machine. */
export function coldSync(place: Place, pkg: string): Contender {
  let root = "";
  return {
    name: "ftl sync",
    run: async () => {
      root = place.machine("cold", [pkg]);
      await place.beforeRun();
      return measure(place.ftl(["sync", "--quiet"], root));
    },
    after: () => place.drop(root),
  };
}

/** A pipeline with a fresh folder, `$out`, to unpack into. */
export function unpacking(place: Place, name: string, text: string): Contender {
  const out = `${place.folder}/out`;
  return {
    name,
    run: async () => {
      place.drop(out);
      Deno.mkdirSync(out);
      await place.beforeRun();
      return measure(place.pipeline(text, { out }));
    },
    after: () => place.drop(out),
  };
}
