/** What notices that a try to read has come to a stop. */

/** A try that failed in a way that the next one may not. */
export class BrokenError extends Error {
  override readonly name = "BrokenError";
}

/** Fewer bytes than this in that time are none: a server that drips is no better than one that hangs. */
const LEAST_PROGRESS = 16 * 1024;

const STOPPED = new Error("stopped");

/** Aborts its signal when nobody has fed it for a time, or when `outer` is aborted. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #timeout: number;
  readonly #outer: AbortSignal;
  readonly #onAbort = (): void => this.#controller.abort(this.#outer.reason);
  readonly #timer: ReturnType<typeof setInterval>;
  #fed = 0;
  #seen = performance.now();
  #looked = this.#seen;

  constructor(timeout: number, outer: AbortSignal) {
    this.#timeout = timeout;
    this.#outer = outer;
    outer.addEventListener("abort", this.#onAbort);
    // A timer a chunk would cost more than the chunk: one that looks now and then is enough.
    this.#timer = setInterval(() => this.#look(), Math.max(10, timeout / 4));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds since it had enough. */
  get silence(): number {
    return performance.now() - this.#seen;
  }

  feed(bytes: number): void {
    this.#fed += bytes;
    if (this.#fed < LEAST_PROGRESS) return;
    this.#fed = 0;
    this.#seen = performance.now();
  }

  /** Ends what is still under way: a request that timed out in the client would go on unseen. */
  stop(): void {
    clearInterval(this.#timer);
    this.#outer.removeEventListener("abort", this.#onAbort);
    this.#controller.abort(STOPPED);
  }

  #look(): void {
    const now = performance.now();
    // Was this process itself held up, by a slow disk or a suspended machine? Then nobody stalled.
    if (now - this.#looked > this.#timeout / 2) this.#seen = now;
    this.#looked = now;
    if (now - this.#seen < this.#timeout) return;
    const seconds = Math.round(this.#timeout / 1000);
    this.#controller.abort(new BrokenError(`hardly a byte came for ${seconds} s`));
  }
}
