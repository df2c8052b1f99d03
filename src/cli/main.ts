/**
 * The command line: what a person types and reads.
 *
 * - stdout carries only results, one on a line, or one JSON document with `--json`. stderr carries all else.
 * - An error is one line on stderr, `ftl: ...`, and often a second one, `hint: ...`.
 * - FTL never asks the user.
 */
import type { Context } from "../context.ts";
import type { Environment } from "../config.ts";
import { EXIT, OutcomeUnknownError } from "../errors.ts";
import type { Report } from "../events.ts";
import { commandIn, parseArguments, type ParsedArguments, requireCommand } from "./arguments.ts";
import type { Command } from "./command.ts";
import { exitCodeOf } from "./failure.ts";
import type { Payload } from "./text/documents.ts";
import { commandHelp, commandHelpJson, generalHelp, generalHelpJson } from "./text/help.ts";
import { losingErrors, UnwritableResultError, writeResult } from "./terminal/output.ts";
import { type Programs, type ScopeName, scopeOf } from "./permissions.ts";
import { requireSystem, type System } from "./system.ts";
import { makeScreen, type OutputStream } from "./terminal/screen.ts";

/** Which program this is. */
export interface ProgramVersion {
  readonly version: string;
  /** Null if it runs from source. */
  readonly commit: string | null;
  /** `Deno 2.9.6`. */
  readonly runtime: string;
  readonly arch: string;
}

/** The process as the command line needs it. `mod.ts` provides the real one. */
export interface Surroundings {
  readonly version: ProgramVersion;
  readonly env: Environment;
  readonly system: System;
  /** Each writes its text unchanged, and throws the system's error if it cannot. */
  readonly stdout: OutputStream & { readonly write: (text: string) => void };
  readonly stderr: OutputStream & {
    readonly write: (text: string) => void;
    /** Resolves when everything is written, or when that takes too long. Absent if writing never takes long. */
    readonly settled?: () => Promise<void>;
  };
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** The context of a command, without the parts that the command line adds. */
  readonly context: (report: Report) => Context;
  /** Which programs this environment names. */
  readonly programs: Programs;
  /** Gives up all permissions outside of the scope, for good. */
  readonly keepOnly: (scope: ScopeName) => void;
}

/** Runs one command line and returns its exit code. Never throws. */
export async function main(argv: readonly string[], given: Surroundings): Promise<number> {
  const stderr = { ...given.stderr, write: losingErrors(given.stderr.write) };
  const surroundings = { ...given, stderr };
  const verbose = isGiven("--verbose", argv) || isGiven("-v", argv);
  try {
    return await run(parseArguments(argv), surroundings);
  } catch (thrown) {
    const isToldBySignal = given.signal.aborted && !(thrown instanceof OutcomeUnknownError);
    const error = isToldBySignal ? given.signal.reason : thrown;
    const { tellError } = await import("./tell_error.ts");
    tellError(error, { surroundings, verbose });
    const hasDocument = isGiven("--json", argv) && !(error instanceof UnwritableResultError);
    await stderr.settled?.();
    if (hasDocument) {
      const command = commandIn(argv)?.name ?? null;
      const { documentText, errorDocument } = await import("./text/documents.ts");
      losingErrors(given.stdout.write)(documentText(command, errorDocument(error)));
    }
    return exitCodeOf(error);
  }
}

/** Works even if the rest of the command line is wrong. */
function isGiven(option: string, argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).includes(option);
}

async function run(parsed: ParsedArguments, surroundings: Surroundings): Promise<number> {
  const { command, flags } = parsed;
  const { stdout, env, system } = surroundings;
  requireSystem(parsed, system);
  surroundings.keepOnly(scopeOf(parsed, surroundings.programs));
  const screen = makeScreen(stdout, env);
  if (command === undefined || command.showsHelp || flags.has("help") || flags.has("version")) {
    const about = aboutItself(parsed, { surroundings, columns: screen.columns() });
    const text = flags.has("json") ? await documentOf(about) : `${about.text}\n`;
    writeResult(stdout.write, text);
    return EXIT.done;
  }
  const { runCommand } = await import("./run_command.ts");
  return await runCommand(command, parsed, surroundings);
}

/** Information about `ftl` itself. */
interface About {
  readonly text: string;
  /** The command in the JSON document. It is the same for every way to ask. */
  readonly command: "help" | "version";
  readonly json: Payload;
}

async function documentOf({ command, json }: About): Promise<string> {
  const { documentText } = await import("./text/documents.ts");
  return documentText(command, json);
}

/** Version and help, which need no context. */
function aboutItself(
  { command, words, flags }: ParsedArguments,
  { surroundings, columns }: { surroundings: Surroundings; columns: number },
): About {
  if (flags.has("version")) {
    const { version, commit, runtime, arch } = surroundings.version;
    const text = `ftl ${version} (${commit ?? "from source"}, ${runtime}, ${arch})`;
    return { text, command: "version", json: { version, commit, runtime, arch } };
  }
  const subject = subjectOfHelp(command, words);
  return subject === undefined
    ? { text: generalHelp(columns), command: "help", json: generalHelpJson() }
    : { text: commandHelp(subject, columns), command: "help", json: commandHelpJson(subject) };
}

/** `ftl help jump` and `ftl jump --help` are about `jump`. */
function subjectOfHelp(
  command: Command | undefined,
  [word]: readonly string[],
): Command | undefined {
  if (command !== undefined && !command.showsHelp) return command;
  return word === undefined ? undefined : requireCommand(word);
}
