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
import type { FtlEvent, Report } from "../events.ts";
import { commandIn, parseArguments, type ParsedArguments, requireCommand } from "./arguments.ts";
import type { Command } from "./command.ts";
import { errorLines, exitCodeOf, exitCodeOfAll } from "./failure.ts";
import { documentText, errorDocument, type Payload } from "./text/documents.ts";
import { commandHelp, commandHelpJson, generalHelp, generalHelpJson } from "./text/help.ts";
import { narrate, type NarrationOptions, withSafeTexts } from "./terminal/narration.ts";
import { losingErrors, printable, UnwritableResultError, writeResult } from "./terminal/output.ts";
import { paintFor } from "./terminal/paint.ts";
import { type Programs, type ScopeName, scopeOf } from "./permissions.ts";
import { requireSystem, type System } from "./system.ts";
import { Progress } from "./terminal/progress.ts";
import { makeScreen, type OutputStream, type Screen } from "./terminal/screen.ts";

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
    tellError(error, { surroundings, verbose });
    const hasDocument = isGiven("--json", argv) && !(error instanceof UnwritableResultError);
    await stderr.settled?.();
    if (hasDocument) {
      const command = commandIn(argv)?.name ?? null;
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

function tellError(
  error: unknown,
  { surroundings, verbose }: { surroundings: Surroundings; verbose: boolean },
): void {
  const { stderr, env } = surroundings;
  const screen = makeScreen(stderr, env);
  const lines = errorLines(error, { verbose, paint: paintFor(screen) });
  stderr.write(lines.map((line) => `${printable(line, screen)}\n`).join(""));
}

async function run(parsed: ParsedArguments, surroundings: Surroundings): Promise<number> {
  const { command, flags } = parsed;
  const { stdout, env, system } = surroundings;
  requireSystem(parsed, system);
  surroundings.keepOnly(scopeOf(parsed, surroundings.programs));
  const screen = makeScreen(stdout, env);
  if (command?.run === undefined || flags.has("help") || flags.has("version")) {
    const about = aboutItself(parsed, { surroundings, columns: screen.columns() });
    const document = (): string => documentText(about.command, about.json);
    writeResult(stdout.write, flags.has("json") ? document() : `${about.text}\n`);
    return EXIT.done;
  }
  using narrator = new Narrator(surroundings, { flags, logsChanges: command.logsChanges ?? false });
  const context = surroundings.context((event) => narrator.tell(event));
  const table = {
    isTerminal: screen.isTerminal,
    columns: screen.columns(),
    paint: paintFor(screen),
    now: context.now(),
  };
  const { lines, text, json, failures } = await command.run(context, parsed, table);
  narrator.stop();
  const shown = flags.has("json")
    ? documentText(command.name, json)
    : text ?? lines.map((line) => `${printable(line, screen)}\n`).join("");
  // Both streams may go to the same place.
  await surroundings.stderr.settled?.();
  try {
    writeResult(stdout.write, shown);
  } catch (error) {
    // The failures of the command decide the exit code.
    if (failures.length === 0) throw error;
    tellError(error, { surroundings, verbose: flags.has("verbose") });
  }
  return exitCodeOfAll(failures);
}

/** Writes reports to stderr: notes as lines, slow work as live lines. */
class Narrator implements Disposable {
  readonly #options: NarrationOptions;
  readonly #screen: Screen;
  readonly #write: (text: string) => void;
  readonly #progress: Progress | undefined;

  constructor(
    { stderr, env }: Surroundings,
    { flags, logsChanges }: { flags: ReadonlySet<string>; logsChanges: boolean },
  ) {
    const screen = makeScreen(stderr, env);
    const paint = paintFor(screen);
    const quiet = flags.has("quiet");
    this.#options = { quiet, logsChanges, verbose: flags.has("verbose"), paint };
    this.#screen = screen;
    this.#write = stderr.write;
    if (screen.redraw && !quiet) {
      this.#progress = new Progress({ screen, paint, write: stderr.write });
    }
  }

  tell(event: FtlEvent): void {
    this.#progress?.tell(withSafeTexts(event));
    const text = narrate(event, this.#options)
      .map((line) => `${printable(line, this.#screen)}\n`).join("");
    if (text === "") return;
    if (this.#progress === undefined) this.#write(text);
    else this.#progress.above(() => this.#write(text));
  }

  stop(): void {
    this.#progress?.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Information about `ftl` itself. */
interface About {
  readonly text: string;
  /** The command in the JSON document. It is the same for every way to ask. */
  readonly command: "help" | "version";
  readonly json: Payload;
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
  if (command?.run !== undefined) return command;
  return word === undefined ? undefined : requireCommand(word);
}
