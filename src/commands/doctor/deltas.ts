/**
 * Checks whether this machine may read trees and patches: without, its syncs move whole objects. Who may spool must
 * also be allowed to put them.
 */
import type { OpenedBucket } from "../../bucket/bucket.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import { DELTA_PREFIX, treeKey } from "../../revision/keys.ts";
import { type Check, enumerate, fail, info, warn } from "./check.ts";
import { isDenied, tryPut } from "./writes.ts";

const NAME = "S3 deltas";

/** No package has it. Its form is that of the keys in IAM policies. */
const PROBE = `${DELTA_PREFIX}.ftl-doctor/tree`;

interface Given {
  /** Of each package. */
  readonly newest: readonly RemoteRevision[];
  /** Whether revisions may be added, to a store that obeys conditions. */
  readonly maySpool: boolean;
}

/** Nothing if all is well, or if `FTL_DELTA` is off or not valid. */
export async function checkDeltas(
  { config }: Context,
  bucket: OpenedBucket,
  { newest, maySpool }: Given,
): Promise<Check[]> {
  if (!["", "auto", "always"].includes(config.env["FTL_DELTA"] ?? "")) return [];
  return [...await checkReads(bucket, newest), ...maySpool ? await checkPuts(bucket) : []];
}

/** Who may list only some prefixes is refused also what is not there. */
async function checkReads(
  bucket: OpenedBucket,
  newest: readonly RemoteRevision[],
): Promise<Check[]> {
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

async function checkPuts(bucket: OpenedBucket): Promise<Check[]> {
  if (await tryPut(bucket, PROBE) !== "denied") return [];
  return [
    warn(
      NAME,
      "may add revisions, but no trees and patches: machines download what is spooled here whole",
      "Give its role the policy of 'ftl setup iam spool', or set FTL_DELTA=off",
    ),
  ];
}
