/** The description of a command. The command line is parsed by it, and help is made from it. */
import type { Context } from "../context.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Need } from "./permissions.ts";
import type { Payload } from "./text/documents.ts";
import type { TableOptions } from "./text/tables.ts";

export interface OptionSpec {
  /** The name without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** The name of its value in help. An option without a value is a flag. */
  readonly value?: string;
  /** Whether it may be given several times. Its values are in `lists` then. */
  readonly repeatable?: true;
  readonly help: string;
}

/** One command: its words, and what must be known of it before it runs. */
export interface Command {
  readonly name: string;
  /** The words after `ftl <name>`, one line for each form. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** Paragraphs. */
  readonly details: readonly string[];
  readonly options: readonly OptionSpec[];
  /** The numbers of arguments that it accepts. */
  readonly least: number;
  readonly most: number;
  /** Each example with its effect. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** What a shell offers for the first argument. */
  readonly completes: Subject;
  /** The permissions that it needs, by the names of the options that were given. */
  readonly scope: (given: ReadonlySet<string>) => Need;
  /** Whether its changes are reported even with `--quiet`, for the log of a timer. */
  readonly logsChanges?: boolean;
  /**
   * Whether it goes on after the terminal is closed, if nohup(1) started it. To find that out takes a process, so
   * only commands that may take long have it.
   */
  readonly mayTakeLong?: boolean;
  /**
   * Whether it is about this machine, by the names of the options that were given, and its arguments. Such a command
   * works on Linux only. Absent if none is.
   */
  readonly isAboutMachine?: (given: ReadonlySet<string>, words: readonly string[]) => boolean;
  /** Whether it signs what it writes to S3, if `FTL_SIGN_KEY` is set. */
  readonly signs?: boolean;
  /**
   * Whether it is over in a moment and hardly ever has something to note, by the names of the options that were given.
   * Then notes come at its end, and what writes them is loaded only if there are some.
   */
  readonly isShort?: (given: ReadonlySet<string>) => boolean;
  /** Whether it shows help, which needs no context. What any other command does is in `actions.ts`. */
  readonly showsHelp?: true;
}

/** What a command does with its arguments. */
export type Action = (
  context: Context,
  parsed: ParsedArguments,
  table: TableOptions,
) => Outcome | Promise<Outcome>;

/** The kind of thing that an argument names. */
export type Subject = "file" | "package" | "revision" | "command" | "shell" | "setup" | "none";

/** The result of a command. */
export interface Outcome {
  /** Lines for stdout, without newlines. */
  readonly lines: readonly string[];
  /** Text that replaces the lines. It is written byte for byte, for a file. */
  readonly text?: string;
  /** The result for programs, printed by `--json`. */
  readonly json: Payload;
  /** Failures that did not end the command. They were reported already. */
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

export const WAIT: OptionSpec = {
  name: "wait",
  value: "DURATION",
  help: "wait until all machines run what they should, at most 90s, 15m, 2h ...",
};
export const MASTER: OptionSpec = { name: "master", help: "act in S3, for all machines" };
export const DRY_RUN: OptionSpec = { name: "dry-run", help: "only show what would be done" };
export const MESSAGE: OptionSpec = {
  name: "message",
  short: "m",
  value: "TEXT",
  help: "store a note, for people who look later",
};
