/** What `ftl status` does with its arguments. */
import { status as findStatus } from "../../commands/status/status.ts";
import { requirePackageName } from "../../revision/names.ts";
import { statusDocument } from "../text/documents.ts";
import { statusLines } from "../text/status_table.ts";
import type { Action } from "../command.ts";

export const status: Action = async (context, { words: [name] }, table) => {
  const found = await findStatus(
    context,
    name === undefined ? undefined : requirePackageName(name),
  );
  return {
    lines: found.packages.length === 0 ? [] : statusLines(found.packages, table),
    json: statusDocument(found),
    failures: found.failures,
  };
};
