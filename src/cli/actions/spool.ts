/** What `ftl spool` does with its arguments. */
import { spool as spoolFile } from "../../commands/spool/spool.ts";
import { spoolDocument } from "../text/documents.ts";
import { messageOption } from "../values.ts";
import type { Action } from "../command.ts";

export const spool: Action = async (context, { words: [file = ""], flags, values, lists }) => {
  const name = values.get("name");
  const spooled = await spoolFile(context, file, {
    ...messageOption(values),
    ...(name === undefined ? {} : { name }),
    exclude: lists.get("exclude") ?? [],
    delta: !flags.has("no-delta"),
  });
  return { lines: [spooled.revision], json: spoolDocument(spooled), failures: [] };
};
