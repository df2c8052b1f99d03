/** `ftl history` on the command line. */
import type { Command } from "../command.ts";

export const history: Command = {
  name: "history",
  usage: ["PACKAGE [--most N]"],
  summary: "show who blessed, rolled out and stopped what, when and why",
  details: [
    "The newest change comes first. Each change that FTL makes with --master stores an object below .ftl/history/ " +
    "in S3, which nobody changes later. Changes by FTL 0.1.0 and by other tools are not shown.",
  ],
  options: [{ name: "most", value: "N", help: "how many changes: 20 without it" }],
  least: 1,
  most: 1,
  examples: [["ftl history my_site", "the last 20 changes"]],
  completes: "package",
  scope: () => "master",
};
