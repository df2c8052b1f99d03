/** Writes the pointer of a package, with its history. */
import type { Bucket, PutOptions } from "../bucket/bucket.ts";
import { pause } from "../concurrency/pause.ts";
import type { Context } from "../context.ts";
import { ConflictError, IntegrityError, StorageError, type Winner } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { escapeControls } from "../foreign_text.ts";
import { type BlessingChange, type ChangeFacts, hasArrived } from "../plan/blessing.ts";
import type { HistoryAction } from "../revision/history.ts";
import { pointerKey } from "../revision/keys.ts";
import { readCount, readNote } from "../revision/metadata.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import { blessingMetadata, nextSerial, parsePointer } from "../revision/pointer.ts";
import { formatRollout } from "../revision/rollout.ts";
import { readRolloutMarks } from "./fleet_marks.ts";
import { type Followed, takeTurn, type Turn } from "./history.ts";
import type { OldPointer, PointerContent } from "./pointer.ts";

/** Milliseconds. */
const LONGEST_PAUSE = 1100;

export interface PointerRequest {
  readonly bucket: Bucket;
  readonly package: PackageName;
  /** The pointer as it was read. The write succeeds only if the pointer is still the same. */
  readonly old: OldPointer;
  readonly message: string | undefined;
  /** Undefined: there is nothing to change, which the caller has excluded. */
  readonly decide: (facts: ChangeFacts) => BlessingChange | undefined;
}

export interface WrittenPointer {
  readonly etag: string;
  readonly change: BlessingChange;
  readonly serial: number;
}

/**
 * Writes `.rev`. Throws `ConflictError` if somebody else has changed it since it was read, and `UsageError` if the
 * change cannot be.
 */
export async function changePointer(
  context: Context,
  { bucket, package: name, old, message, decide }: PointerRequest,
): Promise<WrittenPointer> {
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  await pauseUntilNextSecond(context, bucket, old.modified);
  const now = bucket.serverTime() ?? context.now();
  const before = old.content;
  const serial = nextSerial(now, before?.serial);
  const halted = await mayBeHalted(context, bucket, { package: name, pointer: before, now });
  const change = decide({ package: name, old: before, serial, now, halted });
  if (change === undefined) throw new Error("there is nothing to change");
  const metadata = blessingMetadata({ ...change, note });
  const { id: blessed, next, rollout } = change;
  const entry = {
    action: actionOf(change),
    ...{ serial, blessed, before: before?.id, next: next?.id ?? change.stopped, note },
    rollout: rollout && formatRollout(rollout),
  };
  const follows = followed(bucket, name, old);
  try {
    const turn = await takeTurn(context, bucket, { package: name, entry, follows });
    const etag = await writeInTurn(bucket, turn, {
      key: pointerKey(name),
      text: revisionName({ package: name, id: blessed }),
      metadata,
      condition: old.etag === undefined ? { absent: true } : { etag: old.etag },
    });
    faultPoint("pointer-written");
    return { etag, change, serial };
  } catch (error) {
    if (!(error instanceof ConflictError) || await follows.isUnchanged()) throw error;
    throw await namingTheWinner(bucket, name, error);
  }
}

/**
 * Writes the pointer as it was before a change. Throws `ConflictError` if somebody else has changed it since.
 */
export async function restorePointer(
  context: Context,
  bucket: Bucket,
  { package: name, before, written }: {
    readonly package: PackageName;
    readonly before: PointerContent;
    readonly written: WrittenPointer;
  },
): Promise<void> {
  await pauseUntilNextSecond(context, bucket, bucket.serverTime());
  const { etag, change } = written;
  const serial = written.serial + 1;
  const entry = {
    ...{ action: "restored", serial, blessed: before.id, before: change.id } as const,
    ...{ next: before.next?.id, rollout: before.rollout && formatRollout(before.rollout) },
    note: { by: context.author(), at: new Date(context.now()).toISOString() },
  };
  const old = { content: { ...before, serial: written.serial }, etag, modified: undefined };
  const follows = followed(bucket, name, old);
  const turn = await takeTurn(context, bucket, { package: name, entry, follows });
  await writeInTurn(bucket, turn, {
    key: pointerKey(name),
    text: revisionName({ package: name, id: before.id }),
    metadata: { ...before.metadata, "ftl-serial": String(serial) },
    condition: { etag },
  });
}

function actionOf({ stopped, rollout }: BlessingChange): HistoryAction {
  if (stopped !== undefined) return "stopped";
  return rollout === undefined ? "blessed" : "rollout";
}

/** Returns the ETag. No try of this write may come after the turn: S3 could not tell that it is late. */
async function writeInTurn(
  bucket: Bucket,
  turn: Turn,
  { key, text, ...options }: PutOptions & { readonly key: string; readonly text: string },
): Promise<string> {
  try {
    return await bucket.put(key, text, { ...options, timeout: turn.timeLeft() });
  } catch (error) {
    if (error instanceof StorageError && error.reason === "denied") await turn.free();
    throw error;
  }
}

/**
 * Whether the rollout has halted, or nobody can tell. A rollout that halts has not arrived, however far its cut is. The
 * marks are asked only where that matters.
 */
async function mayBeHalted(
  context: Context,
  bucket: Bucket,
  { now, ...staged }: {
    readonly package: PackageName;
    readonly pointer: PointerContent | undefined;
    readonly now: number;
  },
): Promise<boolean> {
  const { rollout } = staged.pointer ?? {};
  if (rollout?.halt === undefined || !hasArrived(rollout, { now, halted: false })) return false;
  return (await readRolloutMarks(context, bucket, staged))?.isHalted ?? true;
}

/** The pointers of FTL 0.1.0 and of other tools have no serial: their time takes its place. */
function followed(bucket: Bucket, name: PackageName, old: OldPointer): Followed {
  return {
    serial: old.etag === undefined ? undefined : old.content?.serial ?? old.modified,
    isUnchanged: async () => {
      const found = await bucket.head(pointerKey(name));
      return found?.etag === old.etag &&
        readCount(found?.metadata["ftl-serial"]) === old.content?.serial;
    },
  };
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

async function namingTheWinner(
  bucket: Bucket,
  packageName: PackageName,
  lost: ConflictError,
): Promise<ConflictError> {
  const key = pointerKey(packageName);
  const pointer = await bucket.getSmall(key);
  if (pointer === undefined) return lost;
  const { by } = readNote(pointer.metadata);
  const who = by === undefined ? "" : ` by ${escapeControls(by)}`;
  const { "ftl-next": next, "ftl-stopped": stopped } = pointer.metadata;
  const candidate = escapeControls(`${packageName}.${next ?? stopped}`);
  const what = next !== undefined
    ? `${candidate} was rolled out`
    : stopped !== undefined
    ? `the rollout of ${candidate} was stopped`
    : `${escapeControls(pointer.text.trim())} was blessed`;
  return new ConflictError(`Somebody else was faster: ${what}${who}`, {
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
