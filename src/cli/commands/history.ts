/** `ftl history` on the command line. */
import { history as readHistory } from "../../commands/history.ts";
import { requirePackageName } from "../../revision/names.ts";
import type { Command } from "../command.ts";
import { historyDocument, historyLines } from "../text/history.ts";
import { requireCount } from "../values.ts";

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
  run: async (context, { words: [name = ""], values }, table) => {
    const most = values.get("most");
    const options = most === undefined ? {} : { most: requireCount("most", most) };
    const found = await readHistory(context, requirePackageName(name), options);
    return { lines: historyLines(found, table), json: historyDocument(found), failures: [] };
  },
};
