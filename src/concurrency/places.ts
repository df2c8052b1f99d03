/** A bound on how much is under way, which does not count what has to wait for something else. */

export interface PlaceOptions {
  /** Goes before all that is not. */
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

  /** Resolves when there is a place: the urgent first, otherwise in the order of coming. */
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

  /** A place where one is free now; undefined where none is. */
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

/** Is given back when it is disposed of, or before, where what has it only waits. */
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

  /** Gives it back unless `stay` is called within so many milliseconds. */
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
