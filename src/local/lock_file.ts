/**
 * The file that a lock is on. flock(2) asks for no more than a descriptor: whoever can open the file, be it
 * to read, can hold the lock for ever. So it is the owner's alone.
 */
import { explainDiskError, systemCode } from "../core/disk_errors.ts";
import { StorageError } from "../core/errors.ts";
import { kindOf, requireNoLink } from "./package_dir.ts";

/** Modes by which others than the owner could open it. */
const FOR_OTHERS = 0o077;

/** A lock's file, open. Throws `StorageError` where its place has something that FTL did not make. */
export class LockFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Whether others could have opened it, and hold the lock now. */
  readonly wasOpenToOthers: boolean;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.wasOpenToOthers = ((file.statSync().mode ?? 0) & FOR_OTHERS) !== 0;
  }

  /** Makes the file where it is missing, and takes it from others where it is theirs too. */
  static async open(path: string): Promise<LockFile> {
    const file = new LockFile(path, openOwn(path));
    try {
      if (file.wasOpenToOthers && file.isInPlace()) await file.#closeToOthers();
      return file;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Lets the lock go too. To close the file is not enough: while another thread starts a program, that has the
   * file too until it is the program, and the lock would be held as long.
   */
  [Symbol.dispose](): void {
    try {
      this.#file.unlockSync();
    } catch {
      // Where the system has no locks, which whoever asked for it was told. To fail here would hide that.
    }
    this.#file.close();
  }

  /** Whether it has another name too: then writing into it may be writing into another user's file. */
  hasOtherNames(): boolean {
    return (this.#file.statSync().nlink ?? 1) > 1;
  }

  /** Throws where the system has no locks, as on some network file systems. */
  tryLock({ shared = false } = {}): boolean {
    return this.#file.tryLockSync(!shared);
  }

  unlock(): void {
    this.#file.unlockSync();
  }

  /**
   * Whether the path leads here, and by no link: a lock on a file that has been replaced guards nothing. Before
   * that is known nothing is written into it, as the package's folder may be another user's.
   */
  isInPlace(path = this.#path): boolean {
    try {
      const [there, here] = [Deno.lstatSync(path), this.#file.statSync()];
      return there.dev === here.dev && there.ino === here.ino;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  /** The first line, without what may be left behind it of a longer one. */
  text(): string {
    const bytes = new Uint8Array(500);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const count = this.#file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count)).split("\n", 1)[0]?.trim() ?? "";
  }

  write(text: string): void {
    this.clear();
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(new TextEncoder().encode(text));
    } catch {
      // The lock holds without it. On a full disk there is no room for it, and `purge` must make some.
    }
  }

  /** A disk may have no room even for less: with a quota on Btrfs, which never writes in place. */
  clear(): void {
    try {
      this.#file.truncateSync(0);
    } catch {
      // Who reads the text asks first whether anybody holds the lock.
    }
  }

  /**
   * Puts a new file in the place of this one, and holds the lock on it; undefined where another process does
   * so. To be called only where no `ftl` holds this one. The right to replace is a lock too, on the file that
   * is to take the place: of two that try, one finds that it came too late.
   */
  async replaced(): Promise<LockFile | undefined> {
    const temporary = `${this.#path}.new`;
    const file = await LockFile.open(temporary);
    try {
      if (file.tryLock() && file.isInPlace(temporary)) {
        if (this.isInPlace()) {
          Deno.renameSync(temporary, this.#path);
          return new LockFile(this.#path, file.#file);
        }
        Deno.removeSync(temporary);
      }
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
    file[Symbol.dispose]();
    return undefined;
  }

  async #closeToOthers(): Promise<void> {
    const { closeSync, fchmodSync, fstatSync, openSync } = await import("node:fs");
    try {
      const fd = openSync(this.#path, "r");
      try {
        if (fstatSync(fd).ino === this.#file.statSync().ino) fchmodSync(fd, 0o600);
      } finally {
        closeSync(fd);
      }
    } catch {
      // It may be another user's, who lets this one in by its group.
    }
  }
}

/** Nearly always it is there: what is tried first must not fail then, as an error takes longer than a look. */
function openOwn(path: string): Deno.FsFile {
  for (;;) {
    const there = kindOf(path);
    try {
      if (there === undefined) {
        return Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
      }
      requireNoLink(path);
      // A fifo would be waited for.
      if (there !== "file") throw notOurs(path);
      return Deno.openSync(path, { read: true, write: true });
    } catch (error) {
      // Made by another command, or renamed to another name, perhaps just now.
      const code = systemCode(error) ?? "";
      if (code !== (there === undefined ? "EEXIST" : "ENOENT")) throw error;
    }
  }
}

function notOurs(path: string): StorageError {
  return new StorageError(`${path} is not a file of FTL's`, {
    hint: "Move it away, then run the command again",
  });
}

/** Whether anybody holds the lock on a file, and who. `unknown`: the file is another user's. */
export function lookAtLock(path: string): { readonly holder: string | undefined } | "unknown" {
  try {
    if (!Deno.lstatSync(path).isFile) return { holder: undefined };
    using file = Deno.openSync(path, { read: true });
    if (file.tryLockSync(false)) {
      file.unlockSync();
      return { holder: undefined };
    }
    const text = Deno.readTextFileSync(path).split("\n", 1)[0]?.trim();
    return { holder: text || "another process" };
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return { holder: undefined };
    if (code === "EACCES" || code === "EPERM") return "unknown";
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
