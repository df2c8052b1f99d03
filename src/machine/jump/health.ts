/**
 * The health of a revision that has just become active: its `health.sh` runs again and again, a second apart,
 * until it succeeds or the time of `FTL_HEALTH_TIMEOUT` is over.
 */
import { pause } from "../../concurrency/pause.ts";
import type { Context } from "../../context.ts";
import { ScriptError, StorageError } from "../../errors.ts";
import type { Report, ScriptOutputEvent } from "../../events.ts";
import type { RevisionId, RevisionName } from "../../revision/names.ts";
import type { PackageDir } from "../package_dir.ts";
import type { JumpRun } from "./jump_scripts.ts";
import type { ScriptRun, Scripts } from "../scripts/scripts.ts";
import { StartFailure } from "../scripts/start.ts";

/** Milliseconds between the end of one attempt and the next. */
const PAUSE = 1000;

/** A script that exits with this is certain: no further attempt can succeed. */
const CERTAIN = 100;

/** How the health failed. */
export interface BadHealth {
  /** For people: `exit 1, after 60 s and 41 attempts`. */
  readonly reason: string;
  /** The path of the file with the output of the last attempt. Undefined if none was kept. */
  readonly log: string | undefined;
}

/**
 * Returns undefined if the revision is healthy. Throws the reason of the context's signal if that aborts. The
 * output of the first and of the last attempt is reported; that of the others is marked as `repeated`.
 */
export async function checkHealth(
  { config, report, signal }: Context,
  scripts: Scripts,
  { pkg, id, given }: { pkg: PackageDir; id: RevisionId; given: JumpRun },
): Promise<BadHealth | undefined> {
  const window = config.healthTimeout;
  const started = performance.now();
  const passed = (): number => (performance.now() - started) / 1000;
  for (let attempt = 1;; attempt++) {
    const output = new AttemptOutput(report, attempt);
    const failed = await tryOnce(scripts, { pkg, id }, {
      ...given,
      attempt,
      limit: { name: "FTL_HEALTH_TIMEOUT", seconds: window, left: window - passed() },
      report: output.report,
    });
    const isOver = passed() + PAUSE / 1000 >= window;
    const isLast = failed === undefined || isOver || failed.isCertain;
    output.show({ isLast });
    if (failed === undefined) return undefined;
    if (isLast) {
      const tries = attempt === 1 ? "1 attempt" : `${attempt} attempts`;
      const reason = `${failed.outcome}, after ${passed().toFixed()} s and ${tries}`;
      return { reason, log: failed.log };
    }
    await pause(PAUSE, signal);
  }
}

/**
 * The error of a revision whose health failed.
 *
 * @param then for people: what FTL did about it
 */
export function unhealthy(
  revision: RevisionName,
  { reason, log }: BadHealth,
  then: string,
): ScriptError {
  return new ScriptError(`${revision} health failed: ${reason}; ${then}`, {
    revision,
    step: "health",
    outcome: reason,
    hint: log === undefined ? undefined : `What it printed is in ${log}`,
    log,
  });
}

interface FailedAttempt {
  /** For people. */
  readonly outcome: string | undefined;
  readonly log?: string | undefined;
  /** Whether no further attempt can succeed. */
  readonly isCertain: boolean;
}

/**
 * Undefined if the revision is healthy. A script that is gone, or cannot be started at all, will not be able to
 * run a second later. What the disk does not allow FTL may pass, and so may a lack of memory or of processes.
 */
async function tryOnce(
  scripts: Scripts,
  { pkg, id }: { pkg: PackageDir; id: RevisionId },
  run: ScriptRun,
): Promise<FailedAttempt | undefined> {
  if (!scripts.has("health", id)) {
    return { outcome: "its script is not there any more", isCertain: true };
  }
  const error = await scripts.failure("health", id, run);
  if (error !== undefined) {
    const { outcome, log } = error;
    return { outcome, log, isCertain: isCertain(error) };
  }
  return pkg.has(id) ? undefined : { outcome: "the revision was taken away", isCertain: true };
}

function isCertain({ exit, cause }: ScriptError): boolean {
  if (exit !== undefined) return "code" in exit && exit.code === CERTAIN;
  return !(cause instanceof StorageError || (cause instanceof StartFailure && cause.mayPass));
}

/** Holds the output of an attempt back until it is known whether the attempt was the last one. */
class AttemptOutput {
  readonly #report: Report;
  readonly #isFirst: boolean;
  readonly #lines: ScriptOutputEvent[] = [];

  constructor(report: Report, attempt: number) {
    this.#report = report;
    this.#isFirst = attempt === 1;
  }

  readonly report: Report = (event) => {
    if (event.type === "script-output" && !this.#isFirst) this.#lines.push(event);
    else this.#report(event);
  };

  show({ isLast }: { isLast: boolean }): void {
    for (const line of this.#lines) this.#report(isLast ? line : { ...line, repeated: true });
  }
}
