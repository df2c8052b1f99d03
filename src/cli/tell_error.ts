/** Shows an error to a person. Few commands fail, so this is loaded when one does. */
import { errorLines } from "./failure.ts";
import type { Surroundings } from "./main.ts";
import { printable } from "./terminal/output.ts";
import { paintFor } from "./terminal/paint.ts";
import { makeScreen } from "./terminal/screen.ts";

/** Writes the error's lines to stderr. */
export function tellError(
  error: unknown,
  { surroundings, verbose }: {
    surroundings: Pick<Surroundings, "stderr" | "env">;
    verbose: boolean;
  },
): void {
  const { stderr, env } = surroundings;
  const screen = makeScreen(stderr, env);
  const lines = errorLines(error, { verbose, paint: paintFor(screen) });
  stderr.write(lines.map((line) => `${printable(line, screen)}\n`).join(""));
}
