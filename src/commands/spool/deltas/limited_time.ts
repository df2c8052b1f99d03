/** Time for work that may as well not be done. */

export class LimitedTime implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** @param outer ends it, too */
  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#onAbort();
    // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
    outer.addEventListener("abort", this.#onAbort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the time has run out, and nobody else has ended the work. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The signal aborts after so many milliseconds from now on. */
  endIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isOver = !this.#outer.aborted;
      this.#controller.abort(new Error("it took too long"));
    }, milliseconds);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#outer.reason);

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#onAbort);
  }
}

const EXTRA = 10_000;
const EXTRA_SHARE = 1 / 4;

/** Milliseconds that a spool may take longer for deltas than its upload takes. */
export function extraTime(upload: number): number {
  return EXTRA + upload * EXTRA_SHARE;
}
