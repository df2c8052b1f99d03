/** Folders on disk: making them, flushing them, and the file names of keys. */
import { createHash } from "node:crypto";

/**
 * The file name of a key: what is readable of it, and a hash of all of it. Keys have up to 1,024
 * bytes of any kind, file names 255 of few kinds; and on some systems `a` and `A` are one file.
 */
export function fileNameOf(key: string): string {
  const readable = key.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_").slice(0, 100);
  return `${readable}~${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
}

/** Flushes a folder, so that renames in it last. Calls that overlap share one flush. */
export class FolderFlush {
  readonly #path: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when everything that was done in the folder before this call is on disk. */
  flush(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // What runs may have begun too early for this caller; the one after it has not.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.flush();
    });
    return this.#next;
  }

  async #run(): Promise<void> {
    if (Deno.build.os === "windows") return; // has no such call
    using folder = Deno.openSync(this.#path);
    await folder.sync();
  }
}

/** Writes a small file so that it is there wholly or not at all. */
export function writeFileAtomically(path: string, content: string): void {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    using file = Deno.openSync(temporary, { write: true, createNew: true });
    file.writeSync(new TextEncoder().encode(content));
    file.syncSync();
  } catch (error) {
    Deno.removeSync(temporary);
    throw error;
  }
  Deno.renameSync(temporary, path);
}
