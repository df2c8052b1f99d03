/**
 * The file that carries a lock. flock(2) needs only a descriptor: whoever can open the file, even for reading,
 * can hold the lock for ever. So only the owner may open it.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { StorageError } from "../../errors.ts";
import { kindOf, requireNoLink } from "../disk/folder.ts";

/** Mode bits that let others than the owner open the file. */
const FOR_OTHERS = 0o077;

/** A lock's file, open. Throws `StorageError` if something that FTL did not make is in its place. */
export class LockFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Whether other users could have opened the file and may hold the lock now. */
  readonly wasOpenToOthers: boolean;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.wasOpenToOthers = ((file.statSync().mode ?? 0) & FOR_OTHERS) !== 0;
  }

  /** Makes the file if it is missing. If other users can open it, closes it to them. */
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
   * Also releases the lock. Closing the file is not enough: while another thread starts a program, the child
   * process has the descriptor too until it runs the program, and would hold the lock until then.
   */
  [Symbol.dispose](): void {
    try {
      this.#file.unlockSync();
    } catch {
      // Where the system has no locks, which whoever asked for it was told. To fail here would hide that.
    }
    this.#file.close();
  }

  /** Whether the file has another name too. Then a write may go into another user's file. */
  hasOtherNames(): boolean {
    return (this.#file.statSync().nlink ?? 1) > 1;
  }

  /** Throws if the system has no locks, as on some network file systems. */
  tryLock({ shared = false } = {}): boolean {
    return this.#file.tryLockSync(!shared);
  }

  unlock(): void {
    this.#file.unlockSync();
  }

  /**
   * Whether the path leads to this file, and not by a link. A lock on a replaced file guards nothing. Nothing
   * is written into the file before this check, as the package's folder may belong to another user.
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

  /** The first line. After it there may be the rest of a longer, older text. */
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
      // The lock holds without its text. On a full disk there is no room for the text, and `purge` must free
      // some.
    }
  }

  /** Even truncating may need room on the disk: on Btrfs with a quota, which never writes in place. */
  clear(): void {
    try {
      this.#file.truncateSync(0);
    } catch {
      // A reader of the text checks first whether anybody holds the lock.
    }
  }

  /**
   * Replaces this file by a new one and holds the lock on the new one. Undefined if another process replaces
   * it. Call it only if no `ftl` holds this file's lock. The right to replace is a lock too, on the file that
   * will take the place: if two processes try, one finds that it came too late.
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
      // The file may belong to another user, who lets this user in by its group.
    }
  }
}

/** Opens or makes the file. It nearly always exists, so a look comes first: a failed attempt takes longer. */
function openOwn(path: string): Deno.FsFile {
  for (;;) {
    const there = kindOf(path);
    try {
      if (there === undefined) {
        return Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
      }
      requireNoLink(path);
      // Opening a fifo would wait for the other end.
      if (there !== "file") throw notOurs(path);
      return Deno.openSync(path, { read: true, write: true });
    } catch (error) {
      // Another command made or renamed the file just now.
      const code = systemCode(error) ?? "";
      if (code !== (there === undefined ? "EEXIST" : "ENOENT")) throw error;
    }
  }
}

function notOurs(path: string): StorageError {
  return new StorageError(`${path} is not a file that FTL made`, {
    hint: "Move it away, then run the command again",
  });
}

/** Whether anybody holds the lock on a file, and who. `unknown` means that the file belongs to another user. */
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
