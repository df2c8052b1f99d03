/**
 * A pipe into a log. It outlives this process, so that a daemon that a script started can go on printing.
 *
 * A separate program, `cat`, copies from the pipe to the log until the last writer has closed the pipe. If the
 * log itself were the script's stdout, `echo ... > /dev/stderr` would truncate it, and a full disk would make
 * `echo` fail.
 */
import { closeSync, openSync } from "node:fs";
import type { ScriptLog } from "./log.ts";
import { asStream } from "./start.ts";

export interface LogPipe {
  /** The end to write to. Close it as soon as the script has it. */
  readonly input: number;
  /** Resolves when no writer is left and the log has everything. */
  readonly ended: Promise<unknown>;
}

/** On a full disk `cat` fails, and a new `cat` goes on reading: the pipe never breaks. */
const RELAY = "until cat; do test $? -eq 1 || exec cat > /dev/null; done";

/** Undefined if this machine or file system cannot make a pipe. */
export function openPipe(
  { fd: log, folder }: Pick<ScriptLog, "fd" | "folder">,
): LogPipe | undefined {
  const path = `${folder}/.${crypto.randomUUID()}`;
  let input: number | undefined;
  let output: number | undefined;
  try {
    if (!shell('command -v cat && mkfifo -m 600 "$1"', path)) return undefined;
    // Opened for both directions first, because otherwise each end would wait for the other.
    const both = openSync(path, "r+");
    try {
      output = openSync(path, "r");
      input = openSync(path, "w");
    } finally {
      closeSync(both);
      Deno.removeSync(path);
    }
    const relay = new Deno.Command("/bin/sh", {
      args: ["-c", RELAY],
      cwd: "/",
      stdin: asStream(output),
      stdout: asStream(log),
      stderr: "null",
      detached: true,
    }).spawn();
    relay.unref();
    const pipe = { input, ended: relay.status };
    input = undefined;
    return pipe;
  } catch {
    return undefined;
  } finally {
    if (input !== undefined) closeSync(input);
    if (output !== undefined) closeSync(output);
  }
}

function shell(command: string, argument: string): boolean {
  return new Deno.Command("/bin/sh", {
    args: ["-c", command, "ftl", argument],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync().success;
}
