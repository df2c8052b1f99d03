/** The locks of one package during its sync. A lock that stayed busy is not waited for a second time. */
import { BusyError } from "../../errors.ts";
import type { HeldLock } from "../../machine/lock/lock.ts";
import type { LockName, PackageLocks } from "../../machine/lock/package_locks.ts";

/** The sync lock. It is held until it is disposed of. */
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

  /** Whether it is held, or was only paused for others. */
  get isOurs(): boolean {
    return this.isHeld || this.#isPaused;
  }

  /** Releases the lock until it is needed. */
  pause(): void {
    this.#isPaused ||= this.isHeld;
    this[Symbol.dispose]();
  }

  /** Whether this or the package's lock stayed busy. Then steps that need it are not tried again. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** For a lock that is tried again later. */
  forgetBusy(): void {
    this.#isBusy = false;
  }

  /** Takes the lock if it is free. */
  async try(): Promise<void> {
    const taken = await this.#locks.try("sync");
    this.#held = taken instanceof BusyError ? undefined : taken;
  }

  /** Waits for the lock if it is not held yet. Returns whether it took the lock now. Throws `BusyError`. */
  async take(): Promise<boolean> {
    if (this.#held !== undefined) return false;
    this.#held = await this.#take("sync");
    return true;
  }

  /**
   * Takes the lock on candidates if it is free. Returns the error that names its holder if it is not. It does
   * not wait, because it is called under the sync lock, and the holder may be waiting for the sync lock.
   */
  async tryCandidates(): Promise<HeldLock | BusyError> {
    return await this.#locks.try("candidates");
  }

  /** Waits for the lock on candidates, and releases the sync lock meanwhile. Throws `BusyError`. */
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
