/** Reads a listing of the bucket, package by package. */
import { NotFoundError } from "../errors.ts";
import { packagePrefix, parseKey, type RevisionKey } from "../revision/keys.ts";
import {
  compareNames,
  type PackageName,
  type Revision,
  type RevisionId,
  revisionName,
} from "../revision/names.ts";
import type { Bucket, ListedObject } from "../bucket/bucket.ts";

export interface RemoteRevision extends RevisionKey {
  readonly object: ListedObject;
}

/** One package in S3. */
export interface RemotePackage {
  readonly name: PackageName;
  /** By id, oldest first. */
  readonly revisions: readonly RemoteRevision[];
  /** `my_site.rev`, or `my_site.current` if the bucket belongs to the Go original. */
  readonly pointer: ListedObject | undefined;
  /** `my_site.previous` of the Go original, if there is no `.rev`. */
  readonly goPrevious: ListedObject | undefined;
}

/** The packages of a listing, by name. It skips keys that are not FTL's. */
export function readListing(objects: readonly ListedObject[]): RemotePackage[] {
  const packages = new Map<PackageName, PackageListing>();
  for (const object of objects) {
    const parsed = parseKey(object.key);
    if (parsed === undefined) continue;
    const known: PackageListing = packages.get(parsed.package) ??
      { revisions: new Map(), pointers: {} };
    packages.set(parsed.package, known);
    if (parsed.kind !== "revision") known.pointers[parsed.kind] = object;
    // FTL never makes two objects with the same id. If somebody did, the first in the listing counts.
    else if (!known.revisions.has(parsed.id)) known.revisions.set(parsed.id, { ...parsed, object });
  }
  return [...packages].map(([name, found]) => remotePackage(name, found))
    .sort((a, b) => compareNames(a.name, b.name));
}

/** One package from a listing that may have others. */
export function readPackageListing(
  name: PackageName,
  objects: readonly ListedObject[],
): RemotePackage {
  return readListing(objects).find((found) => found.name === name) ??
    { name, revisions: [], pointer: undefined, goPrevious: undefined };
}

/** One package, with one LIST. */
export async function fetchPackageListing(
  bucket: Bucket,
  name: PackageName,
): Promise<RemotePackage> {
  return readPackageListing(name, await bucket.list(packagePrefix(name)));
}

interface PackageListing {
  readonly revisions: Map<RevisionId, RemoteRevision>;
  readonly pointers: Partial<Record<"rev" | "go-current" | "go-previous", ListedObject>>;
}

function remotePackage(name: PackageName, { revisions, pointers }: PackageListing): RemotePackage {
  return {
    name,
    revisions: [...revisions.values()].sort((a, b) => compareNames(a.id, b.id)),
    pointer: pointers.rev ?? pointers["go-current"],
    goPrevious: pointers.rev === undefined ? pointers["go-previous"] : undefined,
  };
}

/** Throws `NotFoundError` if S3 has no revision of the package. */
export function requireRevisions({ name, revisions }: RemotePackage, bucket: Bucket): void {
  if (revisions.length > 0) return;
  throw new NotFoundError(`No package ${name} in s3://${bucket.name}`, {
    hint: `'ftl list --master' shows the packages, 'ftl spool ${name}.tgz' makes a first revision`,
  });
}

/** Throws `NotFoundError` if S3 has no such revision. */
export function requireRemote(
  remote: RemotePackage,
  revision: Revision,
  bucket: Bucket,
): RemoteRevision {
  const found = remote.revisions.find(({ id }) => id === revision.id);
  if (found !== undefined) return found;
  throw new NotFoundError(`No revision ${revisionName(revision)} in s3://${bucket.name}`, {
    hint: remote.revisions.length === 0
      ? `The bucket has no package ${revision.package}: 'ftl list --master' shows what it has`
      : `'ftl list --master ${revision.package}' shows what it has`,
  });
}

/**
 * Whether S3 still has a revision from a listing. It uses one LIST, because not every caller may read the
 * object.
 */
export async function isInBucket(
  bucket: Bucket,
  { package: name, key }: RemoteRevision,
): Promise<boolean> {
  const prefix = packagePrefix(name);
  // The listing is to begin with the key itself. So it begins after the key without its last character,
  // which sorts right before it: FTL makes no key between the two.
  const after = key.slice(0, -1);
  const { objects } = await bucket.listPage({ prefix, after });
  // Some stores ignore `after`, and send the first page of the package. Then the key may be on a later page.
  const knowsAfter = objects.every((object) => object.key > after);
  const found = knowsAfter ? objects : await bucket.list(prefix);
  return found.some((object) => object.key === key);
}
