/**
 * The history of a package: an object in S3 for each change of the pointer, which nobody changes later.
 *
 * It also makes changes take turns. S3 compares a pointer only by its ETag, and that is the same for the same
 * text: it cannot tell two steps of a rollout apart. So the key of an entry is the serial of the pointer that it
 * follows, and only one writer can make that object:
 *
 *     .ftl/history/my_site/1795615200123                the change of the pointer with this serial
 *     .ftl/history/my_site/new-1795615200123-5f0c81aa   a change that made a pointer where there was none
 *
 *     the entry is    the pointer is   then
 *     not there       the same         the writer makes the entry, then the pointer
 *     there, young    the same         another writer is about to write: wait for it
 *     there, old      the same         another writer has died in between: take its place
 *     freed           the same         another writer was not allowed to write the pointer, or has only signed it:
 *                                      take its place
 *     there           another one      another writer was faster
 */
import type { Bucket, Condition, SmallObject } from "../bucket/bucket.ts";
import { inParallel } from "../concurrency/parallel.ts";
import { pause } from "../concurrency/pause.ts";
import type { Context } from "../context.ts";
import { ConflictError, FtlError, IntegrityError, StorageError } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { formatHistory, type HistoryEntry, parseHistory } from "../revision/history.ts";
import { historyPrefix } from "../revision/keys.ts";
import type { PackageName } from "../revision/names.ts";

/** Milliseconds. Then a writer that made an entry, and has not written the pointer, is taken for dead. */
const STALE = 30_000;
/** Milliseconds. A writer that made an entry either writes the pointer within this time, or gives up. */
const TURN = 25_000;
/** What takes the place of an entry whose writer needs it no more: it was not allowed to write the pointer, or has signed it. */
const FREED = `${JSON.stringify({ schema: 1, action: "none" })}\n`;
/** What keeps the place of a write that leaves no entry. */
const PLACE = `${JSON.stringify({ schema: 1, action: "signing" })}\n`;
/** Milliseconds between two looks at another writer's entry. */
const LOOK = 1000;

/** The state of a pointer that a change follows. */
export interface Followed {
  /** Undefined if there is no pointer. */
  readonly serial: number | undefined;
  /** Whether the pointer in S3 is still the same. */
  readonly isUnchanged: () => Promise<boolean>;
}

/** The right to change the pointer. */
export interface Turn {
  /** Milliseconds. Throws `ConflictError` if so many have passed that another writer may have the turn soon. */
  timeLeft(): number;
  /** Tells the others that they need not wait: this writer will not write the pointer any more. */
  free(): Promise<void>;
}

/**
 * Writes the entry. Throws `ConflictError` if another writer was faster. Where the credentials do not allow an
 * entry, that is a warning, and S3's comparison of ETags must do.
 */
export async function takeTurn(
  context: Context,
  bucket: Bucket,
  { package: name, entry, follows }: {
    readonly package: PackageName;
    /** Undefined: the write is no change, and frees the turn when it is done. */
    readonly entry: HistoryEntry | undefined;
    readonly follows: Followed;
  },
): Promise<Turn> {
  // S3 itself lets only one writer make a pointer where there is none.
  const first = `new-${entry?.serial ?? 0}-${crypto.randomUUID().slice(0, 8)}`;
  const text = entry === undefined ? PLACE : formatHistory(entry);
  const key = `${historyPrefix(name)}${follows.serial ?? first}`;
  let { begun, etag }: Written = { begun: context.now(), etag: undefined };
  try {
    ({ begun, etag } = await write(context, bucket, { key, text, follows }));
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== "denied") throw error;
    const message = `The history of ${name} is not kept: ${error.message}`;
    context.report({ type: "warning", message });
  }
  faultPoint("history-written");
  return {
    timeLeft(): number {
      const left = TURN - (context.now() - begun);
      if (left > 0) return left;
      throw new ConflictError(`The change of ${name}.rev took too long`, {
        hint: "Nothing has changed: do it again",
      });
    },
    async free(): Promise<void> {
      if (etag === undefined) return;
      try {
        await bucket.put(key, FREED, { metadata: {}, condition: { etag } });
      } catch (error) {
        // The next writer waits then, as if this one had been killed.
        if (!(error instanceof FtlError)) throw error;
      }
    },
  };
}

interface Written {
  /** Unix milliseconds, before the entry was sent: its answer may come long after S3 has it. */
  readonly begun: number;
  /** Undefined if there is no entry. */
  readonly etag: string | undefined;
}

async function write(
  context: Context,
  bucket: Bucket,
  { key, text, follows }: { key: string; text: string; follows: Followed },
): Promise<Written> {
  const put = async (condition: Condition): Promise<Written> => {
    const begun = context.now();
    return { begun, etag: await bucket.put(key, text, { metadata: {}, condition }) };
  };
  let isTold = false;
  for (;;) {
    try {
      return await put({ absent: true });
    } catch (error) {
      if (!(error instanceof ConflictError) || !await follows.isUnchanged()) throw error;
    }
    const there = await entryAt(bucket, key);
    const now = bucket.serverTime() ?? context.now();
    if (there !== undefined && (there.text === FREED || now - there.modified > STALE)) {
      return await put({ etag: there.etag });
    }
    if (!isTold) {
      const message = "Somebody else is changing what is blessed at this moment, or was killed " +
        `while doing so: waiting for up to ${STALE / 1000} s`;
      context.report({ type: "warning", message });
    }
    isTold = true;
    await pause(LOOK, context.signal);
  }
}

/** What is too large to be an entry has no text, and grows old as any does. */
async function entryAt(
  bucket: Bucket,
  key: string,
): Promise<Pick<SmallObject, "text" | "etag" | "modified"> | undefined> {
  try {
    return await bucket.getSmall(key);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    const found = await bucket.head(key);
    return found && { ...found, text: "" };
  }
}

/** An entry as it lies in S3. */
export interface StoredEntry extends HistoryEntry {
  /** The serial of the pointer that it follows. Undefined: there was none. */
  readonly follows: number | undefined;
}

/** What `takeTurn` calls an entry. The first group is the serial that it follows. */
const ENTRY = /^(?:([0-9]{1,15})|new-[0-9]{1,15}-[0-9a-f]{8})$/;

/** Requests at the same time. */
const CONCURRENCY = 16;

/**
 * The newest entries, the newest first. What is no entry is left out.
 *
 * @param most how many
 */
export async function readHistory(
  bucket: Bucket,
  name: PackageName,
  { most, signal }: { most: number; signal: AbortSignal },
): Promise<StoredEntry[]> {
  const prefix = historyPrefix(name);
  const entries = (await bucket.list(prefix)).flatMap((object) => {
    const name = ENTRY.exec(object.key.slice(prefix.length));
    return name === null
      ? []
      : [{ ...object, follows: name[1] === undefined ? undefined : Number(name[1]) }];
  });
  const newest = entries.sort((a, b) => b.modified - a.modified).slice(0, most);
  const read = async ({ key, follows }: typeof newest[number]): Promise<StoredEntry[]> => {
    const entry = parseHistory(await textOf(bucket, key));
    return entry === undefined ? [] : [{ ...entry, follows }];
  };
  const found = await inParallel(newest, { concurrency: CONCURRENCY, signal }, read);
  return found.flat().sort((a, b) => b.serial - a.serial);
}

/** Empty if the object is gone, or too large to be an entry. */
async function textOf(bucket: Bucket, key: string): Promise<string> {
  try {
    return (await bucket.getSmall(key))?.text ?? "";
  } catch (error) {
    if (error instanceof IntegrityError) return "";
    throw error;
  }
}
