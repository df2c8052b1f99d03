/**
 * The time of this process, and so of the server in it, can be put forward. Commands that a `Lab` launches with a clock
 * or a kill get the same time: with another one, the SDK sets its clock right by the next answer, and sends once more
 * whatever that answer refused.
 */
export class FastForward implements Disposable {
  static #ahead = 0;
  readonly #now = Date.now;

  /** Milliseconds. */
  static get ahead(): number {
    return FastForward.#ahead;
  }

  by(milliseconds: number): void {
    FastForward.#ahead += milliseconds;
    Date.now = () => this.#now() + FastForward.#ahead;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
    FastForward.#ahead = 0;
  }
}
