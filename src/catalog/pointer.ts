/** Reads the pointer of a package from the bucket. */
import type { Bucket, ListedObject, SmallObject } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { BrokenPointerError, IntegrityError, UntrustedError } from "../errors.ts";
import { parseKey, pointerKey } from "../revision/keys.ts";
import { type Metadata, withoutSignatures } from "../revision/metadata.ts";
import {
  type Blessing,
  blessingName,
  parsePointer,
  type PointerState,
  readBlessing,
} from "../revision/pointer.ts";
import { type PackageName, type RevisionId, revisionName } from "../revision/names.ts";
import type { PointerJudge } from "../trust/pointer_judge.ts";
import type { RemotePackage } from "./remote_package.ts";

/** The objects that a pointer consists of. */
type PointerObjects = Record<
  "pointer" | "goPrevious",
  Pick<ListedObject, "key" | "etag" | "modified"> | undefined
>;

/**
 * Shows whether the pointer has changed since it was seen last; its text may be the same as before. The time has
 * whole seconds: some stores list parts of a second too, but no answer to a GET has them.
 */
function pointerVersion({ pointer, goPrevious }: PointerObjects): string {
  return [pointer, goPrevious].map((o) =>
    o === undefined ? "-" : `${o.key} ${o.etag} ${Math.floor(o.modified / 1000) * 1000}`
  )
    .join(" ");
}

/** The blessing, and the object that it was read from. */
export interface PointerContent extends Blessing {
  /** Undefined for a pointer of the Go original: then there is no `.rev` yet. */
  readonly etag: string | undefined;
  /** Unix time in milliseconds; S3 knows whole seconds. */
  readonly modified: number;
  /** All of it: another version of FTL may have written what this one does not know. */
  readonly metadata: Metadata;
  /** As it is stored. */
  readonly text: string;
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
  const { etag, modified, text } = found;
  // Signatures are of a `.rev`: none covers another key, or what lies beside it.
  const metadata = isRev ? found.metadata : withoutSignatures(found.metadata);
  const blessing = { ...readBlessing(id, metadata), modified, metadata, text };
  if (isRev) return { ...blessing, etag };
  return { ...blessing, replaced: await readGoPrevious(bucket, remote), etag: undefined };
}

/** A pointer that names no revision must not hide the revisions. */
export async function readPointerOrWarn(
  { report }: Pick<Context, "report">,
  bucket: Bucket,
  remote: RemotePackage,
): Promise<PointerContent | undefined> {
  try {
    return await readPointer(bucket, remote);
  } catch (error) {
    if (!(error instanceof BrokenPointerError)) throw error;
    report({ type: "warning", message: `${error.message}; ${error.hint}` });
    return undefined;
  }
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
  /** When the `.rev` was written, in Unix milliseconds; undefined if the bucket has none. */
  readonly modified: number | undefined;
}

/** Like `readPointer`, but also accepts a broken pointer, so that it can be replaced. */
export async function readOldPointer(bucket: Bucket, remote: RemotePackage): Promise<OldPointer> {
  try {
    return oldPointer(await readPointer(bucket, remote));
  } catch (error) {
    if (!(error instanceof BrokenPointerError)) throw error;
    return { content: undefined, etag: error.etag, modified: remote.pointer?.modified };
  }
}

/** A pointer that was read, as one that is to be replaced. */
export function oldPointer(content: PointerContent | undefined): OldPointer {
  const { etag, modified } = content ?? {};
  return { content, etag, modified: etag === undefined ? undefined : modified };
}

/**
 * The blessing. It is read from S3 only if the listing shows that the pointer has changed since the last sync.
 * Undefined if nothing is blessed. `known` is the state that the machine remembers.
 */
export async function fetchPointerState(
  bucket: Bucket,
  remote: RemotePackage,
  known: PointerState | undefined,
  judge?: PointerJudge,
): Promise<PointerState | undefined> {
  const kept = (): PointerState | undefined =>
    judge?.isEnforced && known !== undefined ? requireJudged(known, judge, remote) : undefined;
  if (remote.pointer === undefined && kept() !== undefined) return known;
  // An empty listing may come from a wrong bucket. That is no reason to forget the blessing.
  if (remote.pointer === undefined) return remote.revisions.length === 0 ? known : undefined;
  const version = pointerVersion(remote);
  const isJudged = judge === undefined || judge.hasJudged(known);
  if (known?.version === version && known.schema === 2 && isJudged) return known;
  const pointer = await readPointer(bucket, remote);
  // It was deleted since it was listed.
  if (pointer === undefined) return kept();
  const trust = judge?.judge({ package: remote.name, ...pointer });
  return pointerState(pointer, { version, trust });
}

/** Whoever can write to the bucket can delete a pointer. That takes back no blessing. */
function requireJudged(
  known: PointerState,
  judge: PointerJudge,
  { name }: RemotePackage,
): PointerState {
  if (judge.hasJudged(known)) return known;
  throw new UntrustedError(`${pointerKey(name)} is gone, so nobody can tell who has signed it`, {
    verdict: "unsigned",
    hint: `This machine keeps what it runs. Bless it again: ftl jump --master ${
      revisionName({ package: name, id: known.blessed })
    }`,
  });
}

/**
 * The blessing that the `.rev` contains, with one GET and no listing. Undefined if there is no `.rev`. Throws
 * `IntegrityError` if it names no revision.
 */
export async function readRev(
  bucket: Bucket,
  packageName: PackageName,
): Promise<Blessing | undefined> {
  const key = pointerKey(packageName);
  const found = await bucket.getSmall(key);
  return found && readBlessing(parsePointer(found.text, { key, packageName }), found.metadata);
}

/**
 * The blessing, with one GET and no listing. Undefined if there is no `.rev`, or one that names no revision: the
 * listing tells more.
 */
export async function pollPointerState(
  bucket: Bucket,
  packageName: PackageName,
  judge?: PointerJudge,
): Promise<PointerState | undefined> {
  const key = pointerKey(packageName);
  try {
    const found = await bucket.getSmall(key);
    if (found === undefined) return undefined;
    const id = parsePointer(found.text, { key, packageName });
    const version = pointerVersion({ pointer: { key, ...found }, goPrevious: undefined });
    const trust = judge?.judge({ package: packageName, ...found });
    return pointerState(readBlessing(id, found.metadata), { version, trust });
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

function pointerState(
  pointer: Blessing,
  { version, trust }: Pick<PointerState, "version" | "trust">,
): PointerState {
  const { id: blessed, replaced, serial, object, next, rollout } = pointer;
  const blessing = blessingName(pointer, version);
  return { schema: 2, version, blessed, replaced, serial, blessing, object, next, rollout, trust };
}
