/** The locks of one package as its sync takes them: what stays busy is not waited for a second time. */
import { BusyError } from "../../errors.ts";
import type { HeldLock } from "../../machine/lock/lock.ts";
import type { LockName, PackageLocks } from "../../machine/lock/package_locks.ts";

/** The sync lock; held until it is disposed of. */
export class SyncLock implements Disposable {
  readonly #locks: PackageLocks;
  #held: HeldLock | undefined;
  #isBusy = false;
  #isPaused = false;

  constructor(locks: PackageLocks) {
    this.#locks = locks;
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Whether it is held, or would be, had it not been let go for others. */
  get isOurs(): boolean {
    return this.isHeld || this.#isPaused;
  }

  /** Lets it go until it is needed. */
  pause(): void {
    this.#isPaused ||= this.isHeld;
    this[Symbol.dispose]();
  }

  /** Whether this or the package's lock stayed busy: what takes them is not tried again. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** For a lock that is tried again later. */
  forgetBusy(): void {
    this.#isBusy = false;
  }

  /** Takes it where it is free. */
  async try(): Promise<void> {
    const taken = await this.#locks.try("sync");
    this.#held = taken instanceof BusyError ? undefined : taken;
  }

  /** Waits for it where it is not held yet. The answer is whether it was not. Throws `BusyError`. */
  async take(): Promise<boolean> {
    if (this.#held !== undefined) return false;
    this.#held = await this.#take("sync");
    return true;
  }

  /**
   * The lock on candidates, where it is free; the error that names its holder where it is not. Held together with
   * the sync lock it is not waited for: whoever has it may wait for the sync lock.
   */
  async tryCandidates(): Promise<HeldLock | BusyError> {
    return await this.#locks.try("candidates");
  }

  /** The same, waited for: the sync lock is let go meanwhile. Throws `BusyError`. */
  async takeCandidates(): Promise<HeldLock> {
    this.pause();
    return await this.#take("candidates");
  }

  /** The package's lock. Throws `BusyError`. */
  async takePackage(): Promise<HeldLock> {
    return await this.#take("package");
  }

  async #take(name: LockName): Promise<HeldLock> {
    try {
      return await this.#locks.take(name);
    } catch (error) {
      this.#isBusy = error instanceof BusyError;
      throw error;
    }
  }
}
