/** What the command line knows of a command: the table that it is parsed by, and that help is made from. */
import type { Context } from "../context.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Need } from "./permissions.ts";
import type { Payload } from "./text/documents.ts";
import type { TableOptions } from "./text/tables.ts";

export interface OptionSpec {
  /** Without its dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What help calls its value; an option without a value is a flag. */
  readonly value?: string;
  readonly help: string;
}

/** One command. Larger ones load their work only when they run: parsing it would slow down the others. */
export interface Command {
  readonly name: string;
  /** What follows `ftl <name>`, one line a form. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** Paragraphs. */
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
  /** How many arguments it takes. */
  readonly least: number;
  readonly most: number;
  /** Each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** What a shell offers for its first argument. */
  readonly completes: Subject;
  /** What it may do, by the flags that are given. */
  readonly scope: (flags: ReadonlySet<string>) => Need;
  /** Whether what it changes is told even with `--quiet`, for the log of a timer. */
  readonly logsChanges?: boolean;
  /** Absent for `help`, which needs no context. */
  readonly run?: Action;
}

export type Action = (
  context: Context,
  parsed: ParsedArguments,
  table: TableOptions,
) => Outcome | Promise<Outcome>;

/** What an argument names. */
export type Subject = "file" | "package" | "revision" | "command" | "shell" | "setup" | "none";

/** What a command brought. */
export interface Outcome {
  /** For stdout, without newlines. */
  readonly lines: readonly string[];
  /** Instead of lines: for a file, byte for byte. */
  readonly text?: string;
  /** The same for programs, as `--json` shows it. */
  readonly json: Payload;
  /** What went wrong without ending the command; it was reported already. */
  readonly failures: readonly unknown[];
}

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: "json", help: "print the result as one JSON document" },
  {
    name: "quiet",
    short: "q",
    help: "no notes on stderr, only warnings, errors, and what a sync changed",
  },
  { name: "verbose", short: "v", help: "more notes, and the stack of an error" },
  { name: "help", short: "h", help: "show help" },
  { name: "version", help: "show the version" },
];

export const MASTER: OptionSpec = { name: "master", help: "act in S3, for all machines" };
export const DRY_RUN: OptionSpec = { name: "dry-run", help: "only show what would be done" };
export const MESSAGE: OptionSpec = {
  name: "message",
  short: "m",
  value: "TEXT",
  help: "keep a note with it, for those who look later",
};
