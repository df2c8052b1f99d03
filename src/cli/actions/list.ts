/** What `ftl list` does with its arguments. Programs call it often, so for mere names it loads and reads little. */
import { listRevisionNames, wantedPackages } from "../../commands/list/names.ts";
import { requirePackageName } from "../../revision/names.ts";
import type { Action } from "../command.ts";
import { nameLine } from "../text/names.ts";

export const list: Action = async (context, parsed, table) => {
  const { words: [name], flags } = parsed;
  if (table.isTerminal || ["master", "long", "json"].some((flag) => flags.has(flag))) {
    const { listDetails } = await import("./list_details.ts");
    return await listDetails(context, parsed, table);
  }
  const lines = name === undefined
    ? wantedPackages(context).map((pkg) => pkg.name)
    : listRevisionNames(context, requirePackageName(name)).map(nameLine);
  // Nobody has asked for the document.
  return { lines, json: {}, failures: [] };
};
