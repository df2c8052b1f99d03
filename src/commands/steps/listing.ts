/** What a listing of the bucket says, package by package. */
import { parseRevText, readBlessing } from "../../core/blessing.ts";
import type { Blessing } from "../../core/blessing.ts";
import { BrokenPointerError, IntegrityError, NotFoundError } from "../../core/errors.ts";
import { packagePrefix, parseKey, type RevisionKey } from "../../core/keys.ts";
import { compareNames, type Revision, revisionName } from "../../core/names.ts";
import type { Bucket, ListedObject, SmallObject } from "../../remote/bucket.ts";

export interface RemoteRevision extends RevisionKey {
  readonly object: ListedObject;
}

/** One package in S3. */
export interface RemotePackage {
  readonly name: string;
  /** By id, oldest first. */
  readonly revisions: readonly RemoteRevision[];
  /** `my_site.rev`, or `my_site.current` where the bucket is the Go original's. */
  readonly pointer: ListedObject | undefined;
  /** `my_site.previous` of the Go original, where there is no `.rev`. */
  readonly goPrevious: ListedObject | undefined;
}

/** The packages of a listing, by name. Keys that are not FTL's do not show. */
export function readListing(objects: readonly ListedObject[]): RemotePackage[] {
  const packages = new Map<string, PackageListing>();
  for (const object of objects) {
    const parsed = parseKey(object.key);
    if (parsed === undefined) continue;
    const known: PackageListing = packages.get(parsed.package) ??
      { revisions: new Map(), pointers: {} };
    packages.set(parsed.package, known);
    if (parsed.kind !== "revision") known.pointers[parsed.kind] = object;
    // Of two files with the same id, which FTL never makes, the first in the listing counts.
    else if (!known.revisions.has(parsed.id)) known.revisions.set(parsed.id, { ...parsed, object });
  }
  return [...packages].map(([name, found]) => remotePackage(name, found))
    .sort((a, b) => compareNames(a.name, b.name));
}

/** One package out of a listing by its prefix. */
export function readPackageListing(name: string, objects: readonly ListedObject[]): RemotePackage {
  return readListing(objects).find((found) => found.name === name) ??
    { name, revisions: [], pointer: undefined, goPrevious: undefined };
}

/** One package, by one LIST. */
export async function fetchPackageListing(bucket: Bucket, name: string): Promise<RemotePackage> {
  return readPackageListing(name, await bucket.list(packagePrefix(name)));
}

interface PackageListing {
  readonly revisions: Map<string, RemoteRevision>;
  readonly pointers: Partial<Record<"rev" | "go-current" | "go-previous", ListedObject>>;
}

function remotePackage(name: string, { revisions, pointers }: PackageListing): RemotePackage {
  return {
    name,
    revisions: [...revisions.values()].sort((a, b) => compareNames(a.id, b.id)),
    pointer: pointers.rev ?? pointers["go-current"],
    goPrevious: pointers.rev === undefined ? pointers["go-previous"] : undefined,
  };
}

/** Tells whether the pointer has changed between two listings: its text may be the same as before. */
export function pointerVersion({ pointer, goPrevious }: RemotePackage): string {
  return [pointer, goPrevious].map((o) =>
    o === undefined ? "-" : `${o.key} ${o.etag} ${o.modified}`
  )
    .join(" ");
}

/** What is blessed, with the ETag of the `.rev` that says so. */
export interface PointerContent extends Blessing {
  /** Undefined where a pointer of the Go original says it: then there is no `.rev` yet. */
  readonly etag: string | undefined;
}

/** Reads the pointer that the listing showed. Undefined where nothing is blessed. */
export async function readPointer(
  bucket: Bucket,
  remote: RemotePackage,
): Promise<PointerContent | undefined> {
  if (remote.pointer === undefined) return undefined;
  const { key } = remote.pointer;
  const isRev = parseKey(key)?.kind === "rev";
  const found = await getPointer(bucket, { ...remote.pointer, isRev });
  if (found === undefined) return undefined;
  const id = readId(found, { key, packageName: remote.name, isRev });
  const blessing = readBlessing(id, found.metadata);
  if (isRev) return { ...blessing, etag: found.etag };
  return { ...blessing, replaced: await readGoPrevious(bucket, remote), etag: undefined };
}

/** What cannot be a pointer, as it is too large, can be replaced too. */
async function getPointer(
  bucket: Bucket,
  { key, etag, isRev }: ListedObject & { isRev: boolean },
): Promise<SmallObject | undefined> {
  try {
    return await bucket.getSmall(key);
  } catch (error) {
    if (!isRev || !(error instanceof IntegrityError)) throw error;
    const hint = `Bless one again: ftl jump --master ${key.replace(/rev$/, "<id>")}`;
    throw new BrokenPointerError(error.message, etag, { hint, cause: error });
  }
}

interface PointerPlace {
  readonly key: string;
  readonly packageName: string;
  readonly isRev: boolean;
}

function readId({ text, etag }: SmallObject, { isRev, ...place }: PointerPlace): string {
  try {
    return parseRevText(text, place);
  } catch (error) {
    if (!isRev || !(error instanceof IntegrityError)) throw error;
    throw new BrokenPointerError(error.message, etag, { hint: error.hint, cause: error });
  }
}

/** Undefined also where it names no revision: it only says what a machine could go back to. */
async function readGoPrevious(bucket: Bucket, remote: RemotePackage): Promise<string | undefined> {
  if (remote.goPrevious === undefined) return undefined;
  const { key } = remote.goPrevious;
  const found = await bucket.getSmall(key);
  const packageName = remote.name;
  try {
    return found === undefined ? undefined : parseRevText(found.text, { key, packageName });
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

/** The pointer that is to be replaced, whatever it says. */
export interface OldPointer {
  /** Undefined where nothing is blessed, or what the pointer says makes no sense. */
  readonly content: PointerContent | undefined;
  /** Of the `.rev`, where there is one. */
  readonly etag: string | undefined;
}

/** Like `readPointer`, but a pointer that names no revision can be replaced too. */
export async function readOldPointer(bucket: Bucket, remote: RemotePackage): Promise<OldPointer> {
  try {
    const content = await readPointer(bucket, remote);
    return { content, etag: content?.etag };
  } catch (error) {
    if (error instanceof BrokenPointerError) return { content: undefined, etag: error.etag };
    throw error;
  }
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
export async function isInMaster(
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
