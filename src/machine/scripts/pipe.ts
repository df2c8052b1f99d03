/**
 * A pipe into a log that outlives this process, so that what a script leaves behind can go on printing.
 *
 * A program of its own, `cat`, moves what comes through the pipe to the log until the last writer has closed
 * it. Were the file itself the script's stdout, `echo ... > /dev/stderr` would truncate it, and a full disk
 * would make `echo` fail.
 */
import { closeSync, openSync } from "node:fs";
import type { ScriptLog } from "./log.ts";
import { asStream } from "./start.ts";

export interface LogPipe {
  /** The end to write to: to be closed as soon as the script has it. */
  readonly input: number;
  /** Resolves when nobody can write to it any longer and all is in the log. */
  readonly ended: Promise<unknown>;
}

/** On a full disk `cat` fails, and a new one reads on: the pipe never breaks. */
const RELAY = "until cat; do test $? -eq 1 || exec cat > /dev/null; done";

/** Undefined where this machine or file system cannot make one. */
export function openPipe(
  { fd: log, folder }: Pick<ScriptLog, "fd" | "folder">,
): LogPipe | undefined {
  const path = `${folder}/.${crypto.randomUUID()}`;
  let input: number | undefined;
  let output: number | undefined;
  try {
    if (!shell('command -v cat && mkfifo -m 600 "$1"', path)) return undefined;
    // Opened for both first, as else each end would wait for the other.
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
