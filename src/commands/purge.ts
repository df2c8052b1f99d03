/**
 * `ftl purge`: removes revisions, here or in S3. It never removes one that a machine runs or would go back to.
 */
import { ConflictError, UsageError } from "../errors.ts";
import {
  type GivenRevision,
  type PackageName,
  requirePackageName,
  type Revision,
  type RevisionId,
  type RevisionName,
  revisionName,
  toRevision,
} from "../revision/names.ts";
import { IN_JUMP, IN_ROLLOUT, type Protected, protectedInBucket } from "../plan/removal.ts";
import { type PackageDir, requirePackage, requireRevision } from "../machine/package_dir.ts";
import type { Bucket } from "../bucket/bucket.ts";
import { cleanUp } from "../machine/revisions/clean_up.ts";
import { type Context } from "../context.ts";
import {
  fetchPackageListing,
  type RemotePackage,
  type RemoteRevision,
  requireRemote,
  requireRevisions,
} from "../catalog/remote_package.ts";
import { removeDeltas } from "../catalog/delta/removal.ts";
import { protectedIn, removeRevisions } from "../machine/revisions/remove.ts";
import { PackageLocks } from "../machine/lock/package_locks.ts";
import { openBucket } from "../bucket/open.ts";
import { readPointer } from "../catalog/pointer.ts";

/**
 * What to remove: one revision (a name or a parsed one), or all but the newest `keep` and the protected ones.
 */
export type PurgeTarget =
  | { readonly revision: GivenRevision }
  | { readonly package: string; readonly keep: number };

/** Options of `purge` and `purgeMaster`. */
export interface PurgeOptions {
  /** Only reports what would be removed. */
  readonly dryRun?: boolean;
}

/** The result of a purge, or of a dry run. */
export interface Purged {
  /** Names of the revisions that were removed, or would be. */
  readonly removed: readonly RevisionName[];
  /** The failures of the others, if several were to be removed. */
  readonly failures: readonly Error[];
}

/** The same target after parsing. */
type Target =
  | { readonly revision: Revision }
  | { readonly package: PackageName; readonly keep: number };

/**
 * Removes revisions from this machine; `pre-remove` runs first. Throws `UsageError` for a protected revision,
 * `NotFoundError` for one that is not here, `ScriptError` if the script of a single revision fails.
 */
export async function purge(
  context: Context,
  what: PurgeTarget,
  options: PurgeOptions = {},
): Promise<Purged> {
  const { dryRun = false } = options;
  const target = understand(what);
  const pkg = requirePackage(context.config.root, packageOf(target));
  if (dryRun) return { removed: chooseLocal(pkg, target).map(nameIn(pkg.name)), failures: [] };
  // A sync may be running the script of a revision that is to be removed.
  const locks = new PackageLocks(context, pkg, "ftl purge");
  using _candidatesLock = await locks.take("candidates");
  using _syncLock = await locks.take("sync");
  const failures: Error[] = [];
  const removed = await removeRevisions(context, pkg, {
    locks,
    // Who purges wants the room.
    keepsSpare: false,
    choose: () => chooseLocal(pkg, target),
    onFailure: (_id, error) => {
      if ("revision" in target) throw error;
      failures.push(error);
      context.report({ type: "failure", error });
    },
  });
  await cleanUp(context, pkg, { locks, holdsCandidates: true, keepsSpare: false });
  return { removed: removed.map(nameIn(pkg.name)), failures };
}

/**
 * Removes revisions from S3, with their trees and patches. Of a package without revisions it removes the trees and
 * patches that are left; if there are none, it throws `NotFoundError`, as for a revision that is not there. Throws
 * `UsageError` for a protected one.
 */
export async function purgeMaster(
  context: Context,
  what: PurgeTarget,
  options: PurgeOptions = {},
): Promise<Purged> {
  const { dryRun = false } = options;
  const target = understand(what);
  const name = packageOf(target);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, name);
  if (await hadLeftovers(context, bucket, { remote, isDry: dryRun })) {
    return { removed: [], failures: [] };
  }
  requireRevisions(remote, bucket);
  const pointer = await readPointer(bucket, remote);
  const guarded = protectedInBucket({
    blessed: pointer?.id,
    replaced: pointer?.replaced,
    next: pointer?.next?.id,
  });
  if ("revision" in target) requireRemote(remote, target.revision, bucket);
  const ids = new Set(choose(target, remote.revisions.map(({ id }) => id), guarded));
  const chosen = remote.revisions.filter(({ id }) => ids.has(id));
  if (dryRun) return { removed: chosen.map(revisionName), failures: [] };
  // First, as the next purge finds what a killed one has left only while the revision is there.
  const left = new Set(remote.revisions.map(({ id }) => id).filter((id) => !ids.has(id)));
  await removeDeltas(context, bucket, { package: name, removed: ids, left });
  const purged = await removeFromBucket(context, bucket, chosen);
  if (purged.removed.length > 0) await requireNotBlessedMeanwhile(bucket, name, ids);
  return purged;
}

/** Whether the package has no revision, and something lay there for those that it had: that is removed. */
async function hadLeftovers(
  context: Context,
  bucket: Bucket,
  { remote: { name, revisions }, isDry }: {
    readonly remote: RemotePackage;
    readonly isDry: boolean;
  },
): Promise<boolean> {
  if (revisions.length > 0) return false;
  const none: ReadonlySet<RevisionId> = new Set();
  return await removeDeltas(context, bucket, {
    package: name,
    removed: none,
    left: none,
    isDry,
  });
}

/** Revisions in one request. Their removal is reported before the next request. */
const BATCH = 1000;

async function removeFromBucket(
  context: Context,
  bucket: Bucket,
  revisions: readonly RemoteRevision[],
): Promise<Purged> {
  const removed: RevisionName[] = [];
  const failures: Error[] = [];
  for (let i = 0; i < revisions.length; i += BATCH) {
    context.signal.throwIfAborted();
    const batch = revisions.slice(i, i + BATCH);
    const left = await bucket.removeMany(batch.map(({ key }) => key));
    const [first] = left;
    // If none was removed, the next ones would fail too. One reason is enough.
    if (first !== undefined && left.length === batch.length && removed.length === 0) {
      throw first.error;
    }
    const leftKeys = new Set(left.map(({ key }) => key));
    for (const revision of batch.filter(({ key }) => !leftKeys.has(key))) {
      context.report({ type: "removed", revision: revisionName(revision) });
      removed.push(revisionName(revision));
    }
    for (const { error } of left) context.report({ type: "failure", error });
    failures.push(...left.map(({ error }) => error));
    if (left.length === batch.length) break;
  }
  return { removed, failures };
}

function understand(target: PurgeTarget): Target {
  if ("revision" in target) return { revision: toRevision(target.revision) };
  const { keep } = target;
  if (!Number.isSafeInteger(keep) || keep < 0) {
    throw new UsageError(`keep is not a whole number: ${keep}`, {
      hint: "Give the number of revisions to keep, as in 20",
    });
  }
  return { ...target, package: requirePackageName(target.package) };
}

function packageOf(target: Target): PackageName {
  return "revision" in target ? target.revision.package : target.package;
}

function nameIn(packageName: PackageName): (id: RevisionId) => RevisionName {
  return (id) => revisionName({ package: packageName, id });
}

function chooseLocal(pkg: PackageDir, target: Target): RevisionId[] {
  if ("revision" in target) requireRevision(pkg, target.revision.id);
  return choose(target, pkg.revisions(), protectedIn(pkg));
}

/** The ids to remove, oldest first. Throws `UsageError` if the one revision that was named is protected. */
function choose(target: Target, ids: readonly RevisionId[], guarded: Protected): RevisionId[] {
  if ("revision" in target) {
    const why = guarded.get(target.revision.id);
    if (why === undefined) return [target.revision.id];
    throw new UsageError(`Cannot remove ${revisionName(target.revision)}: it is ${why}`, {
      hint: hintFor(why, target.revision.package),
    });
  }
  const old = target.keep === 0 ? ids : ids.slice(0, -target.keep);
  return old.filter((id) => !guarded.has(id));
}

function hintFor(why: string, packageName: PackageName): string {
  switch (why) {
    case IN_JUMP:
      return `'ftl sync ${packageName}' finishes the jump`;
    case IN_ROLLOUT:
      return `'ftl jump-back --master ${packageName}' stops the rollout`;
    default:
      return "Jump to another revision first";
  }
}

/** S3 has no condition that spans two objects. So the check comes afterwards, and its result is reported. */
async function requireNotBlessedMeanwhile(
  bucket: Bucket,
  packageName: PackageName,
  removed: ReadonlySet<RevisionId>,
): Promise<void> {
  const pointer = await readPointer(bucket, await fetchPackageListing(bucket, packageName));
  const id = [pointer?.id, pointer?.next?.id].find((one) => one !== undefined && removed.has(one));
  if (pointer === undefined || id === undefined) return;
  const name = revisionName({ package: packageName, id });
  const isBlessed = id === pointer.id;
  const what = isBlessed ? "blessed" : "rolled out";
  throw new ConflictError(`${name} was ${what} by somebody else while it was being removed`, {
    hint: isBlessed
      ? "Bless another revision now: machines cannot fetch this one any more"
      : `Stop its rollout, as machines cannot fetch it any more: ftl jump-back --master ${packageName}`,
    winner: { revision: name, by: pointer.note.by },
  });
}
