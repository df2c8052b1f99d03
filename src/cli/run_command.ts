/** Runs a command and shows what it gives. What only needs the tables, such as the help, does not load this. */
import type { FtlEvent, Report } from "../events.ts";
import { ACTIONS } from "./actions.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Command, Outcome } from "./command.ts";
import { exitCodeOfAll } from "./failure.ts";
import type { Surroundings } from "./main.ts";
import type { Narrator } from "./terminal/narrator.ts";
import { printable, writeResult } from "./terminal/output.ts";
import { paintFor } from "./terminal/paint.ts";
import { makeScreen } from "./terminal/screen.ts";
import type { Payload } from "./text/documents.ts";

/** Returns the exit code. Throws what the command throws, or `UnwritableResultError`. */
export async function runCommand(
  command: Command,
  parsed: ParsedArguments,
  surroundings: Surroundings,
): Promise<number> {
  const action = await ACTIONS[command.name]?.();
  if (action === undefined) throw new Error(`no action for the command ${command.name}`);
  const { flags } = parsed;
  const { stdout, env } = surroundings;
  const screen = makeScreen(stdout, env);
  const outcome = await narrated(async (report) => {
    const context = surroundings.context(report);
    const { isTerminal, columns } = screen;
    const table = { isTerminal, columns, paint: paintFor(screen), now: context.now() };
    return await action(context, parsed, table);
  }, { command, flags, surroundings });
  const { lines, text, json, failures } = outcome;
  const shown = flags.has("json")
    ? await documentOf(command.name, json)
    : text ?? lines.map((line) => `${printable(line, screen)}\n`).join("");
  // Both streams may go to the same place.
  await surroundings.stderr.settled?.();
  try {
    writeResult(stdout.write, shown);
  } catch (error) {
    // The failures of the command decide the exit code.
    if (failures.length === 0) throw error;
    const { tellError } = await import("./tell_error.ts");
    tellError(error, { surroundings, verbose: flags.has("verbose") });
  }
  return exitCodeOfAll(failures);
}

async function documentOf(command: string, json: Payload): Promise<string> {
  const { documentText } = await import("./text/documents.ts");
  return documentText(command, json);
}

/** Runs a command, and shows what it reports. */
async function narrated(
  act: (report: Report) => Promise<Outcome>,
  told: {
    readonly command: Command;
    readonly flags: ReadonlySet<string>;
    readonly surroundings: Surroundings;
  },
): Promise<Outcome> {
  const { command, flags, surroundings } = told;
  const openNarrator = async (): Promise<Narrator> => {
    const { Narrator } = await import("./terminal/narrator.ts");
    return new Narrator(surroundings, { flags, logsChanges: command.logsChanges ?? false });
  };
  if (!command.isShort?.(flags)) {
    using narrator = await openNarrator();
    return await act((event) => narrator.tell(event));
  }
  const events: FtlEvent[] = [];
  try {
    return await act((event) => events.push(event));
  } finally {
    if (events.length > 0) {
      using narrator = await openNarrator();
      for (const event of events) narrator.tell(event);
    }
  }
}
