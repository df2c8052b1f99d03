/** What `ftl purge` does with its arguments. */
import { purge as purgeHere, purgeMaster, type PurgeTarget } from "../../commands/purge.ts";
import { requirePackageName, requireRevisionName } from "../../revision/names.ts";
import { purgeDocument } from "../text/documents.ts";
import { requireCount } from "../values.ts";
import type { Action } from "../command.ts";

export const purge: Action = async (context, { words: [name = ""], flags, values }) => {
  const keep = values.get("keep");
  const target: PurgeTarget = keep === undefined
    ? { revision: requireRevisionName(name) }
    : { package: requirePackageName(name), keep: requireCount("keep", keep) };
  const dryRun = flags.has("dry-run");
  const master = flags.has("master");
  const purged = master
    ? await purgeMaster(context, target, { dryRun })
    : await purgeHere(context, target, { dryRun });
  return {
    lines: dryRun ? purged.removed.map((revision) => `remove\t${revision}`) : [],
    json: purgeDocument(purged, { master, dryRun }),
    failures: purged.failures,
  };
};
