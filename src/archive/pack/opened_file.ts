/** A file that is being packed, of which exactly the bytes that were found are read. */
import { systemCode } from "../../disk_errors.ts";
import { withShortPath } from "../write/long_path.ts";
import { changed, type FoundFile, identityOf, unreadable } from "./walk.ts";

export class OpenedFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #found: FoundFile;
  #left: number;

  /** Throws `IntegrityError` if it is not the file that was found, or cannot be read. */
  constructor(place: string, found: FoundFile) {
    this.#found = found;
    this.#left = found.size;
    try {
      this.#file = withShortPath(place, (path) => Deno.openSync(path, { read: true }));
    } catch (error) {
      throw systemCode(error) === "ENOENT" ? changed(found.path) : unreadable(error, found.path);
    }
    try {
      this.requireUnchanged();
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Fills `into`, or less of it at the end. Returns the number of bytes, 0 after the end. */
  read(into: Uint8Array): number {
    const wanted = into.subarray(0, this.#left);
    let done = 0;
    try {
      while (done < wanted.length) {
        const count = this.#file.readSync(wanted.subarray(done));
        if (count === null) throw changed(this.#found.path);
        done += count;
      }
    } catch (error) {
      throw unreadable(error, this.#found.path);
    }
    this.#left -= done;
    return done;
  }

  rewind(): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#left = this.#found.size;
  }

  /** Throws `IntegrityError` if it has changed since it was found. */
  requireUnchanged(): void {
    if (identityOf(this.#file.statSync()) !== this.#found.identity) throw changed(this.#found.path);
  }
}
