/** `ftl completions` on the command line. */
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
};
