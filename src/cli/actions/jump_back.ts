/** What `ftl jump-back` does with its arguments. */
import { jumpBack as jumpBackHere, jumpBackMaster } from "../../commands/jump_back.ts";
import { requirePackageName } from "../../revision/names.ts";
import { jumpDocument } from "../text/documents.ts";
import { messageOption, refuseMessage, refuseWait, waitOption } from "../values.ts";
import type { Action } from "../command.ts";

export const jumpBack: Action = async (context, { words: [name = ""], flags, values }) => {
  const packageName = requirePackageName(name);
  const master = flags.has("master");
  const jumped = master
    ? await jumpBackMaster(context, packageName, {
      ...messageOption(values),
      ...waitOption(values),
    })
    : await jumpBackHere(context, refuseMessage(values) ?? refuseWait(values) ?? packageName);
  return { lines: [], json: jumpDocument(jumped, { master }), failures: jumped.failures };
};
