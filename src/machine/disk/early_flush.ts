/**
 * Flushes of files while more of them come over a slow line, so that the disk has most of its work behind it when the
 * last one is there. Only the flush at the end is a promise; without these it takes longer.
 */
import { syncByProgram } from "./durable.ts";

/** Bytes since the last flush that are worth another one. */
const WORTH = 32_000_000;
/** Milliseconds from the beginning, or that of a flush, to the next one. A short sync has none. */
const PAUSE = 2000;
/** Bytes in a millisecond. What comes faster does not wait for a line, and has none. */
const FAST = 100_000;

export class EarlyFlushes {
  readonly #worth: number;
  readonly #pause: number;
  #isFlushing = false;
  #flushed = 0;
  #began = performance.now();
  /** All of them. Rejected if one has failed. */
  #all: Promise<unknown> = Promise.resolve();

  /** For tests, what is worth a flush, and the pause. */
  constructor({ worth = WORTH, pause = PAUSE } = {}) {
    this.#worth = worth;
    this.#pause = pause;
  }

  /**
   * Begins a flush if one is due, and returns whether it was.
   *
   * @param path of something that stays, on the file system of the files
   * @param bytes written so far
   */
  advance(path: string, bytes: number, signal: AbortSignal): boolean {
    // Files have been written anew, from the first.
    if (bytes < this.#flushed) this.#flushed = 0;
    const [more, elapsed] = [bytes - this.#flushed, performance.now() - this.#began];
    const isDue = more >= this.#worth && elapsed >= this.#pause && more < FAST * elapsed;
    if (this.#isFlushing || !isDue) return false;
    this.#isFlushing = true;
    this.#began = performance.now();
    this.#flushed = bytes;
    const flushing = syncByProgram(path, signal).finally(() => {
      this.#isFlushing = false;
    });
    this.#all = Promise.all([this.#all, flushing]);
    // Whoever asks for the end hears of a failure. After an error nobody may ask.
    this.#all.catch(() => {});
    return true;
  }

  /** Resolves when none runs any more. Throws if one has failed: the kernel tells of a disk's fault only once. */
  async end(): Promise<void> {
    await this.#all;
  }
}
