/** Small commands, beside an empty program of the same runtime. */
import { type Case, MEMORY, type Setting } from "./case.ts";
import { capture, measure, type Measured, type Program } from "./programs.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./targets.ts";

const PACKAGES = ["idle1", "idle2", "idle3"];

/** The names of the programs' copies: the empty one, FTL, and a list in a few lines. */
const COPIES = ["empty-program", "ftl-program", "list-program"] as const;

const EMPTY = "empty program";
const REQUESTS = "requests per package";
const GROWN = "executable beyond the bare runtime";

function beside(of: string, atMost: number): Target {
  return { measure: "time", of, beside: EMPTY, atMost };
}

const TARGETS: readonly Target[] = [
  beside("idle sync", 2.5),
  beside("--help", 1.2),
  beside("local list", 1.2),
  beside("local jump", 2.5),
  { measure: "fact", of: REQUESTS, atMost: 1 },
  { measure: "fact", of: GROWN, unit: "MB", atMost: 2 },
  { measure: "peak", of: "idle sync", atMost: MEMORY },
];

export function startCase({ stage, tools }: Setting): Case {
  const root = `${stage.folder}/idle`;
  let idleRuns = 0;
  let empty = "";
  return {
    name: "start",
    title: "small commands",
    rounds: 21,
    targets: TARGETS,
    prepare: async () => {
      empty = copied(await tools.empty(await runtimeOf(stage)), `${stage.folder}/${COPIES[0]}`);
      const least = await tools.floorOfList(await runtimeOf(stage));
      const floor = copied(least, `${stage.folder}/${COPIES[2]}`);
      const ftl = programOf(stage, root);
      const revisions = await fillMachine(stage, root);
      const idle = ftl(["sync", "--quiet"]);
      const keeps = { ...idle, env: { ...idle.env, FTL_KEEP: "3" } };
      await capture(keeps);
      await stage.requests();
      let turn = 0;
      const jump = (): Promise<Measured> =>
        measure(ftl(["jump", revisions[turn++ % 2] ?? "", "--quiet"]));
      return [
        { name: EMPTY, run: () => measure({ command: [empty] }) },
        { name: "--help", run: () => measure(ftl(["--help"])) },
        {
          name: "idle sync",
          run: () => {
            idleRuns++;
            return measure(keeps);
          },
        },
        {
          name: "a list in a few lines",
          run: () => measure({ command: [floor, "idle1"], env: { FTL_ROOT: root } }),
        },
        { name: "local list", run: () => measure(ftl(["list", "idle1"])) },
        { name: "local jump", run: jump },
      ];
    },
    facts: async () => ({
      [REQUESTS]: await stage.requests() / idleRuns / PACKAGES.length,
      ...stage.executable === undefined ? {} : {
        [GROWN]: (Deno.statSync(stage.executable).size - Deno.statSync(empty).size) / 1e6,
      },
    }),
    clean: () => clean(stage),
  };
}

async function clean(stage: Stage): Promise<void> {
  for (const copy of COPIES) stage.drop(`${stage.folder}/${copy}`);
  await stage.empty("idle");
}

/** FTL on a machine, by a copy of its executable. */
function programOf(stage: Stage, root: string): (args: readonly string[]) => Program {
  const { executable } = stage;
  if (executable === undefined) return (args) => stage.ftl(args, root);
  const copy = copied(executable, `${stage.folder}/${COPIES[1]}`);
  return (args) => ({ ...stage.ftl(args, root), command: [copy, ...args] });
}

/**
 * A fresh copy of a program, so that all lie on one file system, and are equally warm: once caches were emptied, the
 * kernel brings in a program of a memory disk page by page, which made the start of one take a fifth longer.
 */
function copied(path: string, to: string): string {
  Deno.copyFileSync(path, to);
  return to;
}

/** The version of Deno that the measured FTL has. */
async function runtimeOf(stage: Stage): Promise<string> {
  const version = await capture(stage.ftl(["--version"]));
  return /Deno ([\d.]+)/.exec(version)?.[1] ?? Deno.version.deno;
}

/** Gives two revisions of the first package, which are both on the machine. */
async function fillMachine(stage: Stage, root: string): Promise<string[]> {
  stage.machine("idle", PACKAGES);
  const revisions: string[] = [];
  for (const pkg of [...PACKAGES, "idle1"]) {
    const path = `${stage.folder}/${pkg}.txt`;
    Deno.writeTextFileSync(path, crypto.randomUUID());
    const revision = await stage.spool(path);
    if (pkg === "idle1") revisions.push(revision);
    await capture(stage.ftl(["sync"], root));
  }
  return revisions;
}
