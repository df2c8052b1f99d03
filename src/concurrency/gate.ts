/** A bound on what many take at the same time, whoever they are: memory, mostly. */

interface Waiting {
  readonly amount: number;
  readonly enter: () => void;
}

export class Gate {
  readonly #total: number;
  #free: number;
  readonly #queue: Waiting[] = [];

  /** @param total of whatever unit there is to share */
  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /**
   * Resolves when `amount` is free and nobody waits before; disposing of the answer gives it back. Who
   * wants more than there is gets all of it. Throws the reason of `signal`.
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
