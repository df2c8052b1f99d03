/** Small commands, beside an empty program of the same runtime. */
import { type Case, MEMORY, type Setting } from "./case.ts";
import { capture, measure, type Measured } from "./programs.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./targets.ts";

const PACKAGES = ["idle1", "idle2", "idle3"];

const EMPTY = "empty program";
const REQUESTS = "requests per package";
const GROWN = "executable beyond the bare runtime";

function beside(of: string, atMost: number): Target {
  return { measure: "time", of, beside: EMPTY, atMost };
}

export function startCase({ stage, tools }: Setting): Case {
  const root = `${stage.folder}/idle`;
  let idleRuns = 0;
  let empty = "";
  return {
    name: "start",
    title: "small commands",
    rounds: 21,
    targets: [
      beside("idle sync", 2.5),
      beside("--help", 1.2),
      beside("local list", 1.2),
      beside("local jump", 2.5),
      { measure: "fact", of: REQUESTS, atMost: 1 },
      { measure: "fact", of: GROWN, unit: "MB", atMost: 2 },
      { measure: "peak", of: "idle sync", atMost: MEMORY },
    ],
    prepare: async () => {
      empty = await tools.empty(await runtimeOf(stage));
      const revisions = await fillMachine(stage, root);
      const idle = stage.ftl(["sync", "--quiet"], root);
      const keeps = { ...idle, env: { ...idle.env, FTL_KEEP: "3" } };
      await capture(keeps);
      await stage.requests();
      let turn = 0;
      const jump = (): Promise<Measured> =>
        measure(stage.ftl(["jump", revisions[turn++ % 2] ?? "", "--quiet"], root));
      return [
        { name: EMPTY, run: () => measure({ command: [empty] }) },
        { name: "--help", run: () => measure(stage.ftl(["--help"], root)) },
        {
          name: "idle sync",
          run: () => {
            idleRuns++;
            return measure(keeps);
          },
        },
        { name: "local list", run: () => measure(stage.ftl(["list", "idle1"], root)) },
        { name: "local jump", run: jump },
      ];
    },
    facts: async () => ({
      [REQUESTS]: await stage.requests() / idleRuns / PACKAGES.length,
      ...stage.executable === undefined ? {} : {
        [GROWN]: (Deno.statSync(stage.executable).size - Deno.statSync(empty).size) / 1e6,
      },
    }),
    clean: () => stage.empty("idle"),
  };
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
