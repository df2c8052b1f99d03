/** Ends a command of this process at a fault point as a kill would: nothing that it does afterwards has an effect. */
import { type FaultPoint, onFaultPoint } from "../../../src/fault_point.ts";
import { WRITING_CALLS } from "../writing_calls.ts";

export class Killed extends Error {}

export class KillSwitch implements Disposable {
  readonly #undo: (() => void)[] = [];
  /** Fault points that are left until it is killed. 0: it is not to be killed. */
  #left = 0;
  #controller = new AbortController();
  isDead = false;
  /** Where the last command was killed. */
  last: FaultPoint | undefined;

  /** @param below what lies elsewhere, as the server's files, is another process's */
  constructor(below: string) {
    onFaultPoint((point) => {
      if (!this.isDead && this.#left > 0 && --this.#left === 0) this.#die(point);
      if (this.isDead) throw new Killed();
    });
    for (const name of WRITING_CALLS) this.#stop(name, below);
  }

  #stop(name: typeof WRITING_CALLS[number], below: string): void {
    const original = Deno[name] as (...args: unknown[]) => unknown;
    Reflect.set(Deno, name, (...args: unknown[]): unknown => {
      if (this.isDead && String(args[0]).startsWith(below)) throw new Killed();
      return original.apply(Deno, args);
    });
    this.#undo.push(() => Reflect.set(Deno, name, original));
  }

  #die(point: FaultPoint): void {
    this.isDead = true;
    this.last = point;
    this.#controller.abort(new Killed());
  }

  /** Runs a command that is killed at the `nth` fault point, if it passes so many. Undefined: it was killed. */
  async run<T>(
    nth: number,
    command: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    this.#controller = new AbortController();
    this.#left = nth;
    this.isDead = false;
    try {
      const result = await command(this.#controller.signal);
      return this.isDead ? undefined : result;
    } catch (error) {
      if (!this.isDead) throw error;
      return undefined;
    } finally {
      this.#left = 0;
      this.isDead = false;
    }
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
    onFaultPoint(() => {});
  }
}
