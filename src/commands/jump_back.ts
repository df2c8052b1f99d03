/**
 * `ftl jump-back`: goes back to the previous revision, here or for all machines. Two calls cancel each other
 * out.
 */
import { NotFoundError } from "../errors.ts";
import { requirePackageName, type RevisionId } from "../revision/names.ts";
import { readLink } from "../machine/links.ts";
import { requirePackage } from "../machine/package_dir.ts";
import { bless } from "../catalog/bless.ts";
import { type MasterOptions, waitIfAsked } from "../catalog/fleet_wait.ts";
import { type Context } from "../context.ts";
import { fetchPackageListing } from "../catalog/remote_package.ts";
import { type Jumped, jumpLocally } from "../machine/jump/local_jump.ts";
import { openBucket } from "../bucket/open.ts";
import { oldPointer, readPointer } from "../catalog/pointer.ts";

/** Jumps to the target of `previous`. Throws `NotFoundError` if there is no such link. */
export async function jumpBack(context: Context, packageName: string): Promise<Jumped> {
  const name = requirePackageName(packageName);
  const pkg = requirePackage(context.config.root, name);
  const choose = (wentBackTo: RevisionId | undefined): RevisionId => {
    // One way back is enough.
    if (wentBackTo !== undefined) return wentBackTo;
    const previous = readLink(pkg, "previous");
    if (previous !== undefined && previous !== readLink(pkg, "current")) return previous;
    throw new NotFoundError(`No previous revision of ${name} on this machine`, {
      hint: `'ftl list ${name}' shows the revisions that 'ftl jump' can go to`,
    });
  };
  return await jumpLocally(context, pkg, { action: "jump-back", choose, onBadHealth: "stay" });
}

/** Blesses the revision that the blessed one replaced. Throws `NotFoundError` if it replaced none. */
export async function jumpBackMaster(
  context: Context,
  packageName: string,
  { wait, ...options }: MasterOptions = {},
): Promise<Jumped> {
  const name = requirePackageName(packageName);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, name);
  const before = await readPointer(bucket, remote);
  if (before?.replaced === undefined) {
    throw new NotFoundError(`No previous revision of ${name} in s3://${bucket.name}`, {
      hint: before === undefined
        ? "Nothing is blessed there: ftl jump --master <revision>"
        : `The blessed revision replaced none: 'ftl list --master ${name}' shows all of them`,
    });
  }
  const [id, old] = [before.replaced, oldPointer(before)];
  const blessed = await bless(context, { ...options, bucket, remote, id, old });
  return { ...blessed, ...await waitIfAsked(context, bucket, { package: name, wait }) };
}
