/** Packages of one file, and packages that are as large as memory. */
import { type Case, MEMORY, type Setting } from "./case.ts";
import { packageOf } from "./corpora.ts";
import { Place } from "./place.ts";
import { measure } from "./programs.ts";
import { coldSync, unpacking } from "./whole.ts";

export function singleCases(setting: Setting): Case[] {
  const { corpora } = setting;
  return [
    oneFile(setting, { name: "stored", make: () => corpora.stored(), filter: "cat" }),
    oneFile(setting, { name: "gzipped", make: () => corpora.gzipped(), filter: "gzip -dc" }),
    big(setting, "big-stored", () => corpora.bigStored()),
    big(setting, "big-archive", () => corpora.bigArchive()),
  ];
}

function oneFile(
  { stage }: Setting,
  { name, make, filter }: { name: string; make: () => Promise<string>; filter: string },
): Case {
  let pkg = "";
  return {
    name: `one-${name}`,
    title: `sync of one ${name} file of 100 MB`,
    targets: [{ measure: "peak", of: "ftl sync", atMost: MEMORY }],
    prepare: async () => {
      const path = await make();
      pkg = packageOf(path);
      await stage.spool(path);
      const curl = stage.curl(await stage.key(`${pkg}.`));
      const place = await Place.open(stage, {});
      return [
        coldSync(place, pkg),
        unpacking(place, `curl | ${filter}`, `${curl} | ${filter} > $out/file`),
      ];
    },
    clean: () => stage.empty(`${pkg}.`),
  };
}

/** Measures the memory, so one round is enough. */
function big({ stage }: Setting, name: string, make: () => Promise<string>): Case {
  let pkg = "";
  return {
    name,
    title: "a spool and a sync of generated data, for the memory",
    rounds: 1,
    targets: [
      { measure: "peak", of: "ftl spool", atMost: MEMORY },
      { measure: "peak", of: "ftl sync", atMost: MEMORY },
    ],
    prepare: async () => {
      const path = await make();
      pkg = packageOf(path);
      return [
        { name: "ftl spool", run: () => measure(stage.ftl(["spool", path, "--quiet"])) },
        coldSync(await Place.open(stage, {}), pkg),
      ];
    },
    clean: () => stage.empty(`${pkg}.`),
  };
}
