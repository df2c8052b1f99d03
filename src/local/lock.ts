/**
 * Locks between processes: flock(2), so that a lock dies with its holder. The file's text names the
 * holder, for those who wait.
 */
import { ConflictError } from "../core/errors.ts";
import { pause } from "../core/pause.ts";
import { explainDiskError } from "../core/disk_errors.ts";

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

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/** Takes the lock. Throws `ConflictError` where it stays busy. */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock> {
  const deadlock = options.deadlock();
  if (deadlock !== undefined) throw new ConflictError(`Cannot lock ${options.what}: ${deadlock}`);
  const file = open(path, options.what);
  try {
    await waitFor(file, path, options);
    writeHolder(file, options.command);
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    path,
    [Symbol.dispose]: () => {
      // The text goes while the lock is still held: readers see no holder that is gone.
      clear(file);
      file.close();
    },
  };
}

async function waitFor(file: Deno.FsFile, path: string, options: LockOptions): Promise<void> {
  const { what, wait, signal, onWait } = options;
  const deadline = performance.now() + wait * 1000;
  let nextPause = FIRST_PAUSE;
  let told = false;
  while (!file.tryLockSync(true)) {
    const holder = readHolder(path);
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new ConflictError(`${what} is locked by ${holder}`, {
        hint: "Try again when it is done, or wait longer with FTL_LOCK_WAIT=<seconds>",
      });
    }
    if (!told) onWait(holder);
    told = true;
    await pause(Math.min(nextPause, left), signal);
    nextPause = Math.min(nextPause * 2, LONGEST_PAUSE);
  }
}

function open(path: string, what: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true, create: true, mode: 0o644 });
  } catch (error) {
    throw explainDiskError(error, `Cannot lock ${what}: ${path}`);
  }
}

function writeHolder(file: Deno.FsFile, command: string): void {
  const text = `pid ${Deno.pid}, ${command}, since ${new Date().toISOString()}\n`;
  clear(file);
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(text));
  } catch {
    // The lock holds without it. On a full disk there is no room for it, and `purge` must make some.
  }
}

/** A disk may have no room even for less: with a quota on Btrfs, which never writes in place. */
function clear(file: Deno.FsFile): void {
  try {
    file.truncateSync(0);
  } catch {
    // Who reads the text asks first whether anybody holds the lock.
  }
}

/**
 * Who holds the lock now, or undefined where nobody does. It asks by a shared lock that it lets go at once:
 * the file's text alone may be of a holder that was killed.
 */
export function holderOf(path: string): string | undefined {
  try {
    using file = Deno.openSync(path, { read: true });
    return file.tryLockSync(false) ? undefined : readHolder(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

function readHolder(path: string): string {
  try {
    // Behind the first line there may be the end of a longer one that could not be cleared.
    return Deno.readTextFileSync(path).split("\n", 1)[0]?.trim() || "another process";
  } catch {
    return "another process";
  }
}
