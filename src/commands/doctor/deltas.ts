/** Checks whether this machine may read trees and patches: without, its syncs move whole objects. */
import type { OpenedBucket } from "../../bucket/bucket.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import { treeKey } from "../../revision/keys.ts";
import { type Check, enumerate, fail, info } from "./check.ts";
import { isDenied } from "./writes.ts";

const NAME = "S3 deltas";

/**
 * Nothing if all is well, or if `FTL_DELTA` is off or not valid. Who may list only some prefixes is refused also what is
 * not there.
 *
 * @param newest of each package
 */
export async function checkDeltas(
  { config }: Context,
  bucket: OpenedBucket,
  newest: readonly RemoteRevision[],
): Promise<Check[]> {
  if (!["", "auto", "always"].includes(config.env["FTL_DELTA"] ?? "")) return [];
  const denied: string[] = [];
  for (const revision of newest) {
    try {
      await bucket.head(treeKey(revision));
    } catch (error) {
      if (!(error instanceof FtlError)) throw error;
      if (!isDenied(error)) return [fail(NAME, error)];
      denied.push(revision.package);
    }
  }
  if (denied.length === 0) return [];
  return [
    info(
      NAME,
      `the tree of the newest revision of ${enumerate(denied)} cannot be read, or is not there: ` +
        "then syncs move whole objects",
      "Give its role the policy of 'ftl setup iam machine'",
    ),
  ];
}
