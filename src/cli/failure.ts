/** Turns a thrown error into text and an exit code. No other file does so. */
import { EXIT, FtlError, messageOf, ScriptError } from "../errors.ts";
import { escapeControls, oneLine } from "../foreign_text.ts";
import type { Paint } from "./terminal/paint.ts";

export interface ErrorOptions {
  /** Adds request ids and the stack. */
  readonly verbose: boolean;
  readonly paint: Paint;
}

/** The parts of an error that are shown. */
interface ShownError {
  readonly message: string;
  readonly hint: string | undefined;
}

export function showError(error: unknown): ShownError {
  if (error instanceof FtlError) return { message: error.message, hint: error.hint };
  return {
    message: `A fault of FTL's own: ${messageOf(error)}`,
    hint: "Run the command again with --verbose, and report its output",
  };
}

/** One line, and a second one with the hint if the error has one. */
export function errorLines(error: unknown, { verbose, paint }: ErrorOptions): string[] {
  const { message, hint } = showError(error);
  const lines = [`${paint.bad("ftl:")} ${oneLine(message)}`];
  if (hint !== undefined) lines.push(`${paint.bold("hint:")} ${oneLine(hint)}`);
  return verbose ? [...lines, ...stackLines(error)] : lines;
}

function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof FtlError && cause.requestId !== undefined) {
      lines.push(`request id: ${cause.requestId}`);
    }
    lines.push(...(cause.stack ?? String(cause)).split("\n"));
  }
  return lines.map(escapeControls);
}

export function exitCodeOf(error: unknown): number {
  return error instanceof FtlError ? error.exitCode : EXIT.internal;
}

/**
 * The exit code of a command that went on after failures: a script's failure decides, otherwise the first
 * failure.
 */
export function exitCodeOfAll(failures: readonly unknown[]): number {
  if (failures.length === 0) return EXIT.done;
  if (failures.some((failure) => failure instanceof ScriptError)) return EXIT.script;
  return exitCodeOf(failures[0]);
}
