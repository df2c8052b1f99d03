/** `ftl list`: lists packages and revisions of this machine or of S3, oldest first. */
import { type Note, readNote, readRevisionContent } from "../revision/metadata.ts";
import { messageOf } from "../errors.ts";
import { inParallel } from "../concurrency/parallel.ts";
import {
  compareNames,
  type PackageName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
  timeOfId,
} from "../revision/names.ts";
import { readLink } from "../machine/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../machine/package_dir.ts";
import { postSyncOf, readRevisionState } from "../machine/state.ts";
import { rolloutPercent } from "../plan/machine_rollout.ts";
import type { PostSync } from "../plan/sync.ts";
import { type Context } from "../context.ts";
import type { Bucket } from "../bucket/bucket.ts";
import {
  fetchPackageListing,
  readListing,
  type RemoteRevision,
  requireRevisions,
} from "../catalog/remote_package.ts";
import { openBucket } from "../bucket/open.ts";
import { type PointerContent, readPointerOrWarn } from "../catalog/pointer.ts";
import { isHeld } from "../machine/jump/hold.ts";

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
  return pkg.revisions().map((id) => ({
    revision: pkg.revisionName(id),
    active: id === active,
    previous: id === previous,
    held: held && id === active,
    postSync: postSyncOf(pkg, id),
    spooledAt: isoTime(timeOfId(id)),
    size: readRevisionState(pkg, id)?.size,
  }));
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

/** Details that only the object itself has. Each object costs a request. */
export interface RevisionDetails extends Note {
  /** SHA-256 of the object in hexadecimal. */
  readonly sha256?: string | undefined;
  /** Bytes it unpacks to. */
  readonly bytes?: number | undefined;
  /** Entries it unpacks to. */
  readonly entries?: number | undefined;
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

/** The story of the blessed revision. */
export interface RevisionBlessing extends Note {
  /** The name of the revision that was blessed before. Undefined if none was. */
  readonly replaced: RevisionName | undefined;
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
  const detailed = long ? remote.revisions : [];
  const details = await inParallel(detailed, limits, (one) => readDetails(bucket, one));
  return remote.revisions.map(({ id, object }, index) => ({
    revision: revisionName({ package: name, id }),
    active: id === pointer?.id,
    previous: id === pointer?.replaced,
    rolloutPercent: rolloutPercent(staged, { id, now: context.now() }),
    size: object.size,
    spooledAt: isoTime(timeOfId(id) ?? object.modified),
    details: details[index],
    ...(long && pointer !== undefined ? blessingOf(id, pointer, name) : {}),
  }));
}

/**
 * A person who goes back to an older revision says what is wrong with the newer one. So the note belongs to the
 * newer one, too.
 */
function blessingOf(
  id: RevisionId,
  { id: blessed, replaced, note }: PointerContent,
  packageName: PackageName,
): Pick<MasterRevision, "blessing" | "left"> {
  if (id === blessed) return { blessing: { ...note, replaced: nameOf(packageName, replaced) } };
  const wentBack = replaced !== undefined && compareNames(blessed, replaced) < 0;
  return wentBack && id === replaced ? { left: note } : {};
}

/** Requests at the same time. They are small. */
const DETAIL_REQUESTS = 16;

async function readDetails(bucket: Bucket, { key }: RemoteRevision): Promise<RevisionDetails> {
  const { metadata = {}, checksum } = await bucket.head(key) ?? {};
  const content = readRevisionContent(metadata);
  const sha256 = checksum?.algorithm === "sha256" ? checksum.hex : undefined;
  return { ...content, sha256: content.sha256 ?? sha256, ...readNote(metadata) };
}
