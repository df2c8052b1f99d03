/** What `ftl completions` does with its arguments. */
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import type { Action } from "../command.ts";
import { completionScript, SHELLS } from "../completion/completion.ts";

export const completions: Action = (_context, { words: [word = ""] }) => {
  const shell = SHELLS.find((known) => known === word);
  if (shell === undefined) {
    throw new UsageError(`No completions for ${quote(word)}`, {
      hint: `There are completions for ${SHELLS.join(", ")}`,
    });
  }
  const script = completionScript(shell);
  return { lines: [], text: `${script}\n`, json: { shell, script }, failures: [] };
};
