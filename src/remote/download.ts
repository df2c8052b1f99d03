/**
 * A large object as one stream of bytes, in order, from ranges that are fetched side by side.
 *
 * All ranges are bound to one ETag, so an object that is replaced meanwhile is noticed, never mixed. A
 * range that breaks goes on at the byte where it broke. Memory is bounded: `concurrency` ranges.
 */
import { ConflictError, FtlError, StorageError } from "../core/errors.ts";
import { pause } from "../core/pause.ts";
import type { Bucket, ObjectInfo, OpenObject } from "./bucket.ts";

export interface DownloadOptions {
  /** Bytes and ETag, as the listing gave them. */
  readonly size: number;
  readonly etag: string;
  /** Ranges under way at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called with the bytes that have arrived so far. */
  readonly onProgress?: (bytes: number) => void;
  /** For tests: bytes a range, milliseconds without a byte, milliseconds of the first pause. */
  readonly rangeSize?: number;
  readonly stallTimeout?: number;
  readonly firstPause?: number;
}

/** Bytes a range: large enough that the round trip does not count, small enough to hold several. */
const RANGE_SIZE = 8 * 1024 * 1024;
/** Milliseconds without a byte after which a range counts as broken. */
const STALL_TIMEOUT = 20_000;
/** Milliseconds of the first pause before another try; it doubles, up to the longest. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;
/** Tries in a row that bring no byte, after which the range is given up. */
const FRUITLESS_TRIES = 5;
/** Tries of one range in all: a line that breaks after every few bytes has an end too. */
const MOST_TRIES = 100;

export interface Download extends Disposable {
  /** Of the object, as the first answer gave it. */
  readonly info: ObjectInfo;
  /** To be read once. Throws `StorageError`, `NotFoundError`, `ConflictError`. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Asks for the first range; the others follow when the body is read. Disposing of the download ends what
 * is still under way.
 */
export async function openDownload(
  bucket: Bucket,
  key: string,
  options: DownloadOptions,
): Promise<Download> {
  const stop = new AbortController();
  const engine = new Engine(bucket, key, options, AbortSignal.any([options.signal, stop.signal]));
  const first = engine.range(0);
  try {
    const info = await first.opened;
    return {
      info,
      body: engine.body(first, stop),
      [Symbol.dispose]: () => stop.abort(),
    };
  } catch (error) {
    stop.abort();
    throw error;
  }
}

class Engine {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #options: DownloadOptions;
  readonly #signal: AbortSignal;
  #arrived = 0;

  constructor(bucket: Bucket, key: string, options: DownloadOptions, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#key = key;
    this.#options = options;
    this.#signal = signal;
  }

  get #rangeSize(): number {
    return this.#options.rangeSize ?? RANGE_SIZE;
  }

  range(index: number): Range {
    const start = index * this.#rangeSize;
    const end = Math.min(start + this.#rangeSize, this.#options.size);
    return new Range((range) => this.#fill(range, start, end));
  }

  async *body(first: Range, stop: AbortController): AsyncGenerator<Uint8Array> {
    const count = Math.max(1, Math.ceil(this.#options.size / this.#rangeSize));
    const window = [first];
    let next = 1;
    try {
      while (window.length > 0) {
        while (next < count && window.length < this.#options.concurrency) {
          window.push(this.range(next++));
        }
        const range = window[0];
        if (range === undefined) return;
        yield* range.chunks();
        window.shift();
      }
    } finally {
      // The reader has all, or has gone: nobody wants the rest.
      stop.abort();
    }
  }

  /** Fetches one range into `range`, as often as it takes. */
  async #fill(range: Range, start: number, end: number): Promise<void> {
    let position = start;
    let fruitless = 0;
    for (let tries = 1;; tries++) {
      const before = position;
      try {
        for await (const chunk of this.#attempt(range, position, end)) {
          position += chunk.byteLength;
          this.#arrived += chunk.byteLength;
          range.push(chunk);
          this.#options.onProgress?.(this.#arrived);
        }
        if (position === end) return;
        throw new StorageError(`${this.#name}: the connection ended early`);
      } catch (error) {
        this.#signal.throwIfAborted();
        fruitless = position > before ? 0 : fruitless + 1;
        if (!worthAnotherTry(error) || fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES) {
          throw this.#explain(error);
        }
        await pause(this.#pauseAfter(fruitless), this.#signal);
      }
    }
  }

  /** One request for the bytes from `position`, watched for a stall. */
  async *#attempt(range: Range, position: number, end: number): AsyncGenerator<Uint8Array> {
    const stall = new Watchdog(this.#options.stallTimeout ?? STALL_TIMEOUT);
    try {
      const whole = position === 0 && end === this.#options.size;
      const answer = await this.#bucket.read(this.#key, {
        etag: this.#options.etag,
        ...(whole ? {} : { range: { start: position, end } }),
        signal: AbortSignal.any([this.#signal, stall.signal]),
      });
      if (answer.size !== this.#options.size) {
        throw new ConflictError(`${this.#name} is another object than the listing showed`);
      }
      range.open(answer);
      let left = end - position;
      for await (const chunk of answer.body) {
        stall.reset();
        if (chunk.byteLength > left) {
          throw new StorageError(`${this.#name}: S3 sent more than was asked for`);
        }
        left -= chunk.byteLength;
        yield chunk;
      }
    } finally {
      stall.stop();
    }
  }

  get #name(): string {
    return `s3://${this.#bucket.name}/${this.#key}`;
  }

  #pauseAfter(fruitless: number): number {
    const longest = (this.#options.firstPause ?? FIRST_PAUSE) * 2 ** fruitless;
    // Full jitter: a fleet that was cut off together does not come back together.
    return Math.random() * Math.min(longest, LONGEST_PAUSE);
  }

  #explain(error: unknown): unknown {
    if (error instanceof FtlError) return error;
    return new StorageError(`Cannot download ${this.#name}: the connection keeps breaking`, {
      cause: error,
      hint: "Try again: nothing has changed on this machine",
    });
  }
}

/** Not for what would be refused again: denied, gone, another version. */
function worthAnotherTry(error: unknown): boolean {
  if (!(error instanceof FtlError)) return true;
  if (!(error instanceof StorageError)) return false;
  const status = (error.cause as { $metadata?: { httpStatusCode?: number } } | undefined)
    ?.$metadata?.httpStatusCode;
  return status === undefined || status >= 500;
}

/** One range: filled from one side, read from the other. */
class Range {
  /** What the first answer said of the object. */
  readonly opened: Promise<ObjectInfo>;
  #settle: { open(info: ObjectInfo): void; fail(error: unknown): void };
  #chunks: Uint8Array[] = [];
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(fill: (range: Range) => Promise<void>) {
    const { promise, resolve, reject } = Promise.withResolvers<ObjectInfo>();
    this.opened = promise;
    this.#settle = { open: resolve, fail: reject };
    promise.catch(() => {});
    fill(this).then(
      () => {
        this.#done = true;
        this.#wake();
      },
      (error) => {
        this.#failure = { error };
        this.#settle.fail(error);
        this.#wake();
      },
    );
  }

  open(answer: OpenObject): void {
    this.#settle.open(answer);
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const ready = this.#chunks;
      this.#chunks = [];
      yield* ready;
      if (this.#chunks.length > 0) continue;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#done) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Aborts its signal when nobody has reset it for a time. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly #timeout: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #seen = performance.now();
  #looked = this.#seen;

  constructor(timeout: number) {
    this.#timeout = timeout;
    // A timer a chunk would cost more than the chunk: one that looks now and then is enough.
    this.#timer = setInterval(() => this.#look(), Math.max(10, timeout / 4));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    this.#seen = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    // Was this process itself held up, by a slow disk or a suspended machine? Then nobody stalled.
    if (now - this.#looked > this.#timeout / 2) this.#seen = now;
    this.#looked = now;
    if (now - this.#seen < this.#timeout) return;
    this.#controller.abort(new StorageError("The download stalled"));
  }
}
