/** `ftl status` as a person types it. */
import { status as findStatus } from "../../commands/status.ts";
import { requirePackageName } from "../../revision/names.ts";
import { statusDocument } from "../text/documents.ts";
import { statusLines } from "../text/tables.ts";
import type { Command } from "../command.ts";

export const status: Command = {
  name: "status",
  usage: ["[PACKAGE]"],
  summary: "show what runs here, what should, and what a sync would do",
  details: [
    "Active, blessed, previous and newest revision of each package, the disk it takes, how its last " +
    "sync went. (held): a local jump keeps it from the blessed one; (gone): somebody has deleted it, " +
    "and the next sync fetches it again. Without FTL_BUCKET, or where S3 cannot be reached, what the " +
    "machine knows by itself.",
  ],
  options: [],
  least: 0,
  most: 1,
  examples: [["ftl status", "all packages of this machine"]],
  completes: "package",
  scope: () => "master",
  run: async (context, { words: [name] }, table) => {
    const found = await findStatus(
      context,
      name === undefined ? undefined : requirePackageName(name),
    );
    return {
      lines: found.packages.length === 0 ? [] : statusLines(found.packages, table),
      json: statusDocument(found),
      failures: found.failures,
    };
  },
};
