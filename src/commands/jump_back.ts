/** `ftl jump-back`: back to the previous revision, here or for all; twice is back where it was. */
import { NotFoundError } from "../errors.ts";
import { requirePackageName, type RevisionId } from "../revision/names.ts";
import { readLink } from "../machine/links.ts";
import { requirePackage } from "../machine/package_dir.ts";
import { bless, type BlessOptions } from "../catalog/bless.ts";
import { type Context } from "../context.ts";
import { fetchPackageListing } from "../catalog/listing.ts";
import { type Jumped, jumpLocally } from "../machine/jump/local_jump.ts";
import { openBucket } from "../bucket/open.ts";
import { readPointer } from "../catalog/pointer.ts";

/** Jumps to what `previous` points to. Throws `NotFoundError` if there is no such link. */
export async function jumpBack(context: Context, name: string): Promise<Jumped> {
  const packageName = requirePackageName(name);
  const pkg = requirePackage(context.config.root, packageName);
  const choose = (): RevisionId => {
    const previous = readLink(pkg, "previous");
    if (previous !== undefined && previous !== readLink(pkg, "current")) return previous;
    throw new NotFoundError(`No previous revision of ${packageName} on this machine`, {
      hint: `'ftl list ${packageName}' shows what 'ftl jump' can go to`,
    });
  };
  return await jumpLocally(context, pkg, { action: "jump-back", choose });
}

/** Blesses what the blessed revision replaced. Throws `NotFoundError` where that is nothing. */
export async function jumpBackMaster(
  context: Context,
  name: string,
  options: BlessOptions = {},
): Promise<Jumped> {
  const packageName = requirePackageName(name);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, packageName);
  const before = await readPointer(bucket, remote);
  if (before?.replaced === undefined) {
    throw new NotFoundError(`No previous revision of ${packageName} in s3://${bucket.name}`, {
      hint: before === undefined
        ? "Nothing is blessed there: ftl jump --master <revision>"
        : `The blessed one replaced none: 'ftl list --master ${packageName}' shows what there is`,
    });
  }
  const old = { content: before, etag: before.etag };
  const blessed = await bless(context, { ...options, bucket, remote, id: before.replaced, old });
  return { ...blessed, failures: [] };
}
