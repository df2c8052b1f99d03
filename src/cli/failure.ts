/** The one place that turns what was thrown into text and an exit code. */
import { EXIT, FtlError, messageOf, ScriptError } from "../core/errors.ts";

/** One line, a second with a hint where there is one; the stack only on request. */
export function errorLines(error: unknown, { verbose }: { verbose: boolean }): string[] {
  const lines = error instanceof FtlError
    ? [`ftl: ${error.message}`]
    : [`ftl: A fault of FTL's own: ${messageOf(error)}`];
  if (error instanceof FtlError && error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (!(error instanceof FtlError) && !verbose) {
    lines.push("hint: Run it again with --verbose, and report what that shows");
  }
  const shown = lines.map((line) => line.replace(/\s*\n\s*/g, " "));
  return verbose ? [...shown, ...stackLines(error)] : shown;
}

function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const metadata = (cause as { $metadata?: { requestId?: string } }).$metadata;
    if (metadata?.requestId !== undefined) lines.push(`request id: ${metadata.requestId}`);
    lines.push(...(cause.stack ?? String(cause)).split("\n"));
  }
  return lines;
}

export function exitCodeOf(error: unknown): number {
  return error instanceof FtlError ? error.exitCode : EXIT.internal;
}

/** Of a command that went on after failures: a script's has the last word, else the first one's. */
export function exitCodeOfAll(failures: readonly unknown[]): number {
  if (failures.length === 0) return EXIT.done;
  if (failures.some((failure) => failure instanceof ScriptError)) return EXIT.script;
  return exitCodeOf(failures[0]);
}
