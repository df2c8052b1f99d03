/** `ftl completions` on the command line. */
import { UsageError } from "../../errors.ts";
import { quote } from "../../foreign_text.ts";
import type { Command } from "../command.ts";

export const completions: Command = {
  name: "completions",
  usage: ["bash|zsh|fish"],
  summary: "print the completion script of a shell",
  details: ["It completes commands, options, and the names of packages and revisions in FTL_ROOT."],
  options: [],
  least: 1,
  most: 1,
  examples: [
    ["source <(ftl completions bash)", "in ~/.bashrc"],
    ["ftl completions fish | source", "in ~/.config/fish/config.fish"],
  ],
  completes: "shell",
  scope: () => "nothing",
  run: async (_context, { words: [word = ""] }) => {
    const { completionScript, SHELLS } = await import("../completion/completion.ts");
    const shell = SHELLS.find((known) => known === word);
    if (shell === undefined) {
      throw new UsageError(`No completions for ${quote(word)}`, {
        hint: `There are completions for ${SHELLS.join(", ")}`,
      });
    }
    const script = completionScript(shell);
    return { lines: [], text: `${script}\n`, json: { shell, script }, failures: [] };
  },
};
