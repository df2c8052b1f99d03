/** Limits how much of a resource, mostly memory, all its users together hold at the same time. */
import { Turns } from "./turns.ts";

export class Gate {
  readonly #total: number;
  #free: number;
  /** Only the first of the waiting amounts may enter. */
  readonly #turns = new Turns<number>(([first]) => {
    if (first === undefined || first.request > this.#free) return undefined;
    this.#free -= first.request;
    return 0;
  });

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
    const share = Math.min(amount, this.#total);
    await this.#turns.enter(share, signal);
    let isInside = true;
    return {
      [Symbol.dispose]: () => {
        if (isInside) this.#free += share;
        isInside = false;
        this.#turns.admit();
      },
    };
  }
}
