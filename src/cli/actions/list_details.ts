/** What `ftl list` does with its arguments, if it is to show more than names on this machine. */
import { listLocalPackages, listLocalRevisions } from "../../commands/list/local.ts";
import { requirePackageName } from "../../revision/names.ts";
import { packagesDocument, revisionsDocument } from "../text/documents.ts";
import { packageLines, revisionLines } from "../text/tables.ts";
import type { Action } from "../command.ts";

export const listDetails: Action = async (context, { words: [name], flags }, table) => {
  // What is in S3 needs code that a list of this machine does not.
  const inS3 = flags.has("master") ? await import("../../commands/list/master.ts") : undefined;
  const master = inS3 !== undefined;
  const long = flags.has("long");
  if (name === undefined) {
    const packages = await inS3?.listMasterPackages(context, { long }) ??
      listLocalPackages(context, { long });
    return {
      lines: packageLines(packages, { ...table, long }),
      json: packagesDocument(packages, { master, long }),
      failures: [],
    };
  }
  const packageName = requirePackageName(name);
  const revisions = await inS3?.listMasterRevisions(context, packageName, { long }) ??
    listLocalRevisions(context, packageName);
  return {
    lines: revisionLines(revisions, { ...table, long }),
    json: revisionsDocument(packageName, revisions, { master, long }),
    failures: [],
  };
};
