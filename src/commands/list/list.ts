/** `ftl list`: lists packages and revisions of this machine or of S3, oldest first. */
import type { FetchedHow } from "../../events.ts";
import type { Note } from "../../revision/metadata.ts";
import { messageOf } from "../../errors.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import {
  type PackageName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
  timeOfId,
} from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { postSyncOf, readRevisionState } from "../../machine/state.ts";
import { rolloutPercent } from "../../plan/machine_rollout.ts";
import type { PostSync } from "../../plan/sync.ts";
import { type Context } from "../../context.ts";
import {
  fetchPackageListing,
  readListing,
  requireRevisions,
} from "../../catalog/remote_package.ts";
import { openBucket } from "../../bucket/open.ts";
import { readPointerOrWarn } from "../../catalog/pointer.ts";
import { isHeld } from "../../machine/jump/hold.ts";
import { blessingOf, readDetails, type RevisionBlessing, type RevisionDetails } from "./details.ts";
import { type ListedSignatures, type ListedTrust, SignatureReader } from "./signatures.ts";

export type { ListedSignatures, ListedTrust, RevisionBlessing, RevisionDetails };

/** A package, on this machine or in S3. */
export interface ListedPackage {
  /** Its name. */
  readonly package: PackageName;
  /** In a long listing: the active revision here, or the blessed one in S3, if there is one. */
  readonly active?: RevisionName | undefined;
  /** In a long listing: the newest revision, if there is one. */
  readonly newest?: RevisionName | undefined;
  /** In a long listing: how many revisions there are. */
  readonly revisions?: number | undefined;
}

/** A package that this machine wants. */
export interface LocalPackage extends ListedPackage {
  /** In a long listing: whether a hold keeps the active revision. */
  readonly held?: boolean | undefined;
}

/** A package that has a revision in S3. */
export interface MasterPackage extends ListedPackage {
  /** In a long listing: bytes of all revisions. */
  readonly size?: number | undefined;
}

/** How much a listing shows, and so how many requests it sends. */
export interface ListOptions {
  /** All details instead of names only. */
  readonly long?: boolean;
}

/** A revision, on this machine or in S3. */
export interface ListedRevision {
  /** Its name, `<package>.<id>`. */
  readonly revision: RevisionName;
  /** On this machine: `current` points to it. In S3: it is the blessed one. */
  readonly active: boolean;
  /** On this machine: `previous` points to it. In S3: the blessed one replaced it. */
  readonly previous: boolean;
  /** The time of spooling, ISO 8601, if the id or S3 shows it. */
  readonly spooledAt: string | undefined;
  /** Bytes of the object in S3. On this machine: its size at the download, if FTL has stored it. */
  readonly size: number | undefined;
}

/** A revision on this machine. */
export interface LocalRevision extends ListedRevision {
  /** Whether a hold keeps it active. */
  readonly held: boolean;
  /** The result of its `post-sync`. */
  readonly postSync: PostSync;
  /** How it came here, if FTL has stored it. */
  readonly how: FetchedHow | undefined;
  /** Bytes that were downloaded for it, if FTL has stored it. */
  readonly moved: number | undefined;
}

/** This machine's packages. */
export function listLocalPackages(context: Context, options: ListOptions = {}): LocalPackage[] {
  const { config, report } = context;
  const { long = false } = options;
  const packages = listPackages(config.root);
  if (packages.length === 0) report({ type: "no-packages", root: config.root });
  return packages.map((pkg) => {
    if (!long) return { package: pkg.name };
    try {
      return { package: pkg.name, ...aboutLocal(pkg) };
    } catch (error) {
      // One unreadable package must not hide the others.
      report({ type: "warning", message: messageOf(error) });
      return { package: pkg.name };
    }
  });
}

function aboutLocal(pkg: PackageDir): Omit<LocalPackage, "package"> {
  const revisions = pkg.revisions();
  return {
    active: nameOf(pkg.name, readLink(pkg, "current")),
    held: isHeld(pkg),
    newest: nameOf(pkg.name, revisions.at(-1)),
    revisions: revisions.length,
  };
}

function isoTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}

function nameOf(packageName: PackageName, id: RevisionId | undefined): RevisionName | undefined {
  return id === undefined ? undefined : revisionName({ package: packageName, id });
}

/** A package's revisions on this machine. Throws `NotFoundError` if this machine does not want the package. */
export function listLocalRevisions(context: Context, packageName: string): LocalRevision[] {
  const pkg = requirePackage(context.config.root, requirePackageName(packageName));
  const active = readLink(pkg, "current");
  const previous = readLink(pkg, "previous");
  const held = isHeld(pkg);
  return pkg.revisions().map((id) => {
    const { size, how, moved } = readRevisionState(pkg, id) ?? {};
    return {
      revision: pkg.revisionName(id),
      active: id === active,
      previous: id === previous,
      held: held && id === active,
      postSync: postSyncOf(pkg, id),
      spooledAt: isoTime(timeOfId(id)),
      ...{ size, how, moved },
    };
  });
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
