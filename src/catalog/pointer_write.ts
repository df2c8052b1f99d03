/** How any write of a pointer goes: what it follows, when it may come, and who won if it comes too late. */
import type { Bucket, PutOptions } from "../bucket/bucket.ts";
import { pause } from "../concurrency/pause.ts";
import type { Context } from "../context.ts";
import { ConflictError, IntegrityError, StorageError, type Winner } from "../errors.ts";
import { escapeControls } from "../foreign_text.ts";
import { pointerKey } from "../revision/keys.ts";
import { readCount, readNote } from "../revision/metadata.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import { parsePointer } from "../revision/pointer.ts";
import type { Followed, Turn } from "./history.ts";
import type { OldPointer } from "./pointer.ts";

/** Milliseconds. */
const LONGEST_PAUSE = 1100;

/** Returns the ETag. No try of this write may come after the turn: S3 could not tell that it is late. */
export async function writeInTurn(
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

/** The pointers of FTL 0.1.0 and of other tools have no serial: their time takes its place. */
export function followed(bucket: Bucket, name: PackageName, old: OldPointer): Followed {
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
export async function pauseUntilNextSecond(
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

export async function namingTheWinner(
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
