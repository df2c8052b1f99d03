/** Blesses a revision in S3, for `jump --master` and `jump-back --master`. */
import { readNote } from "../revision/metadata.ts";
import { ConflictError, IntegrityError, type Winner } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { escapeControls } from "../foreign_text.ts";
import { pointerKey } from "../revision/keys.ts";
import {
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import {
  isInBucket,
  type RemotePackage,
  type RemoteRevision,
  requireRemote,
} from "./remote_package.ts";
import { blessingMetadata, parsePointer } from "../revision/pointer.ts";
import type { OldPointer } from "./pointer.ts";

/** Options of a blessing. */
export interface BlessOptions {
  /** Why it is blessed. Stored with the pointer. */
  readonly message?: string;
}

interface BlessRequest extends BlessOptions {
  readonly bucket: Bucket;
  readonly remote: RemotePackage;
  /** The revision to bless. */
  readonly id: RevisionId;
  /** The pointer as it was read. The write succeeds only if the pointer is still the same. */
  readonly old: OldPointer;
}

/** The revision that is blessed now, and the one before. They are equal if there was nothing to do. */
interface Blessed {
  readonly revision: RevisionName;
  readonly from: RevisionName | undefined;
}

/**
 * Writes `.rev`. Throws `NotFoundError` if S3 has no such revision, `ConflictError` if somebody else has
 * blessed another one since the pointer was read.
 */
export async function bless(
  context: Context,
  { bucket, remote, id, old, message }: BlessRequest,
): Promise<Blessed> {
  const revision = requireRemote(remote, { package: remote.name, id }, bucket);
  const name = revisionName(revision);
  const before = old.content;
  const from = before === undefined
    ? undefined
    : revisionName({ package: remote.name, id: before.id });
  // A pointer of the Go original is valid, but blessing the same revision again writes FTL's own pointer.
  const done = before?.id === id && before.etag !== undefined;
  if (!done) {
    context.signal.throwIfAborted();
    const etag = await writePointer(context, bucket, { revision, old, message });
    const report = (): void => context.report({ type: "blessed", revision: name, from });
    try {
      await requireStillInBucket(bucket, revision, { old, etag });
    } catch (error) {
      // The revision is blessed. Only the check afterwards was interrupted.
      if (error === context.signal.reason) report();
      throw error;
    }
    report();
  } else if (message !== undefined) {
    const note = `${name} is blessed already: its message was not changed`;
    context.report({ type: "warning", message: note });
  }
  return { revision: name, from };
}

interface PointerChange {
  readonly revision: RemoteRevision;
  readonly old: OldPointer;
  readonly message: string | undefined;
}

async function writePointer(
  context: Context,
  bucket: Bucket,
  { revision, old, message }: PointerChange,
): Promise<string> {
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  const before = old.content;
  const replaced = before?.id === revision.id ? before.replaced : before?.id;
  const key = pointerKey(revision.package);
  try {
    const etag = await bucket.put(key, revisionName(revision), {
      metadata: blessingMetadata({ id: revision.id, replaced, note }),
      condition: old.etag === undefined ? { absent: true } : { etag: old.etag },
    });
    faultPoint("pointer-written");
    return etag;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw await namingTheWinner(bucket, revision.package, error);
  }
}

/**
 * S3 has no condition that spans two objects: somebody may have removed the revision since it was listed. So
 * this checks it again, as `purge --master` does after a removal: whoever comes last sees both changes. If the
 * revision is gone, the previous blessing is restored, unless somebody has blessed another revision meanwhile.
 */
async function requireStillInBucket(
  bucket: Bucket,
  revision: RemoteRevision,
  { old, etag }: { old: OldPointer; etag: string },
): Promise<void> {
  if (await isInBucket(bucket, revision)) return;
  const before = old.content;
  let hint = "Bless another revision now: machines cannot fetch this one";
  if (before !== undefined) {
    const name = revisionName({ package: revision.package, id: before.id });
    try {
      const metadata = blessingMetadata(before);
      await bucket.put(pointerKey(revision.package), name, { metadata, condition: { etag } });
      hint = `${name} is blessed again, as before`;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      hint = "Somebody else has blessed another one since";
    }
  }
  throw new ConflictError(
    `${revisionName(revision)} was removed by somebody else while it was being blessed`,
    { hint },
  );
}

async function namingTheWinner(
  bucket: Bucket,
  packageName: PackageName,
  lost: ConflictError,
): Promise<ConflictError> {
  const key = pointerKey(packageName);
  const pointer = await bucket.getSmall(key);
  if (pointer === undefined) return lost;
  const { by } = readNote(pointer.metadata);
  const what = escapeControls(pointer.text.trim());
  const who = by === undefined ? "" : ` by ${escapeControls(by)}`;
  return new ConflictError(`Somebody else was faster: ${what} was blessed${who}`, {
    cause: lost,
    hint: "Look at what they did, then do it again if you still want to",
    winner: winnerOf(pointer.text, { key, packageName, by }),
  });
}

/** Undefined if the pointer names no revision. */
function winnerOf(
  text: string,
  { key, packageName, by }: { key: string; packageName: PackageName; by: string | undefined },
): Winner | undefined {
  try {
    const id = parsePointer(text, { key, packageName });
    return { revision: revisionName({ package: packageName, id }), by };
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}
