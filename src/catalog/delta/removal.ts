/** Removes trees and patches: for `purge --master`, and for a spool that has put them for nothing. */
import type { Bucket, ListedObject } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import { deltaPrefix } from "../../revision/keys.ts";
import { isRevisionId, type PackageName, type RevisionId } from "../../revision/names.ts";
import { STALE_AFTER } from "../stale_uploads.ts";

/** A package's revisions in S3. */
interface Revisions {
  readonly package: PackageName;
  readonly removed: ReadonlySet<RevisionId>;
  /** Those that stay. */
  readonly left: ReadonlySet<RevisionId>;
}

/**
 * Removes all trees and patches of the removed revisions, and those that a spool has left whose revision never came. A
 * spool may be under way, so what is younger than a day stays as long as the package has a revision. Of a package
 * without one all goes: at worst the tree of a first spool that is under way, and machines then download it whole.
 * Nobody needs any of it, so a failure is a warning; but what cannot be listed of a package without a revision is taken
 * for nothing, as its name may be mistyped.
 *
 * @returns whether there was anything to remove
 */
export async function removeDeltas(
  { report, signal, now }: Context,
  bucket: Bucket,
  { isDry = false, ...revisions }: Revisions & {
    /** Whether it only looks. */
    readonly isDry?: boolean;
  },
): Promise<boolean> {
  const prefix = deltaPrefix(revisions.package);
  let isThere = revisions.removed.size + revisions.left.size > 0;
  try {
    const objects = await bucket.list(prefix);
    const before = (bucket.serverTime() ?? now()) - STALE_AFTER;
    const keys = objects.filter((object) => isGarbage(object, { prefix, before, revisions }))
      .map(({ key }) => key);
    if (keys.length === 0 || isDry) return keys.length > 0;
    isThere = true;
    const [first] = await bucket.removeMany(keys);
    if (first !== undefined) throw first.error;
    return true;
  } catch (error) {
    if (signal.aborted || !(error instanceof FtlError)) throw error;
    if (!isThere) return false;
    const message = `Not all below ${prefix} that is needed no more was removed: ${error.message}`;
    report({ type: "warning", message });
    return false;
  }
}

function isGarbage(
  { key, modified }: ListedObject,
  { prefix, before, revisions: { removed, left } }: {
    readonly prefix: string;
    /** Unix milliseconds. What was written later may belong to a spool that is under way. */
    readonly before: number;
    readonly revisions: Revisions;
  },
): boolean {
  const [id, name = ""] = key.slice(prefix.length).split("/");
  const base = name.startsWith("from.") ? name.slice("from.".length) : undefined;
  const named = [id, base].filter(isRevisionId);
  if (left.size === 0) return named.length > 0;
  if (named.some((one) => removed.has(one))) return true;
  return modified < before && named.some((one) => !left.has(one));
}
