/** Reads the pointer of a package from the bucket. */
import type { Bucket, ListedObject, SmallObject } from "../bucket/bucket.ts";
import { BrokenPointerError, IntegrityError } from "../errors.ts";
import { parseKey } from "../revision/keys.ts";
import {
  type Blessing,
  parsePointer,
  type PointerState,
  readBlessing,
} from "../revision/pointer.ts";
import type { PackageName, RevisionId } from "../revision/names.ts";
import type { RemotePackage } from "./remote_package.ts";

/** Shows whether the pointer has changed between two listings; its text may be the same as before. */
function pointerVersion({ pointer, goPrevious }: RemotePackage): string {
  return [pointer, goPrevious].map((o) =>
    o === undefined ? "-" : `${o.key} ${o.etag} ${o.modified}`
  )
    .join(" ");
}

/** The blessing, with the ETag of its `.rev`. */
export interface PointerContent extends Blessing {
  /** Undefined for a pointer of the Go original: then there is no `.rev` yet. */
  readonly etag: string | undefined;
}

/** Reads the pointer from the listing. Undefined if nothing is blessed. */
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

/** An object that is too large to be a pointer is reported as a broken one, which can be replaced. */
async function getPointer(
  bucket: Bucket,
  { key, etag, isRev }: ListedObject & { isRev: boolean },
): Promise<SmallObject | undefined> {
  try {
    return await bucket.getSmall(key);
  } catch (error) {
    if (!isRev || !(error instanceof IntegrityError)) throw error;
    const hint = `Bless one again: ftl jump --master ${key.replace(/rev$/, "<id>")}`;
    throw new BrokenPointerError(error.message, { etag, hint, cause: error });
  }
}

interface PointerPlace {
  readonly key: string;
  readonly packageName: PackageName;
  readonly isRev: boolean;
}

function readId({ text, etag }: SmallObject, { isRev, ...place }: PointerPlace): RevisionId {
  try {
    return parsePointer(text, place);
  } catch (error) {
    if (!isRev || !(error instanceof IntegrityError)) throw error;
    throw new BrokenPointerError(error.message, { etag, hint: error.hint, cause: error });
  }
}

/** Undefined also if it names no revision: it only says what a machine could go back to. */
async function readGoPrevious(
  bucket: Bucket,
  remote: RemotePackage,
): Promise<RevisionId | undefined> {
  if (remote.goPrevious === undefined) return undefined;
  const { key } = remote.goPrevious;
  const found = await bucket.getSmall(key);
  const packageName = remote.name;
  try {
    return found === undefined ? undefined : parsePointer(found.text, { key, packageName });
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

/** The pointer that is to be replaced, whatever its content is. */
export interface OldPointer {
  /** Undefined if nothing is blessed, or if the pointer is broken. */
  readonly content: PointerContent | undefined;
  /** The ETag of the `.rev`; undefined if the bucket has none. */
  readonly etag: string | undefined;
}

/** Like `readPointer`, but also accepts a broken pointer, so that it can be replaced. */
export async function readOldPointer(bucket: Bucket, remote: RemotePackage): Promise<OldPointer> {
  try {
    const content = await readPointer(bucket, remote);
    return { content, etag: content?.etag };
  } catch (error) {
    if (error instanceof BrokenPointerError) return { content: undefined, etag: error.etag };
    throw error;
  }
}

/**
 * The blessing. It is read from S3 only if the listing shows that the pointer has changed since the last sync.
 * Undefined if nothing is blessed. `known` is the state that the machine remembers.
 */
export async function fetchPointerState(
  bucket: Bucket,
  remote: RemotePackage,
  known: PointerState | undefined,
): Promise<PointerState | undefined> {
  // An empty listing may come from a wrong bucket. That is no reason to forget the blessing.
  if (remote.pointer === undefined) return remote.revisions.length === 0 ? known : undefined;
  const version = pointerVersion(remote);
  if (known?.version === version) return known;
  const pointer = await readPointer(bucket, remote);
  if (pointer === undefined) return undefined;
  return { version, blessed: pointer.id, replaced: pointer.replaced };
}
