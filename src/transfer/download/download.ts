/**
 * Downloads a large object as one stream of bytes, in order, from ranges that are fetched side by side.
 *
 * All ranges are bound to one ETag. So if the object is replaced during the download, this is noticed,
 * and bytes are never mixed. A broken range continues at the byte where it broke. Reads are retried
 * only here: `Bucket.read` sends one request. Two limits hold, whatever the server does:
 *
 * - Memory: `concurrency` ranges, in blocks that are reused and not left to the garbage collector.
 * - Time: FTL gives a range up after `FRUITLESS_TRIES` tries in a row without a byte, or when it has
 *   waited `PATIENCE` stall timeouts in all for bytes. With the standard values, a server that is dead
 *   or stalls holds a download for about 2 minutes and 15 seconds. One that refuses at once holds it
 *   for about 12 seconds.
 */
import { FtlError, StorageError } from "../../errors.ts";
import { pause } from "../../concurrency/pause.ts";
import type { Bucket, ObjectInfo } from "../../bucket/bucket.ts";
import { BlockPool, Range } from "./range.ts";
import { requestInto } from "./request.ts";
import { BrokenError, Watchdog } from "./watchdog.ts";

export interface DownloadOptions {
  /** The size in bytes and the ETag, from the listing. */
  readonly size: number;
  readonly etag: string;
  /** How many ranges are under way at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called with the bytes that have arrived so far. */
  readonly onProgress?: (bytes: number) => void;
  /** For tests: bytes per range, milliseconds until a stall, milliseconds of the first pause. */
  readonly rangeSize?: number;
  readonly stallTimeout?: number;
  readonly firstPause?: number;
}

const MEBIBYTE = 1024 * 1024;
/** The most bytes that a download holds in memory, if the smallest size of a range allows it. */
export const DOWNLOAD_WINDOW = 32 * MEBIBYTE;
/**
 * Bytes per range: large enough that the round trip does not matter, small enough to hold several.
 */
const LARGEST_RANGE = 8 * MEBIBYTE;
const LEAST_RANGE = MEBIBYTE;
/** Bytes that are passed on at once. */
const BLOCK = MEBIBYTE;

/** After so many milliseconds without bytes, a try counts as stalled. */
const STALL_TIMEOUT = 20_000;
/**
 * Milliseconds of the first pause before a retry. The pause doubles with each retry, up to the
 * longest.
 */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;
/** FTL gives the range up after so many tries in a row without a byte. */
const FRUITLESS_TRIES = 8;
/**
 * FTL gives the range up when all its tries together have waited so many stall timeouts without
 * bytes.
 */
const PATIENCE = 6;
/**
 * The most tries of one range. It ends a download from a connection that breaks after every few
 * bytes.
 */
const MOST_TRIES = 100;

interface Download extends AsyncDisposable {
  /** What the first answer told of the object. */
  readonly info: ObjectInfo;
  /**
   * Can be read only once. A chunk is valid until the next one is requested, because its memory is
   * reused. Throws `StorageError`, `NotFoundError`, `ConflictError`, or the signal's reason.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Bytes per range, if so many ranges are under way at the same time. */
export function rangeSizeFor(concurrency: number): number {
  const share = Math.floor(DOWNLOAD_WINDOW / concurrency / BLOCK) * BLOCK;
  return Math.min(LARGEST_RANGE, Math.max(LEAST_RANGE, share));
}

/**
 * Requests the first range. The others follow when the body is read. Disposing of the download ends
 * the requests under way, and waits until they have ended.
 */
export async function openDownload(
  bucket: Bucket,
  key: string,
  options: DownloadOptions,
): Promise<Download> {
  const engine = new Engine(bucket, key, options);
  try {
    const first = engine.range(0);
    return {
      info: await first.opened,
      body: engine.body(first),
      [Symbol.asyncDispose]: () => engine.stop(),
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

class Engine {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #options: DownloadOptions;
  readonly #rangeSize: number;
  readonly #stallTimeout: number;
  readonly #stop = new AbortController();
  readonly #onAbort: () => void;
  readonly #blocks: BlockPool;
  readonly #underWay = new Set<Promise<void>>();
  #arrived = 0;

  constructor(bucket: Bucket, key: string, options: DownloadOptions) {
    this.#bucket = bucket;
    this.#key = key;
    this.#options = options;
    this.#rangeSize = options.rangeSize ?? rangeSizeFor(options.concurrency);
    this.#stallTimeout = options.stallTimeout ?? STALL_TIMEOUT;
    // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
    this.#onAbort = () => this.#stop.abort(options.signal.reason);
    if (options.signal.aborted) this.#onAbort();
    options.signal.addEventListener("abort", this.#onAbort);
    this.#blocks = new BlockPool(Math.min(BLOCK, this.#rangeSize));
  }

  get #signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Starts to fetch one range. */
  range(index: number): Range {
    const start = index * this.#rangeSize;
    const end = Math.min(start + this.#rangeSize, this.#options.size);
    const range = new Range(this.#blocks);
    const filling = this.#fill(range, { start, end }).then(
      () => range.end(),
      (error) => range.fail(error),
    );
    this.#underWay.add(filling);
    void filling.then(() => this.#underWay.delete(filling));
    return range;
  }

  async *body(first: Range): AsyncGenerator<Uint8Array> {
    const { size, concurrency } = this.#options;
    const count = Math.max(1, Math.ceil(size / this.#rangeSize));
    const window = [first];
    let next = 1;
    try {
      while (window[0] !== undefined) {
        while (next < count && window.length < concurrency) window.push(this.range(next++));
        yield* window[0].chunks();
        window.shift();
      }
    } finally {
      // The reader has everything or has stopped, so nobody needs the rest.
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
    await Promise.all(this.#underWay);
    this.#blocks.free();
  }

  /** Fetches one range into `range`, with as many tries as it needs. */
  async #fill(range: Range, { start, end }: { start: number; end: number }): Promise<void> {
    const [bucket, key] = [this.#bucket, this.#key];
    const { etag, size } = this.#options;
    let position = start;
    const onBytes = (count: number): void => {
      position += count;
      this.#arrived += count;
      this.#options.onProgress?.(this.#arrived);
    };
    let fruitless = 0;
    let waited = 0;
    for (let tries = 1;; tries++) {
      const before = position;
      const stall = new Watchdog(this.#stallTimeout, this.#signal);
      try {
        await requestInto(range, { bucket, key, etag, size, position, end, stall, onBytes });
        return;
      } catch (error) {
        this.#signal.throwIfAborted();
        fruitless = position > before ? 0 : fruitless + 1;
        waited += stall.silence;
        const isHopeless = fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES ||
          waited >= PATIENCE * this.#stallTimeout;
        // The reason of the abort says more than the client's error.
        const cause = stall.signal.aborted ? stall.signal.reason : error;
        if (isHopeless || !isWorthAnotherTry(cause)) throw this.#explain(cause, tries);
        const length = this.#pauseAfter(fruitless);
        waited += length;
        await pause(length, this.#signal);
      } finally {
        stall.stop();
      }
    }
  }

  #pauseAfter(fruitless: number): number {
    const longest = (this.#options.firstPause ?? FIRST_PAUSE) * 2 ** fruitless;
    // Full jitter: machines whose connections broke together do not retry together.
    return Math.random() * Math.min(longest, LONGEST_PAUSE);
  }

  #explain(error: unknown, tries: number): unknown {
    if (error instanceof FtlError) return error;
    const reason = error instanceof BrokenError ? error.message : "the connection broke";
    const name = `s3://${this.#bucket.name}/${this.#key}`;
    return new StorageError(`Cannot download ${name}: ${reason}, in ${tries} tries`, {
      cause: error,
      reason: "unreachable",
      retryable: true,
      hint: "Try again: nothing has changed on this machine",
    });
  }
}

/**
 * Whether a retry may succeed. If access is denied, or the object is gone or changed, it cannot.
 */
function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof StorageError) return error.retryable;
  return !(error instanceof FtlError);
}
