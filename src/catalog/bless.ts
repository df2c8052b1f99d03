/** Blesses a revision in S3, for `jump --master` and `jump-back --master`. */
import { pause } from "../concurrency/pause.ts";
import { readNote, readRevisionContent } from "../revision/metadata.ts";
import { ConflictError, IntegrityError, StorageError, type Winner } from "../errors.ts";
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
import {
  type BlessedObject,
  blessingMetadata,
  nextSerial,
  parsePointer,
} from "../revision/pointer.ts";
import type { OldPointer } from "./pointer.ts";

/** Options of a blessing. */
export interface BlessOptions {
  /** Why it is blessed. Stored with the pointer. */
  readonly message?: string;
  /**
   * Blesses the revision also if it is blessed already. Machines on which its health failed then try
   * it once more, and holds end.
   */
  readonly again?: boolean;
}

/** Milliseconds. */
const LONGEST_PAUSE = 1100;

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
  { bucket, remote, id, old, message, again = false }: BlessRequest,
): Promise<Blessed> {
  const revision = requireRemote(remote, { package: remote.name, id }, bucket);
  const name = revisionName(revision);
  const before = old.content;
  const from = before === undefined
    ? undefined
    : revisionName({ package: remote.name, id: before.id });
  // A pointer of the Go original is valid, but blessing the same revision again writes FTL's own pointer.
  const done = before?.id === id && before.etag !== undefined && !again;
  if (!done) {
    context.signal.throwIfAborted();
    const written = await writePointer(context, bucket, { revision, old, message });
    const report = (): void => context.report({ type: "blessed", revision: name, from });
    try {
      await requireStillInBucket(bucket, revision, { old, written });
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

interface WrittenPointer {
  readonly etag: string;
  readonly serial: number;
}

async function writePointer(
  context: Context,
  bucket: Bucket,
  { revision, old, message }: PointerChange,
): Promise<WrittenPointer> {
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  const before = old.content;
  const replaced = before?.id === revision.id ? before.replaced : before?.id;
  const key = pointerKey(revision.package);
  const object = await describeObject(bucket, revision);
  await pauseUntilNextSecond(context, bucket, old.modified);
  const serial = nextSerial(bucket.serverTime() ?? context.now(), before?.serial);
  const blessing = { id: revision.id, replaced, note, serial, since: serial, object };
  try {
    const etag = await bucket.put(key, revisionName(revision), {
      metadata: blessingMetadata(blessing),
      condition: old.etag === undefined ? { absent: true } : { etag: old.etag },
    });
    faultPoint("pointer-written");
    return { etag, serial };
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw await namingTheWinner(bucket, revision.package, error);
  }
}

/** Who may bless may not be allowed to read the revision. Then its SHA-256 stays unknown. */
async function describeObject(
  bucket: Bucket,
  { key, object: { size } }: RemoteRevision,
): Promise<BlessedObject> {
  try {
    const info = await bucket.head(key);
    return { key, size, sha256: info && readRevisionContent(info.metadata).sha256 };
  } catch (error) {
    if (error instanceof StorageError && error.reason === "denied") {
      return { key, size, sha256: undefined };
    }
    throw error;
  }
}

/**
 * Machines tell two states of the pointer apart by its ETag, which is the same for the same text, and by its
 * time, which has whole seconds. So no two writes may be in one second.
 *
 * @param modified when the present pointer was written, in Unix milliseconds
 */
async function pauseUntilNextSecond(
  context: Context,
  bucket: Bucket,
  modified: number | undefined,
): Promise<void> {
  if (modified === undefined) return;
  const now = bucket.serverTime();
  const next = Math.floor(modified / 1000 + 1) * 1000;
  const wait = now === undefined ? LONGEST_PAUSE : Math.min(next - now, LONGEST_PAUSE);
  if (wait > 0) await pause(wait, context.signal);
}

/**
 * S3 has no condition that spans two objects: somebody may have removed the revision since it was listed. So
 * this checks it again, as `purge --master` does after a removal: whoever comes last sees both changes. If the
 * revision is gone, the previous blessing is restored, unless somebody has blessed another revision meanwhile.
 */
async function requireStillInBucket(
  bucket: Bucket,
  revision: RemoteRevision,
  { old, written: { etag, serial } }: { old: OldPointer; written: WrittenPointer },
): Promise<void> {
  if (await isInBucket(bucket, revision)) return;
  const before = old.content;
  let hint = "Bless another revision now: machines cannot fetch this one";
  if (before !== undefined && before.id !== revision.id) {
    const name = revisionName({ package: revision.package, id: before.id });
    try {
      const key = pointerKey(revision.package);
      const metadata = { ...before.metadata, "ftl-serial": String(serial + 1) };
      await bucket.put(key, name, { metadata, condition: { etag } });
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
