/** What a sync knows of one package in S3. */
import type { Bucket } from "../../bucket/bucket.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import type { RemotePackage } from "../../catalog/remote_package.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { LastListing } from "../../machine/state.ts";
import { pointerKey } from "../../revision/keys.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PointerState } from "../../revision/pointer.ts";
import type { PointerJudge } from "../../trust/pointer_judge.ts";
import type { Polls } from "./polls.ts";

export interface Seen {
  /** The package's listing. Undefined if only the pointer was read. */
  readonly listed: RemotePackage | undefined;
  /** All revisions in S3. Without a listing: those that the last one had. */
  readonly ids: readonly RevisionId[];
  readonly pointer: PointerState | undefined;
}

/**
 * Throws `UntrustedError` if the pointer is not trusted.
 *
 * @param known what the machine remembers of the pointer
 */
export async function seenByListing(
  bucket: Bucket,
  listed: RemotePackage,
  { known, judge }: {
    readonly known: PointerState | undefined;
    readonly judge: PointerJudge | undefined;
  },
): Promise<Seen> {
  const pointer = await fetchPointerState(bucket, listed, known, judge);
  return { listed, ids: listed.revisions.map(({ id }) => id), pointer };
}

/**
 * What to store of the listing. Undefined where a poll would find no `.rev`, or where so many packages share the
 * listing that none will poll.
 */
export function listingOfUse(
  { listed, ids }: Seen,
  { pkg: { name }, listings, polls }: {
    readonly pkg: Pick<PackageDir, "name">;
    readonly listings: Listings;
    readonly polls: Polls;
  },
): LastListing | undefined {
  const isShared = listings.isShared(name);
  const isOfUse = listed?.pointer?.key === pointerKey(name) && (!isShared || polls.mayShare);
  return isOfUse ? { at: polls.begun, ids, isShared } : undefined;
}
