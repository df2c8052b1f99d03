/** `ftl help` on the command line. */
import type { Command } from "../command.ts";

export const help: Command = {
  name: "help",
  usage: ["[COMMAND]"],
  summary: "show help",
  details: [],
  options: [],
  least: 0,
  most: 1,
  examples: [],
  completes: "command",
  scope: () => "nothing",
  showsHelp: true,
};
