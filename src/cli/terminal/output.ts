/**
 * Writes to stdout and stderr, even if they lead to a log on a full disk, a reader that has gone, or a stalled
 * pipe.
 *
 * - Notes and errors that cannot be written are lost. The work goes on, and the exit code is the work's.
 * - A result that cannot be written is an error, which is reported on stderr, because its reader does not have
 *   it. If the reader has gone, as `head` does, it is no error.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf, StorageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";

/** Milliseconds to wait for a stalled pipe that does not block by itself. */
const PATIENCE = 2000;
/** Milliseconds between two attempts. */
const PAUSE = 5;

/**
 * Turns a call that writes some of the bytes into one that writes a whole text. It throws the system's error. A
 * pipe that does not block (`O_NONBLOCK`) and stays full throws `WouldBlock`; the next time it throws at once.
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

/** The same for texts that may be lost. */
export function losingErrors(write: (text: string) => void): (text: string) => void {
  return (text) => {
    try {
      write(text);
    } catch {
      // There is no way left to report this.
    }
  };
}

/** A result cannot be written. Then stdout cannot take an error's document either. */
export class UnwritableResultError extends StorageError {}

/** Writes a command's result. Throws `UnwritableResultError`, unless the reader has gone. */
export function writeResult(write: (text: string) => void, text: string): void {
  // An empty result needs no working stdout.
  if (text === "") return;
  try {
    write(text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new UnwritableResultError(`Cannot write the result: ${reasonOf(error)}`, {
      cause: error,
      hint: `Everything else is done. ${resultHint(text)}`,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.WouldBlock) return "its reader is stalled";
  if (systemCode(error) === "EIO") return "its destination reports an input/output error";
  return messageOf(explainDiskError(error, "")).replace(/^: /, "");
}

/** A short result, such as the name of a new revision, must not be lost. */
function resultHint(text: string): string {
  const line = text.replace(/\n$/, "");
  return line.includes("\n") || line.length > 200
    ? "Send stdout to another place, then run the command again"
    : `The result is: ${line}`;
}

/** Color sequences. Apart from them, a line has only printable characters. */
// deno-lint-ignore no-control-regex -- colors are control sequences
const COLORS = /(\u001b\[[0-9]{1,2}m)/;

/**
 * The last check of every line: only text, tabs, and color sequences if colors are on may pass. The code that
 * made the line has already escaped foreign text, colors included.
 */
export function printable(line: string, { color }: { color: boolean }): string {
  const parts = color ? line.split(COLORS) : [line];
  return parts.map((part, i) => i % 2 === 1 ? part : escapeAllButTabs(part)).join("");
}

function escapeAllButTabs(text: string): string {
  return text.split("\t").map(escapeControls).join("\t");
}
