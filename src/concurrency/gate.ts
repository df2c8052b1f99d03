/** Limits how much of a resource, mostly memory, all its users together hold at the same time. */

interface Waiting {
  readonly amount: number;
  readonly enter: () => void;
}

export class Gate {
  readonly #total: number;
  #free: number;
  readonly #queue: Waiting[] = [];

  /** @param total how much there is, in the unit that the caller counts in */
  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /**
   * Resolves when `amount` is free and all earlier callers have entered. To give it back, dispose
   * of the result. A caller that wants more than the total gets the total. Throws the reason of
   * `signal`.
   */
  async enter(amount: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const share = Math.min(amount, this.#total);
    await this.#turn(share, signal);
    let isInside = true;
    return {
      [Symbol.dispose]: () => {
        if (isInside) this.#free += share;
        isInside = false;
        this.#admit();
      },
    };
  }

  #turn(amount: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const waiting = { amount, enter };
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.#admit();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined || first.amount > this.#free) return;
      this.#queue.shift();
      this.#free -= first.amount;
      first.enter();
    }
  }
}
