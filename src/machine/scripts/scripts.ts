/** Package scripts: a revision contains them, and FTL runs one at each step. */
import type { Context } from "../../context.ts";
import { ScriptError, StorageError } from "../../errors.ts";
import type { Action, SCRIPT_VARIABLES, Step } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import { isFolder, kindOf, makeFolder } from "../disk/folder.ts";
import type { PackageDir } from "../package_dir.ts";
import type { Report } from "../../events.ts";
import { findScript, hasScript } from "./file.ts";

/** The revision that was active before, and the revision that becomes active. */
export interface Switch {
  readonly from: RevisionId | undefined;
  readonly to: RevisionId | undefined;
}

/** What one run differs by from the others. */
export interface ScriptRun extends Switch {
  readonly action?: Action;
  /** Whether no revision was active on this machine before. Undefined: `from` tells it. */
  readonly isFirst?: boolean | undefined;
  /** Of `health`: counts from 1. */
  readonly attempt?: number;
  /** Else that of `FTL_HOOK_TIMEOUT`. */
  readonly limit?: ScriptLimit;
  /** Gets the events of this run. */
  readonly report?: Report;
}

/** How long a script may take. */
export interface ScriptLimit {
  /** What sets the limit, and its value in seconds, for messages. */
  readonly name: "FTL_HOOK_TIMEOUT" | "FTL_HEALTH_TIMEOUT" | "its limit";
  readonly seconds: number;
  /** Seconds that this run may take. */
  readonly left: number;
}

/**
 * The operator may have made it a link to a folder, on a network disk for example. FTL itself writes nothing
 * there.
 */
function makeShared(path: string): void {
  if (kindOf(path) !== "link" || !isFolder(path)) makeFolder(path);
}

/** The scripts of one package as one command runs them. */
export class Scripts {
  readonly #context: Pick<Context, "config" | "report" | "signal">;
  readonly #pkg: PackageDir;
  readonly #action: Action;
  readonly #limit: ScriptLimit;

  /**
   * Throws `UsageError` before any work if `FTL_HOOK_TIMEOUT` does not parse.
   *
   * @param action what the scripts get as `FTL_ACTION`
   */
  constructor(
    context: Pick<Context, "config" | "report" | "signal">,
    pkg: PackageDir,
    action: Action,
  ) {
    this.#context = context;
    this.#pkg = pkg;
    this.#action = action;
    const seconds = context.config.scriptTimeout;
    this.#limit = { name: "FTL_HOOK_TIMEOUT", seconds, left: seconds };
  }

  /** Whether the revision has a script for the step. */
  has(step: Step, id: RevisionId): boolean {
    return hasScript(this.#pkg.revisionPath(id), step);
  }

  /**
   * Runs a revision's script for a step, if the revision has one. Throws `ScriptError` if the script cannot be
   * started, fails, or takes longer than `FTL_HOOK_TIMEOUT`. Throws the reason of the context's signal if that
   * aborts.
   */
  async run(
    step: Step,
    id: RevisionId,
    given: ScriptRun,
  ): Promise<void> {
    const directory = this.#pkg.revisionPath(id);
    const script = findScript(directory, step);
    if (script === undefined) return;
    const revision = this.#pkg.revisionName(id);
    const name = `${revision} ${step}`;
    if ("unfit" in script) {
      const outcome = `cannot run ${script.place}: ${script.unfit}`;
      throw new ScriptError(`${name} failed: ${outcome}`, {
        revision,
        step,
        outcome,
        hint: `Spool the package again with a script that can run; this one is ${script.path}`,
      });
    }
    const { signal } = this.#context;
    const { report = this.#context.report, limit = this.#limit } = given;
    makeShared(this.#pkg.shared);
    report({ type: "script", revision, step, running: true });
    try {
      // Loaded only if there is a script to run.
      const { run } = await import("./run.ts");
      const env = this.#environment(step, id, given);
      await run(script, {
        pkg: this.#pkg,
        step,
        id,
        name,
        directory,
        env,
        limit,
        signal,
        report,
      });
    } finally {
      report({ type: "script", revision, step, running: false });
    }
  }

  /**
   * The same, for a script whose failure stops nothing: it is returned, and so is what the disk denies FTL that
   * is to run it. Any other error is thrown.
   */
  async failure(step: Step, id: RevisionId, given: ScriptRun): Promise<ScriptError | undefined> {
    try {
      await this.run(step, id, given);
      return undefined;
    } catch (error) {
      if (error instanceof ScriptError) return error;
      if (!(error instanceof StorageError)) throw error;
      const revision = this.#pkg.revisionName(id);
      const outcome = `cannot run it: ${error.message}`;
      const { hint } = error;
      return new ScriptError(`${revision} ${step} failed: ${outcome}`, {
        ...{ revision, step, outcome, hint },
        cause: error,
      });
    }
  }

  /** The variables that are added to the environment of `ftl`. A script inherits both. */
  #environment(
    step: Step,
    id: RevisionId,
    { from, to, attempt, action = this.#action, isFirst = from === undefined }: ScriptRun,
  ): Record<keyof typeof SCRIPT_VARIABLES, string> {
    const pkg = this.#pkg;
    return {
      FTL_HOOK: step,
      FTL_PID: String(Deno.pid),
      FTL_PACKAGE: pkg.name,
      FTL_REVISION: pkg.revisionName(id),
      FTL_REVISION_DIR: pkg.revisionPath(id),
      FTL_FROM_REVISION: from === undefined ? "" : pkg.revisionName(from),
      FTL_TO_REVISION: to === undefined ? "" : pkg.revisionName(to),
      FTL_CURRENT: pkg.current,
      FTL_SHARED: pkg.shared,
      FTL_ACTION: action,
      FTL_ATTEMPT: attempt === undefined ? "" : String(attempt),
      FTL_FIRST_DEPLOY: isFirst ? "1" : "0",
    };
  }
}
