/** What `ftl history` does with its arguments. */
import { history as readHistory } from "../../commands/history.ts";
import { requirePackageName } from "../../revision/names.ts";
import type { Action } from "../command.ts";
import { historyDocument, historyLines } from "../text/history.ts";
import { requireCount } from "../values.ts";

export const history: Action = async (context, { words: [name = ""], values }, table) => {
  const most = values.get("most");
  const options = most === undefined ? {} : { most: requireCount("most", most) };
  const found = await readHistory(context, requirePackageName(name), options);
  return { lines: historyLines(found, table), json: historyDocument(found), failures: [] };
};
