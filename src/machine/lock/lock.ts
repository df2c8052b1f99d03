/**
 * Locks between processes. They use flock(2), so a lock ends when its holder dies. The text in the file names
 * the holder for those who wait.
 */
import { BusyError, ConflictError, type LockHolder } from "../../errors.ts";
import { pause } from "../../concurrency/pause.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { LockFile, lookAtLock } from "./lock_file.ts";

export interface LockOptions {
  /** The name of the locked thing in messages, e.g. `my_site`. */
  readonly what: string;
  /** The holder's name for other processes, e.g. `ftl sync`. */
  readonly command: string;
  /** Seconds to wait while another process holds the lock. */
  readonly wait: number;
  readonly signal: AbortSignal;
  /** Called once if the lock is busy, with the text that names its holder. */
  readonly onWait: (holder: string) => void;
  /** Called first. Returns the reason if taking the lock would deadlock. */
  readonly deadlock: () => string | undefined;
}

/** A lock that is held until it is disposed of. */
export interface HeldLock extends Disposable {
  readonly path: string;
}

/** Milliseconds between two attempts to take a busy lock. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 50;
/** Milliseconds after a release, within which a waiting process takes the lock. */
export const TURN = LONGEST_PAUSE + 10;
/** Attempts on a shared lock before its file is replaced. `holderOf` shares the lock for a moment. */
const PATIENCE = 4;

/** Takes the lock. Throws `BusyError` if it stays busy, `ConflictError` if taking it would deadlock. */
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
      // A process that replaces the file checks the holder afterwards. So one of the two sees the other.
      if (file.isInPlace()) return held;
      held[Symbol.dispose]();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw explainDiskError(error, `Cannot lock ${options.what}: ${path}`);
  }
}

/** Takes the lock if it is free. Returns the error that names its holder if it is busy. */
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
      // The text is cleared while the lock is still held. So a reader never sees a holder that is gone.
      file.clear();
      file[Symbol.dispose]();
    },
  };
}

/** The inverse of what `hold` writes. Undefined for any other text. */
function parseHolder(text: string): LockHolder | undefined {
  const found = /^pid ([0-9]{1,10}), (.*), since /.exec(text);
  return found === null ? undefined : { pid: Number(found[1]), command: found[2] ?? "" };
}

/** One command's wait for a lock, even if the file is replaced meanwhile. */
class Waiting {
  readonly #options: LockOptions;
  readonly #deadline: number;
  #pause = FIRST_PAUSE;
  #isReported = false;
  /** Attempts in a row that found the lock shared. An `ftl` shares it only for a moment. */
  #shared = 0;
  /** Number of files that were replaced while this command waited. */
  #files = 0;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#deadline = performance.now() + options.wait * 1000;
  }

  /**
   * Call it if the file was replaced while this command waited. The new file is mostly there already, so the
   * first call does not pause. Throws `BusyError` if files are replaced again and again.
   */
  async forNextFile(): Promise<void> {
    const { what, signal } = this.#options;
    if (++this.#files > PATIENCE && this.#left() <= 0) {
      throw new BusyError(`${what} is locked: its file is replaced again and again`, {
        hint: "Find out which other program writes in the package's folder",
      });
    }
    if (this.#files > 1) await pause(FIRST_PAUSE, signal);
  }

  /** The file with the lock held. Undefined if the path leads to another file by now. */
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
   * The replacement for a file that a foreign process holds. That process opened the file while its modes still
   * let other users do so: 0.1.0 made it readable for all.
   */
  async #replacement(file: LockFile): Promise<LockFile | undefined> {
    if (file.tryLock({ shared: true })) {
      // Every `ftl` holds the lock exclusively: while it is shared, no `ftl` holds it.
      const replacement = ++this.#shared > PATIENCE ? await file.replaced() : undefined;
      file.unlock();
      return replacement;
    }
    this.#shared = 0;
    // Every `ftl` that holds the lock writes its name at once.
    if (!file.wasOpenToOthers || this.#left() > 0 || file.text() !== "") return undefined;
    const replacement = await file.replaced();
    // If an `ftl` took the old lock in between, wait for it.
    while (replacement !== undefined && file.text() !== "" && !file.tryLock({ shared: true })) {
      await pause(LONGEST_PAUSE, this.#options.signal);
    }
    return replacement;
  }

  async #wait(file: LockFile): Promise<void> {
    const { what, onWait, signal } = this.#options;
    const left = this.#left();
    // A process that asks for the holder shares the lock for a moment. That is no reason to give up.
    if (left <= 0 && (this.#shared === 0 || this.#shared > PATIENCE)) {
      const text = file.text();
      throw new BusyError(`${what} is locked by ${text || "another process"}`, {
        holder: parseHolder(text),
        hint: "Try again when it is done, or wait longer with FTL_LOCK_WAIT=<seconds>",
      });
    }
    if (!this.#isReported && left > 0) onWait(file.text() || "another process");
    this.#isReported = left > 0;
    await pause(left > 0 ? Math.min(this.#pause, left) : FIRST_PAUSE, signal);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #left(): number {
    return this.#deadline - performance.now();
  }
}

/**
 * The holder of the lock. Undefined if nobody holds it, or if this user cannot know. It tries a shared lock and
 * releases it at once: the file's text alone may be from a holder that was killed.
 */
export function holderOf(path: string): string | undefined {
  const found = lookAtLock(path);
  return found === "unknown" ? undefined : found.holder;
}
