/** The server's clock, which may be ahead of the system's. */

/** Milliseconds. With more, clients set their clocks right. */
const MOST_AHEAD = 4 * 60_000;

export class Clock {
  readonly #leapAfter: RegExp | undefined;
  #ahead = 0;

  /** @param leapAfter the keys after whose change the clock goes on to the next second at once */
  constructor(leapAfter?: RegExp) {
    this.#leapAfter = leapAfter;
  }

  /** Unix milliseconds. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Call it when the object with this key was changed. */
  changed(key: string): void {
    if (this.#ahead > MOST_AHEAD || !this.#leapAfter?.test(key)) return;
    this.#ahead += 1000 - this.now() % 1000;
  }
}
