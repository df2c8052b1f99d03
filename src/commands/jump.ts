/** `ftl jump`: activates a revision on this machine, or blesses it in S3 for all. */
import { type Revision, toRevision } from "../core/names.ts";
import { requirePackage } from "../local/package_dir.ts";
import { bless, type BlessOptions } from "./steps/bless.ts";
import { type Context, openBucket } from "./steps/context.ts";
import { fetchPackageListing, readOldPointer } from "./steps/listing.ts";
import { type Jumped, jumpLocally } from "./steps/local_jump.ts";

/**
 * Makes the revision active on this machine, given by its name or parsed. Throws `NotFoundError` where it is not here, `ScriptError`
 * where a script kept it from becoming active: then nothing has changed.
 */
export async function jump(context: Context, wanted: Revision | string): Promise<Jumped> {
  const revision = toRevision(wanted);
  const pkg = requirePackage(context.config.root, revision.package);
  return await jumpLocally(context, pkg, { action: "jump", choose: () => revision.id });
}

/**
 * Blesses the revision, given by its name or parsed, in S3: every machine will run it. Throws `NotFoundError` where S3 has no such
 * revision, `ConflictError` where somebody else blessed another one at the same moment.
 */
export async function jumpMaster(
  context: Context,
  wanted: Revision | string,
  options: BlessOptions = {},
): Promise<Jumped> {
  const revision = toRevision(wanted);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, revision.package);
  const old = await readOldPointer(bucket, remote);
  return await bless(context, { ...options, bucket, remote, id: revision.id, old });
}
