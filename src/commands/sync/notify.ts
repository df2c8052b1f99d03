/** Runs the program of `FTL_NOTIFY`. It is told of one package, as JSON on its input. */
import type { Context } from "../../context.ts";
import { messageOf } from "../../errors.ts";
import { waitFor } from "../../machine/scripts/wait.ts";

/** Seconds. Then the program and its children are ended. */
const LIMIT = 30;

/** What to run, and what to tell. */
export interface Notification {
  /** The program's path. */
  readonly program: string;
  /** For its input. */
  readonly text: string;
  /** Seconds that it may take. */
  readonly limit?: number;
}

/**
 * Waits for the program. If it fails, or cannot be started, that is only a warning: the sync is done. Throws the
 * reason of the context's signal if that aborts.
 */
export async function notify(
  { report, signal }: Pick<Context, "report" | "signal">,
  { program, text, limit = LIMIT }: Notification,
): Promise<void> {
  const warn = (why: string): void =>
    report({ type: "warning", message: `FTL_NOTIFY: ${program} failed: ${why}` });
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      cwd: "/",
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      // A process group of its own, so that all its children can be ended with it.
      detached: true,
    }).spawn();
  } catch (error) {
    return warn(messageOf(error).replace(/^Failed to spawn '.*?': /s, ""));
  }
  const writer = child.stdin.getWriter();
  // The program may end without reading, and a child that it leaves behind may keep the pipe full.
  const written = writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  written.catch(() => {});
  try {
    const failed = await waitFor(child, {
      limit: { name: "its limit", seconds: limit, left: limit },
      signal,
    });
    if (failed !== undefined) warn(failed.text);
  } finally {
    writer.abort().catch(() => {});
  }
}
