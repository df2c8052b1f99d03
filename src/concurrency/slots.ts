/**
 * Limits how many tasks run at the same time. A task that only waits for something else does not
 * count.
 */
import { Turns } from "./turns.ts";

export interface SlotOptions {
  /** An urgent task enters before all tasks that are not urgent. */
  readonly urgent: boolean;
  readonly signal: AbortSignal;
}

export class Slots {
  #free: number;
  /** A task's request says whether it is urgent. */
  readonly #turns = new Turns<boolean>((waiting) => {
    if (this.#free === 0 || waiting.length === 0) return undefined;
    this.#free--;
    return Math.max(waiting.findIndex(({ request }) => request), 0);
  });

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves when a slot is free. Urgent tasks come first; the others come in the order of their
   * calls. Throws the reason of `signal`.
   */
  async enter({ urgent, signal }: SlotOptions): Promise<Slot> {
    await this.#turns.enter(urgent, signal);
    return this.#taken();
  }

  /** A slot if one is free now, else undefined. */
  tryEnter(): Slot | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#taken();
  }

  #taken(): Slot {
    return new Slot(() => {
      this.#free++;
      this.#turns.admit();
    });
  }
}

/**
 * One slot. The task gives it back by disposing of it, or earlier, if it only waits from then on.
 */
export class Slot implements Disposable {
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

  /** Gives the slot back after this time, unless `stay` is called before. */
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
