/**
 * The time of this process, and so of the server in it. It stands still during a step, so that a seed brings the same
 * ids, serials and ranks again, whatever the machine is busy with.
 */

/** Unix milliseconds: when each history begins. */
const BEGIN = Date.UTC(2030, 0, 1);

export class StoppedClock implements Disposable {
  readonly #original = { date: Date.now, performance: performance.now };
  #now = BEGIN;

  constructor() {
    Date.now = () => this.#now;
    performance.now = () => this.#now - BEGIN;
  }

  /** Unix milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds before the true time. */
  get ahead(): number {
    return this.#now - this.#original.date();
  }

  /** Milliseconds that have truly passed, since any moment. */
  elapsed(): number {
    return this.#original.performance.call(performance);
  }

  begin(): void {
    this.#now = BEGIN;
  }

  forward(seconds: number): void {
    this.#now += seconds * 1000;
  }

  [Symbol.dispose](): void {
    Date.now = this.#original.date;
    performance.now = this.#original.performance;
  }
}
