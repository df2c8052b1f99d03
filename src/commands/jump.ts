/** `ftl jump`: activates a revision on this machine, or blesses it in S3 for all machines. */
import { type GivenRevision, toRevision } from "../revision/names.ts";
import { requirePackage } from "../machine/package_dir.ts";
import { bless, type BlessOptions } from "../catalog/bless.ts";
import { type Context } from "../context.ts";
import { fetchPackageListing } from "../catalog/listing.ts";
import { type Jumped, jumpLocally } from "../machine/jump/local_jump.ts";
import { openBucket } from "../bucket/open.ts";
import { readOldPointer } from "../catalog/pointer.ts";

export type { Jumped };

/**
 * Makes the revision, a name or a parsed one, active on this machine. Throws `NotFoundError` if it is not on
 * this machine, `ScriptError` if a script prevents it. After an error nothing has changed.
 */
export async function jump(context: Context, wanted: GivenRevision): Promise<Jumped> {
  const revision = toRevision(wanted);
  const pkg = requirePackage(context.config.root, revision.package);
  return await jumpLocally(context, pkg, { action: "jump", choose: () => revision.id });
}

/**
 * Blesses the revision, a name or a parsed one, in S3: every machine will run it. Throws `NotFoundError` if S3
 * does not have the revision, `ConflictError` if somebody else blessed another one at the same moment.
 */
export async function jumpMaster(
  context: Context,
  wanted: GivenRevision,
  options: BlessOptions = {},
): Promise<Jumped> {
  const revision = toRevision(wanted);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, revision.package);
  const old = await readOldPointer(bucket, remote);
  const blessed = await bless(context, { ...options, bucket, remote, id: revision.id, old });
  return { ...blessed, failures: [] };
}
