/** What a listing of the bucket says, package by package. */
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
  /** `my_site.rev`, or `my_site.current` where the bucket is the Go original's. */
  readonly pointer: ListedObject | undefined;
  /** `my_site.previous` of the Go original, where there is no `.rev`. */
  readonly goPrevious: ListedObject | undefined;
}

/** The packages of a listing, by name. Keys that are not FTL's do not show. */
export function readListing(objects: readonly ListedObject[]): RemotePackage[] {
  const packages = new Map<PackageName, PackageListing>();
  for (const object of objects) {
    const parsed = parseKey(object.key);
    if (parsed === undefined) continue;
    const known: PackageListing = packages.get(parsed.package) ??
      { revisions: new Map(), pointers: {} };
    packages.set(parsed.package, known);
    if (parsed.kind !== "revision") known.pointers[parsed.kind] = object;
    // FTL never makes two files with the same id. If somebody did, the first in the listing counts.
    else if (!known.revisions.has(parsed.id)) known.revisions.set(parsed.id, { ...parsed, object });
  }
  return [...packages].map(([name, found]) => remotePackage(name, found))
    .sort((a, b) => compareNames(a.name, b.name));
}

/** One package out of a listing by its prefix. */
export function readPackageListing(
  name: PackageName,
  objects: readonly ListedObject[],
): RemotePackage {
  return readListing(objects).find((found) => found.name === name) ??
    { name, revisions: [], pointer: undefined, goPrevious: undefined };
}

/** One package, by one LIST. */
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

/** Throws `NotFoundError` where S3 has no such revision. */
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

/** Whether S3 still has a revision that a listing showed: by one LIST, as not everybody may read it. */
export async function isInBucket(
  bucket: Bucket,
  { package: name, key }: RemoteRevision,
): Promise<boolean> {
  const prefix = packagePrefix(name);
  // Right before the key, but for keys that nobody makes.
  const after = key.slice(0, -1);
  const { objects } = await bucket.listPage({ prefix, after });
  const knowsAfter = objects.every((object) => object.key > after);
  const found = knowsAfter ? objects : await bucket.list(prefix);
  return found.some((object) => object.key === key);
}
