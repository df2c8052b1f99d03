/** `ftl list --master`: lists packages and revisions of S3, oldest first. */
import { openBucket } from "../../bucket/open.ts";
import { readPointerOrWarn } from "../../catalog/pointer.ts";
import {
  fetchPackageListing,
  readListing,
  requireRevisions,
} from "../../catalog/remote_package.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { type Context } from "../../context.ts";
import { rolloutPercent } from "../../plan/machine_rollout.ts";
import type { Note } from "../../revision/metadata.ts";
import { requirePackageName, revisionName, timeOfId } from "../../revision/names.ts";
import { blessingOf, readDetails, type RevisionBlessing, type RevisionDetails } from "./details.ts";
import {
  isoTime,
  type ListedPackage,
  type ListedRevision,
  type ListOptions,
  nameOf,
} from "./listed.ts";
import { SignatureReader } from "./signatures.ts";

/** A package that has a revision in S3. */
export interface MasterPackage extends ListedPackage {
  /** In a long listing: bytes of all revisions. */
  readonly size?: number | undefined;
}

/** The packages in S3 that have a revision. A long listing reads the pointer of each. */
export async function listMasterPackages(
  context: Context,
  options: ListOptions = {},
): Promise<MasterPackage[]> {
  const { long = false } = options;
  const bucket = await openBucket(context);
  // No key of FTL's packages has a slash. What lies below `.ftl/` may be thousands of keys.
  const packages = readListing(await bucket.list("", { delimiter: "/" }))
    .filter(({ revisions }) => revisions.length > 0);
  if (!long) return packages.map(({ name }) => ({ package: name }));
  const { signal } = context;
  return await inParallel(packages, { concurrency: DETAIL_REQUESTS, signal }, async (remote) => ({
    package: remote.name,
    active: nameOf(remote.name, (await readPointerOrWarn(context, bucket, remote))?.id),
    newest: nameOf(remote.name, remote.revisions.at(-1)?.id),
    revisions: remote.revisions.length,
    size: remote.revisions.reduce((sum, { object }) => sum + object.size, 0),
  }));
}

/** A revision in S3. */
export interface MasterRevision extends ListedRevision {
  /**
   * On the candidate of a staged rollout: machines with a rank below it may take the candidate now, 0 to 100. With few
   * machines that is not exactly their share.
   */
  readonly rolloutPercent?: number | undefined;
  /** In a long listing: who spooled it, their message, and what it unpacks to. */
  readonly details?: RevisionDetails | undefined;
  /** On the blessed revision: who blessed it, when and why, and which revision it replaced. */
  readonly blessing?: RevisionBlessing | undefined;
  /** On a revision that was replaced by an older one, e.g. with `jump-back`: who did that, when and why. */
  readonly left?: Note | undefined;
}

/** A package's revisions in S3. Throws `NotFoundError` if the bucket has none. */
export async function listMasterRevisions(
  context: Context,
  packageName: string,
  options: ListOptions = {},
): Promise<MasterRevision[]> {
  const { long = false } = options;
  const name = requirePackageName(packageName);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, name);
  requireRevisions(remote, bucket);
  const pointer = await readPointerOrWarn(context, bucket, remote);
  const staged = pointer && { ...pointer, blessed: pointer.id };
  const limits = { concurrency: DETAIL_REQUESTS, signal: context.signal };
  const reader = long ? await SignatureReader.open(context) : undefined;
  const details = reader === undefined
    ? []
    : await inParallel(remote.revisions, limits, (one) => readDetails(bucket, one, reader));
  const signed = pointer && await reader?.ofPointer({ package: name, ...pointer });
  return remote.revisions.map(({ id, object }, index) => ({
    revision: revisionName({ package: name, id }),
    active: id === pointer?.id,
    previous: id === pointer?.replaced,
    rolloutPercent: rolloutPercent(staged, { id, now: context.now() }),
    size: object.size,
    spooledAt: isoTime(timeOfId(id) ?? object.modified),
    details: details[index],
    ...(long && pointer !== undefined ? blessingOf(id, { ...pointer, signed }, name) : {}),
  }));
}

/** Requests at the same time. They are small. */
const DETAIL_REQUESTS = 16;
