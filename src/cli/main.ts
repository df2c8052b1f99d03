/**
 * What a person types and reads.
 *
 * - stdout carries results only, one a line, or one JSON document with `--json`; stderr all else.
 * - An error is one line on stderr, `ftl: ...`, and where there is one a second, `hint: ...`.
 * - Nothing ever asks.
 */
import type { Context } from "../commands/steps/context.ts";
import { EXIT, UsageError } from "../core/errors.ts";
import type { Report } from "../core/events.ts";
import { quote } from "../core/names.ts";
import { ACTIONS } from "./actions.ts";
import { parseArguments, type ParsedArguments } from "./arguments.ts";
import { type CommandName, COMMANDS } from "./commands.ts";
import { errorLines, exitCodeOf, exitCodeOfAll } from "./failure.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { narrate } from "./narration.ts";

/** The process as the command line needs it: `mod.ts` gives the real one. */
export interface Surroundings {
  readonly version: string;
  /** Writes text as it is. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** The context of a command, but for what the command line adds. */
  readonly context: (report: Report) => Context;
}

/** Runs one command line; the answer is its exit code. It never throws. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const verbose = argv.includes("--verbose") || argv.includes("-v");
  const printErrors = (lines: readonly string[]): void => {
    for (const line of lines) surroundings.stderr(`${line}\n`);
  };
  try {
    const parsed = parseArguments(argv);
    return await run(parsed, surroundings);
  } catch (thrown) {
    const error = surroundings.signal.aborted ? surroundings.signal.reason : thrown;
    printErrors(errorLines(error, { verbose }));
    return exitCodeOf(error);
  }
}

async function run(parsed: ParsedArguments, surroundings: Surroundings): Promise<number> {
  const { command, flags } = parsed;
  const { stdout, stderr, version } = surroundings;
  if (flags.has("version")) {
    stdout(`ftl ${version}\n`);
    return EXIT.done;
  }
  if (command === undefined || command === "help" || flags.has("help")) {
    stdout(`${helpText(command, parsed, version)}\n`);
    return EXIT.done;
  }
  const options = { quiet: flags.has("quiet"), verbose: flags.has("verbose") };
  const context = surroundings.context((event) => {
    for (const line of narrate(event, options)) stderr(`${line}\n`);
  });
  const { lines, json, failures } = await ACTIONS[command](context, parsed);
  if (flags.has("json")) stdout(`${JSON.stringify(json, null, 2)}\n`);
  else stdout(lines.map((line) => `${line}\n`).join(""));
  return exitCodeOfAll(failures);
}

function helpText(
  command: CommandName | undefined,
  { words }: ParsedArguments,
  version: string,
): string {
  const name = command === "help" ? words[0] : command;
  if (name === undefined) return generalHelp(version);
  const spec = COMMANDS.find((found) => found.name === name);
  if (spec !== undefined) return commandHelp(spec);
  throw new UsageError(`Unknown command ${quote(name)}`, { hint: "'ftl help' shows the commands" });
}
