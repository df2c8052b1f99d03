/** Notices that a read has stalled. */

/** A try failed in a way that a retry may solve. */
export class BrokenError extends Error {
  override readonly name = "BrokenError";
}

/**
 * Fewer bytes in a stall timeout count as none: a server that sends a few bytes now and then is no
 * better than one that sends none.
 */
const LEAST_PROGRESS = 16 * 1024;

const STOPPED = new Error("stopped");

/** Aborts its signal when too few bytes came for a time, or when `outer` aborts. */
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
    // One timer per chunk would cost more than the chunk. One timer that checks now and then is
    // enough.
    this.#timer = setInterval(() => this.#look(), Math.max(10, timeout / 4));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds since enough bytes came. */
  get silence(): number {
    return performance.now() - this.#seen;
  }

  feed(bytes: number): void {
    this.#fed += bytes;
    if (this.#fed < LEAST_PROGRESS) return;
    this.#fed = 0;
    this.#seen = performance.now();
  }

  /** Ends the request. A request that timed out in the client would otherwise go on unseen. */
  stop(): void {
    clearInterval(this.#timer);
    this.#outer.removeEventListener("abort", this.#onAbort);
    this.#controller.abort(STOPPED);
  }

  #look(): void {
    const now = performance.now();
    // If the timer comes late, a slow disk or a suspended machine held this process up. The server
    // did not stall.
    if (now - this.#looked > this.#timeout / 2) this.#seen = now;
    this.#looked = now;
    if (now - this.#seen < this.#timeout) return;
    const seconds = Math.round(this.#timeout / 1000);
    this.#controller.abort(new BrokenError(`the connection stalled for ${seconds} s`));
  }
}
