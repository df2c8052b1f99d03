/**
 * Writing to stdout and stderr, whatever they lead to: a log on a full disk, a reader that has gone, a pipe
 * that takes nothing.
 *
 * - Notes and errors that cannot be written are lost. The work goes on, and the exit code is the work's.
 * - A result that cannot be written is an error that stderr tells of, for whoever asked for it does not have
 *   it; but not where its reader has gone, as `head` does.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf, StorageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";

/** Milliseconds that a pipe which takes nothing is waited for, where it does not wait by itself. */
const PATIENCE = 2000;
/** Milliseconds between two tries. */
const PAUSE = 5;

/**
 * From a call that writes some of the bytes, to one that writes all of a text. It throws what the system says;
 * a pipe that does not wait (`O_NONBLOCK`) and stays full throws `WouldBlock`, the next time at once.
 */
export function writeTextBy(
  writeSync: (bytes: Uint8Array) => number,
  { patience: most = PATIENCE }: { patience?: number } = {},
): (text: string) => void {
  let patience = most;
  return (text) => {
    const bytes = new TextEncoder().encode(text);
    const deadline = performance.now() + patience;
    for (let done = 0; done < bytes.length;) {
      try {
        done += writeSync(bytes.subarray(done));
        patience = most;
      } catch (error) {
        if (error instanceof Deno.errors.Interrupted) continue;
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        if (performance.now() >= deadline) {
          patience = 0;
          throw error;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      }
    }
  };
}

/** The same for what may be lost. */
export function losingErrors(write: (text: string) => void): (text: string) => void {
  return (text) => {
    try {
      write(text);
    } catch {
      // Nobody can be told.
    }
  };
}

/** Thrown where a result cannot be written: stdout takes nothing more, an error's document neither. */
export class UnwritableResultError extends StorageError {}

/** Writes what a command brought. Throws `UnwritableResultError`, unless it is its reader that has gone. */
export function writeResult(write: (text: string) => void, text: string): void {
  // Nothing to say is no reason to fail.
  if (text === "") return;
  try {
    write(text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new UnwritableResultError(`Cannot write the result: ${reasonOf(error)}`, {
      cause: error,
      hint: `All else is done. ${resultHint(text)}`,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.WouldBlock) return "its reader takes nothing";
  if (systemCode(error) === "EIO") return "where it goes to reports an input/output error";
  return messageOf(explainDiskError(error, "")).replace(/^: /, "");
}

/** A short result, such as the name of a new revision, must not be lost. */
function resultHint(text: string): string {
  const line = text.replace(/\n$/, "");
  return line.includes("\n") || line.length > 200
    ? "Give stdout another place, then run the command again"
    : `The result is: ${line}`;
}

/** Sequences of colors: all that may stand in a line besides what can be printed. */
// deno-lint-ignore no-control-regex -- colors are control sequences
const COLORS = /(\u001b\[[0-9]{1,2}m)/;

/**
 * The last gate of every line: nothing leaves but text, tabs, and where there is color, its sequences.
 * Whoever made the line has escaped what is foreign in it already, colors too.
 */
export function printable(line: string, { color }: { color: boolean }): string {
  const parts = color ? line.split(COLORS) : [line];
  return parts.map((part, i) => i % 2 === 1 ? part : escapeAllButTabs(part)).join("");
}

function escapeAllButTabs(text: string): string {
  return text.split("\t").map(escapeControls).join("\t");
}
