/** Package scripts: what a revision brings along to be run at each step. */
import type { Context } from "../../context.ts";
import { ScriptError } from "../../errors.ts";
import type { Action, SCRIPT_VARIABLES, Step } from "../../revision/scripts.ts";
import type { PackageDir } from "../package_dir.ts";
import { findScript } from "./file.ts";

export { hasScript } from "./file.ts";
export { newestLog, trimLogs } from "./trim.ts";

/** What every script of one command has in common. */
export interface ScriptSetting {
  readonly pkg: PackageDir;
  readonly action: Action;
  /** Ids: the revision that was active before, and the one that will be. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** One line of output, without its newline. */
  readonly onLine: (line: { id: string; step: Step; text: string }) => void;
  /** Called with what a person should know of, where nothing fails for it. */
  readonly onWarning: (message: string) => void;
  /** Called when a script begins and when it has ended; not where there is none. */
  readonly onRunning: (script: { id: string; step: Step; running: boolean }) => void;
}

/** What the scripts of one command have in common. */
export function scriptSetting(
  context: Context,
  pkg: PackageDir,
  action: Action,
): Omit<ScriptSetting, "from" | "to"> {
  const { config, report, signal } = context;
  return {
    pkg,
    action,
    timeout: config.scriptTimeout,
    signal,
    onLine: ({ id, step, text }) =>
      report({ type: "script-output", revision: pkg.revisionName(id), step, line: text }),
    onWarning: (message) => report({ type: "warning", message }),
    onRunning: ({ id, step, running }) =>
      report({ type: "script", revision: pkg.revisionName(id), step, running }),
  };
}

/**
 * Runs a revision's script for a step, if it has one. Throws `ScriptError` where it cannot be started,
 * fails, or takes too long; the reason of `signal` where that aborts.
 */
export async function runScript(step: Step, id: string, setting: ScriptSetting): Promise<void> {
  const directory = setting.pkg.revisionPath(id);
  const script = findScript(directory, step);
  if (script === undefined) return;
  const name = `${setting.pkg.revisionName(id)} ${step}`;
  if ("unfit" in script) {
    throw new ScriptError(`${name} failed: cannot run ${script.place}: ${script.unfit}`, {
      hint: `Spool the package again with a script that can run; this one is ${script.path}`,
    });
  }
  setting.onRunning({ id, step, running: true });
  try {
    // Loaded where there is a script to run.
    const { run } = await import("./run.ts");
    const env = scriptEnvironment(step, id, setting);
    await run(script, { step, id, name, directory, env, setting });
  } finally {
    setting.onRunning({ id, step, running: false });
  }
}

/** What is added to the environment of `ftl` itself, which a script inherits whole. */
function scriptEnvironment(
  step: Step,
  id: string,
  setting: ScriptSetting,
): Record<keyof typeof SCRIPT_VARIABLES, string> {
  const { pkg, from, to, action } = setting;
  return {
    FTL_HOOK: step,
    FTL_PID: String(Deno.pid),
    FTL_PACKAGE: pkg.name,
    FTL_REVISION: pkg.revisionName(id),
    FTL_REVISION_DIR: pkg.revisionPath(id),
    FTL_FROM_REVISION: from === undefined ? "" : pkg.revisionName(from),
    FTL_TO_REVISION: to === undefined ? "" : pkg.revisionName(to),
    FTL_CURRENT: pkg.current,
    FTL_ACTION: action,
    FTL_FIRST_DEPLOY: from === undefined ? "1" : "0",
  };
}
