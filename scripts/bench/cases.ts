/** The cases of the benchmark: what is compared with what. */
import type { Corpora } from "./corpora.ts";
import { deltaCase } from "./delta.ts";
import { capture, measure, type Measured, pipeline } from "./programs.ts";
import { rollbackCase } from "./rollback.ts";
import { scaleCases } from "./scale.ts";
import type { Stage } from "./stage.ts";

export interface Contender {
  readonly name: string;
  readonly run: () => Promise<Measured>;
  /** Not measured: removes the files that the run has made. */
  readonly after?: () => void | Promise<void>;
}

export interface Case {
  readonly name: string;
  readonly title: string;
  /** The number of rounds of this case, if it is not the usual one. */
  readonly rounds?: number;
  /** Not measured: makes the contenders. */
  readonly prepare: () => Promise<Contender[]>;
  readonly clean?: () => Promise<void>;
  /** Numbers other than times, taken after all rounds. */
  readonly facts?: () => Promise<Readonly<Record<string, number>>>;
}

export interface Tools {
  readonly aws: string | undefined;
  readonly pigz: string | undefined;
  /** An empty compiled Deno program. */
  readonly empty: string | undefined;
}

export interface Setting {
  readonly stage: Stage;
  readonly corpora: Corpora;
  readonly tools: Tools;
}

export function allCases(setting: Setting): Case[] {
  const { corpora } = setting;
  return [
    manyFiles(setting),
    deltaCase(setting),
    oneFile(setting, { name: "stored", path: corpora.stored, filter: "cat" }),
    oneFile(setting, { name: "gzipped", path: corpora.gzipped, filter: "gzip -dc" }),
    spoolCase(setting, "files", corpora.files),
    spoolCase(setting, "stored", corpora.stored),
    big(setting, "big-stored", corpora.bigStored),
    big(setting, "big-archive", corpora.bigArchive),
    startUp(setting),
    ...casesWithoutCorpora(setting.stage),
  ];
}

export function casesWithoutCorpora(stage: Stage): Case[] {
  return [rollbackCase(stage), ...scaleCases(stage)];
}

function packageOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).split(".")[0] ?? "";
}

/** A sync onto an empty machine. */
function coldSync({ stage }: Setting, pkg: string): Contender {
  let root = "";
  return {
    name: "ftl sync",
    run: () => {
      root = stage.machine("cold", [pkg]);
      return measure(stage.ftl(["sync", "--quiet"], root));
    },
    after: () => stage.drop(root),
  };
}

/** A pipeline with a fresh folder, `$out`, to unpack into. */
function unpacking({ stage }: Setting, name: string, text: string): Contender {
  const out = `${stage.folder}/out`;
  return {
    name,
    run: () => {
      stage.drop(out);
      Deno.mkdirSync(out);
      const env = { ...stage.env, out };
      return measure({ command: pipeline(text), env });
    },
    after: () => stage.drop(out),
  };
}

function manyFiles(setting: Setting): Case {
  const { stage, corpora, tools } = setting;
  const pkg = packageOf(corpora.files);
  const tar = `${stage.folder}/files.tar`;
  return {
    name: "sync",
    title: "sync of many small files",
    prepare: async () => {
      await stage.spool(corpora.files);
      const key = await stage.key(`${pkg}.`);
      await capture({ command: pipeline(`gzip -dc ${corpora.files} > ${tar}`) });
      const gunzip = tools.pigz ?? "gzip";
      return [
        coldSync(setting, pkg),
        unpacking(setting, "curl | tar -xz", `${stage.curl(key)} | tar -xz -C $out`),
        ...(tools.pigz === undefined ? [] : [
          unpacking(
            setting,
            "curl | pigz -dc | tar -x",
            `${stage.curl(key)} | ${tools.pigz} -dc | tar -x -C $out`,
          ),
        ]),
        ...(tools.aws === undefined ? [] : [
          unpacking(
            setting,
            "aws s3 cp - | tar -xz",
            `${tools.aws} s3 cp ${stage.s3Url(key)} - | tar -xz -C $out`,
          ),
        ]),
        unpacking(setting, "only gunzip", `${gunzip} -dc ${corpora.files} > /dev/null`),
        unpacking(setting, "only write", `tar -xf ${tar} -C $out`),
      ];
    },
    clean: async () => {
      stage.drop(tar);
      await stage.empty(`${pkg}.`);
    },
  };
}

function oneFile(
  setting: Setting,
  { name, path, filter }: { name: string; path: string; filter: string },
): Case {
  const { stage } = setting;
  const pkg = packageOf(path);
  return {
    name: `sync-${name}`,
    title: `sync of one ${name} file of 100 MB`,
    prepare: async () => {
      await stage.spool(path);
      const key = await stage.key(`${pkg}.`);
      return [
        coldSync(setting, pkg),
        unpacking(setting, `curl | ${filter}`, `${stage.curl(key)} | ${filter} > $out/file`),
      ];
    },
    clean: () => stage.empty(`${pkg}.`),
  };
}

function spoolCase({ stage, tools }: Setting, name: string, path: string): Case {
  const pkg = packageOf(path);
  return {
    name: `spool-${name}`,
    title: `spool of ${path.slice(path.lastIndexOf("/") + 1)}`,
    prepare: () =>
      Promise.resolve([
        {
          name: "ftl spool",
          run: () => measure(stage.ftl(["spool", path, "--quiet"])),
          after: () => stage.empty(`${pkg}.`),
        },
        ...(tools.aws === undefined ? [] : [{
          name: "aws s3 cp",
          run: () =>
            measure({
              command: [tools.aws ?? "", "s3", "cp", "--quiet", path, stage.s3Url(`aws-${name}`)],
              env: stage.env,
            }),
          after: () => stage.empty(`aws-${name}`),
        }]),
      ]),
  };
}

/** Measures the memory, so one round is enough. */
function big(setting: Setting, name: string, path: string): Case {
  const { stage } = setting;
  const pkg = packageOf(path);
  return {
    name,
    title: `${path.slice(path.lastIndexOf("/") + 1)}, for the memory`,
    rounds: 1,
    prepare: () =>
      Promise.resolve([
        { name: "ftl spool", run: () => measure(stage.ftl(["spool", path, "--quiet"])) },
        coldSync(setting, pkg),
      ]),
    clean: () => stage.empty(`${pkg}.`),
  };
}

const IDLE_PACKAGES = ["idle1", "idle2", "idle3"];

function startUp({ stage, tools }: Setting): Case {
  const root = `${stage.folder}/idle`;
  let idleRuns = 0;
  return {
    name: "start",
    title: "small commands",
    prepare: async () => {
      stage.machine("idle", IDLE_PACKAGES);
      const revisions: string[] = [];
      for (const pkg of [...IDLE_PACKAGES, "idle1"]) {
        const path = `${stage.folder}/${pkg}.txt`;
        Deno.writeTextFileSync(path, crypto.randomUUID());
        const revision = await stage.spool(path);
        if (pkg === "idle1") revisions.push(revision);
        await capture(stage.ftl(["sync"], root));
      }
      const env = { ...stage.env, FTL_KEEP: "3" };
      await capture({ ...stage.ftl(["sync"], root), env: { ...env, FTL_ROOT: root } });
      await stage.requests();
      let turn = 0;
      const idle = stage.ftl(["sync", "--quiet"], root);
      return [
        ...(tools.empty === undefined ? [] : [{
          name: "empty program",
          run: () => measure({ command: [tools.empty ?? ""] }),
        }]),
        {
          name: "idle sync",
          run: () => {
            idleRuns++;
            return measure({ ...idle, env: { ...idle.env, FTL_KEEP: "3" } });
          },
        },
        { name: "local list", run: () => measure(stage.ftl(["list", "idle1"], root)) },
        {
          name: "local jump",
          run: () => measure(stage.ftl(["jump", revisions[turn++ % 2] ?? "", "--quiet"], root)),
        },
      ];
    },
    facts: async () => ({
      "requests per package": await stage.requests() / idleRuns / IDLE_PACKAGES.length,
    }),
    clean: () => stage.empty("idle"),
  };
}
