/**
 * `ftl jump-back`: goes back to the previous revision, here or for all machines. Two calls cancel each other
 * out.
 */
import { NotFoundError, UsageError } from "../errors.ts";
import { requirePackageName, type RevisionId, revisionName } from "../revision/names.ts";
import { readLink } from "../machine/links.ts";
import { requirePackage } from "../machine/package_dir.ts";
import { bless } from "../catalog/bless.ts";
import { stop } from "../catalog/stage.ts";
import { type MasterOptions, waitIfAsked } from "../catalog/fleet_wait.ts";
import { type Context } from "../context.ts";
import { fetchPackageListing } from "../catalog/remote_package.ts";
import { type Jumped, jumpLocally } from "../machine/jump/local_jump.ts";
import { openBucket } from "../bucket/open.ts";
import { openSigning } from "../catalog/open_signing.ts";
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

/**
 * Blesses the revision that the blessed one replaced. While a rollout is under way, it stops that instead, and what
 * is blessed is for all machines. Throws `NotFoundError` if the blessed revision replaced none, and `UsageError` if
 * the last change has stopped a rollout: who asks twice must not go back by two revisions. Signs as `jumpMaster`.
 */
export async function jumpBackMaster(
  context: Context,
  packageName: string,
  { wait, ...options }: MasterOptions = {},
): Promise<Jumped> {
  const name = requirePackageName(packageName);
  const bucket = await openBucket(context);
  const signing = await openSigning(context);
  const remote = await fetchPackageListing(bucket, name);
  const before = await readPointer(bucket, remote);
  const old = oldPointer(before);
  const place = { bucket, remote, old, signing };
  const stopped = await stop(context, { ...options, ...place });
  const waited = () => waitIfAsked(context, bucket, { package: name, wait });
  if (stopped !== undefined) return { ...stopped, ...await waited() };
  if (before?.stopped !== undefined) {
    const [candidate, stays] = [before.stopped, before.id].map((id) => {
      return revisionName({ package: name, id });
    });
    throw new UsageError(`The rollout of ${candidate} was stopped already: ${stays} is blessed`, {
      hint: `To go further back: ftl jump --master ${
        before.replaced === undefined
          ? "<revision>"
          : revisionName({ package: name, id: before.replaced })
      }`,
    });
  }
  if (before?.replaced === undefined) {
    throw new NotFoundError(`No previous revision of ${name} in s3://${bucket.name}`, {
      hint: before === undefined
        ? "Nothing is blessed there: ftl jump --master <revision>"
        : `The blessed revision replaced none: 'ftl list --master ${name}' shows all of them`,
    });
  }
  const request = { ...options, ...place, id: before.replaced, followsOld: true };
  const blessed = await bless(context, request);
  return { ...blessed, ...await waited() };
}
