/** The pointer of a package as it lies in the bucket. */
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
import type { RemotePackage } from "./listing.ts";

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
  readonly packageName: PackageName;
  readonly isRev: boolean;
}

function readId({ text, etag }: SmallObject, { isRev, ...place }: PointerPlace): RevisionId {
  try {
    return parsePointer(text, place);
  } catch (error) {
    if (!isRev || !(error instanceof IntegrityError)) throw error;
    throw new BrokenPointerError(error.message, etag, { hint: error.hint, cause: error });
  }
}

/** Undefined also where it names no revision: it only says what a machine could go back to. */
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

/** The pointer that is to be replaced, whatever it says. */
export interface OldPointer {
  /** Undefined where nothing is blessed, or what the pointer says makes no sense. */
  readonly content: PointerContent | undefined;
  /** The ETag of the `.rev`; undefined if the bucket has none. */
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

/**
 * What is blessed, read from S3 only where the listing shows that the pointer changed since the last sync.
 * Undefined where nothing is. `known` is what the machine remembers of it.
 */
export async function fetchPointerState(
  bucket: Bucket,
  remote: RemotePackage,
  known: PointerState | undefined,
): Promise<PointerState | undefined> {
  // An empty listing may be that of a wrong bucket: what was blessed is not forgotten over it.
  if (remote.pointer === undefined) return remote.revisions.length === 0 ? known : undefined;
  const version = pointerVersion(remote);
  if (known?.version === version) return known;
  const pointer = await readPointer(bucket, remote);
  if (pointer === undefined) return undefined;
  return { version, blessed: pointer.id, replaced: pointer.replaced };
}
