/**
 * Locks between processes: flock(2), so that a lock dies with its holder. The file's text names the
 * holder, for those who wait.
 */
import { BusyError, ConflictError } from "../../errors.ts";
import { pause } from "../../concurrency/pause.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { LockFile, lookAtLock } from "./lock_file.ts";

export interface LockOptions {
  /** Named in messages, e.g. `my_site`. */
  readonly what: string;
  /** The holder as others will read it, e.g. `ftl sync`. */
  readonly command: string;
  /** Seconds to wait while another process holds it. */
  readonly wait: number;
  readonly signal: AbortSignal;
  /** Called once, when the lock turns out to be busy, with the text that names its holder. */
  readonly onWait: (holder: string) => void;
  /** Asked first: says why the lock must not be had, where it must not. */
  readonly deadlock: () => string | undefined;
}

/** A lock that is held until it is disposed of. */
export interface HeldLock extends Disposable {
  readonly path: string;
}

/** Milliseconds between two looks at a lock that is busy. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 50;
/** Milliseconds after which whoever waits for a lock that was let go has it. */
export const TURN = LONGEST_PAUSE + 10;
/** Looks at a lock that is shared before its file is replaced; `holderOf` shares it for a moment. */
const PATIENCE = 4;

/** Takes the lock. Throws `BusyError` where it stays busy, `ConflictError` where it must not be had. */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock> {
  const deadlock = options.deadlock();
  if (deadlock !== undefined) throw new ConflictError(`Cannot lock ${options.what}: ${deadlock}`);
  try {
    const waiting = new Waiting(options);
    for (;;) {
      const file = await waiting.takeFrom(await LockFile.open(path));
      if (file === undefined) {
        await waiting.forNextFile();
        continue;
      }
      const held = hold(file, path, options.command);
      // Whoever replaces the file reads afterwards who holds it: so one of the two sees the other.
      if (file.isInPlace()) return held;
      held[Symbol.dispose]();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw explainDiskError(error, `Cannot lock ${options.what}: ${path}`);
  }
}

/** Takes the lock where it is free; the error that names its holder where it is busy. */
export async function tryLock(
  path: string,
  options: Omit<LockOptions, "wait" | "onWait">,
): Promise<HeldLock | BusyError> {
  try {
    return await acquireLock(path, { ...options, wait: 0, onWait: () => {} });
  } catch (error) {
    if (error instanceof BusyError) return error;
    throw error;
  }
}

function hold(file: LockFile, path: string, command: string): HeldLock {
  file.write(`pid ${Deno.pid}, ${command}, since ${new Date().toISOString()}\n`);
  return {
    path,
    [Symbol.dispose]: () => {
      // The text goes while the lock is still held: readers see no holder that is gone.
      file.clear();
      file[Symbol.dispose]();
    },
  };
}

/** One command's waiting for a lock, also where the file is replaced meanwhile. */
class Waiting {
  readonly #options: LockOptions;
  readonly #deadline: number;
  #pause = FIRST_PAUSE;
  #told = false;
  /** How many times in a row the lock was shared by others, as no `ftl` shares it but for a moment. */
  #shared = 0;
  /** Files that were not the one in the end. */
  #files = 0;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#deadline = performance.now() + options.wait * 1000;
  }

  /** Another file is there, or is to be put there: mostly at once. Throws `BusyError`. */
  async forNextFile(): Promise<void> {
    const { what, signal } = this.#options;
    if (++this.#files > PATIENCE && this.#left() <= 0) {
      throw new BusyError(`${what} is locked: its file is replaced again and again`, {
        hint: "Who else writes in the package's folder?",
      });
    }
    if (this.#files > 1) await pause(FIRST_PAUSE, signal);
  }

  /** The file with the lock held; undefined where the path leads to another file by now. */
  async takeFrom(file: LockFile): Promise<LockFile | undefined> {
    try {
      while (!file.tryLock()) {
        const replacement = await this.#replacement(file);
        if (replacement !== undefined) {
          file[Symbol.dispose]();
          return replacement;
        }
        await this.#wait(file);
        if (!file.isInPlace()) break;
      }
      if (file.isInPlace()) {
        if (!file.hasOtherNames()) return file;
        const replacement = await file.replaced();
        file[Symbol.dispose]();
        return replacement;
      }
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
    file[Symbol.dispose]();
    return undefined;
  }

  /**
   * What takes the place of a file that somebody else holds, having opened it when its modes still let others
   * do so: 0.1.0 made it readable for all.
   */
  async #replacement(file: LockFile): Promise<LockFile | undefined> {
    if (file.tryLock({ shared: true })) {
      // Every `ftl` holds it alone: while it is shared, none does.
      const replacement = ++this.#shared > PATIENCE ? await file.replaced() : undefined;
      file.unlock();
      return replacement;
    }
    this.#shared = 0;
    // And every `ftl` writes at once who it is.
    if (!file.wasOpenToOthers || this.#left() > 0 || file.text() !== "") return undefined;
    const replacement = await file.replaced();
    // Did one come in between, it is waited for.
    while (replacement !== undefined && file.text() !== "" && !file.tryLock({ shared: true })) {
      await pause(LONGEST_PAUSE, this.#options.signal);
    }
    return replacement;
  }

  async #wait(file: LockFile): Promise<void> {
    const { what, onWait, signal } = this.#options;
    const holder = (): string => file.text() || "another process";
    const left = this.#left();
    // Whoever asked who holds it shared it for a moment: that is no reason to give up.
    if (left <= 0 && (this.#shared === 0 || this.#shared > PATIENCE)) {
      throw new BusyError(`${what} is locked by ${holder()}`, {
        hint: "Try again when it is done, or wait longer with FTL_LOCK_WAIT=<seconds>",
      });
    }
    if (!this.#told && left > 0) onWait(holder());
    this.#told = left > 0;
    await pause(left > 0 ? Math.min(this.#pause, left) : FIRST_PAUSE, signal);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #left(): number {
    return this.#deadline - performance.now();
  }
}

/**
 * Who holds the lock now, or undefined where nobody does, or where this user cannot know. It asks by a shared
 * lock that it lets go at once: the file's text alone may be of a holder that was killed.
 */
export function holderOf(path: string): string | undefined {
  const found = lookAtLock(path);
  return found === "unknown" ? undefined : found.holder;
}
