/** Runs a command and shows what it gives. What only needs the tables, such as the help, does not load this. */
import { ACTIONS } from "./actions.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { exitCodeOfAll } from "./failure.ts";
import type { Surroundings } from "./main.ts";
import { tellError } from "./tell_error.ts";
import { Narrator } from "./terminal/narrator.ts";
import { printable, writeResult } from "./terminal/output.ts";
import { paintFor } from "./terminal/paint.ts";
import { makeScreen } from "./terminal/screen.ts";
import { documentText } from "./text/documents.ts";

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
  using narrator = new Narrator(surroundings, { flags, logsChanges: command.logsChanges ?? false });
  const context = surroundings.context((event) => narrator.tell(event));
  const table = {
    isTerminal: screen.isTerminal,
    columns: screen.columns(),
    paint: paintFor(screen),
    now: context.now(),
  };
  const { lines, text, json, failures } = await action(context, parsed, table);
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
