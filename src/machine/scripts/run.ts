/** One run of a script: its log, its process, and the reports about both. */
import { closeSync } from "node:fs";
import { ScriptError, type ScriptExit } from "../../errors.ts";
import type { Step } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { Report } from "../../events.ts";
import type { PackageDir } from "../package_dir.ts";
import type { ScriptFile } from "./file.ts";
import type { ScriptLimit } from "./scripts.ts";
import { createLog, note, type ScriptLog } from "./log.ts";
import { ScriptOutput } from "./output.ts";
import { openPipe } from "./pipe.ts";
import { StartFailure, startScript } from "./start.ts";
import { type FailedRun, waitFor } from "./wait.ts";

/** Milliseconds between two looks at the log. */
const LOOK = 25;

/**
 * Milliseconds to read on after the script's end: at most, and the longest silence. Children of the script may
 * still print. On a busy machine the pipe's `cat` needs its time for the script's own last lines.
 */
const LONGEST_REST = 2000;
const REST = 1000;

export interface Run {
  readonly step: Step;
  readonly id: RevisionId;
  /** `my_site.VZ5vQk8aR4G post-jump`, for messages. */
  readonly name: string;
  /** The revision's folder. */
  readonly directory: string;
  readonly env: Record<string, string>;
  readonly pkg: PackageDir;
  readonly limit: ScriptLimit;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Throws `ScriptError`, or the signal's reason. */
export async function run(script: ScriptFile, of: Run): Promise<void> {
  const { pkg, step, id, name, report } = of;
  const warn = (message: string): void => report({ type: "warning", message });
  using log = createLog(pkg, { id, step, warn });
  const started = performance.now();
  let outcome = "interrupted";
  let hint: string | undefined;
  let cause: StartFailure | undefined;
  let failed: FailedRun | undefined;
  try {
    failed = await runLogged(script, { ...of, log });
    outcome = failed?.text ?? "exit 0";
    if (failed === undefined) return;
    hint = hintOf(script, { exit: failed.exit, log });
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    outcome = `cannot start ${script.place}: ${error.message}`;
    hint = error.hint;
    cause = error;
  } finally {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (log !== undefined) note(log.fd, `${outcome}, after ${seconds} s`);
  }
  throw new ScriptError(`${name} failed: ${outcome}`, {
    revision: pkg.revisionName(id),
    step,
    outcome,
    exit: failed?.exit,
    log: log?.path,
    hint,
    cause,
  });
}

interface LoggedRun extends Run {
  readonly log: ScriptLog | undefined;
}

/** Returns how the script failed, or undefined. Throws `StartFailure`. */
async function runLogged(
  script: ScriptFile,
  run: LoggedRun,
): Promise<FailedRun | undefined> {
  const { directory, env, log } = run;
  const pipe = log === undefined ? undefined : openPipe(log);
  let child: Deno.ChildProcess;
  try {
    child = startScript(script, { directory, env, output: pipe?.input ?? log?.fd });
  } finally {
    if (pipe !== undefined) closeSync(pipe.input);
  }
  const ended = waitFor(child, run);
  if (log === undefined) return await ended;
  const output = new ScriptOutput(log.fd, {
    path: log.path,
    onLine: lineReport(run),
  });
  await follow(output, ended);
  await rest(output, pipe?.ended);
  await output.finish(() => settled(undefined, 0));
  return await ended;
}

function lineReport({ pkg, id, step, report }: Run): (line: string) => void {
  const revision = pkg.revisionName(id);
  return (line) => report({ type: "script-output", revision, step, line });
}

async function follow(output: ScriptOutput, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = ended.catch(() => {}).then(() => {
    isOver = true;
  });
  while (!isOver) {
    const isMore = output.turn();
    await settled(over, isMore ? 0 : LOOK);
  }
}

/** Waits for children of the script that still write, and for output that is still in the pipe. */
async function rest(output: ScriptOutput, drained: Promise<unknown> | undefined): Promise<void> {
  const deadline = performance.now() + LONGEST_REST;
  let size = -1;
  while (size !== output.size && performance.now() < deadline) {
    size = output.size;
    if (await settled(drained, REST)) return;
  }
}

/** Waits for `promise`, at most that many milliseconds. Returns whether it settled. */
async function settled(
  promise: Promise<unknown> | undefined,
  milliseconds: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([
      pause,
      ...(promise === undefined ? [] : [promise.then(() => true)]),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function hintOf(
  { firstLine }: ScriptFile,
  { exit, log }: { exit: ScriptExit; log: ScriptLog | undefined },
): string | undefined {
  const isLogged = log?.path !== undefined;
  const isNotFound = "code" in exit && exit.code === 127;
  if (isNotFound && firstLine?.interpreter.endsWith("/env") && firstLine.argument) {
    return `Its first line asks for ${firstLine.argument}: is that on the PATH of ftl?` +
      (isLogged ? ` What it printed is in ${log.path}` : "");
  }
  return isLogged ? `What it printed is in ${log.path}` : undefined;
}
