/**
 * Limits how many tasks run at the same time. A task that only waits for something else does not
 * count.
 */

export interface PlaceOptions {
  /** An urgent task enters before all tasks that are not urgent. */
  readonly urgent: boolean;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly urgent: boolean;
  readonly enter: () => void;
}

export class Places {
  #free: number;
  readonly #queue: Waiting[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves when a place is free. Urgent tasks come first; the others come in the order of their
   * calls.
   */
  async enter({ urgent, signal }: PlaceOptions): Promise<Place> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const waiting = { urgent, enter };
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.#admit();
    });
    return this.#taken();
  }

  /** A place if one is free now, else undefined. */
  tryEnter(): Place | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#taken();
  }

  #taken(): Place {
    return new Place(() => {
      this.#free++;
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#free > 0) {
      const urgent = this.#queue.findIndex((waiting) => waiting.urgent);
      const [next] = this.#queue.splice(Math.max(urgent, 0), 1);
      if (next === undefined) return;
      this.#free--;
      next.enter();
    }
  }
}

/**
 * One place. The task gives it back by disposing of it, or earlier, if it only waits from then on.
 */
export class Place implements Disposable {
  readonly #onLeave: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isHeld = true;

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  leave(): void {
    this.stay();
    if (this.#isHeld) this.#onLeave();
    this.#isHeld = false;
  }

  /** Gives the place back after this time, unless `stay` is called before. */
  leaveAfter(milliseconds: number): void {
    this.stay();
    if (this.#isHeld) this.#timer = setTimeout(() => this.leave(), milliseconds);
  }

  stay(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
