/**
 * Warns of files that can be spooled but are seldom meant: an archive without a file, an archive in
 * a stored file.
 */
import type { EntryWatcher } from "./check.ts";
import { type Entry, shown } from "./entry.ts";
import { formatOf, isArchive } from "./format.ts";

/** The position of `ustar` in a tar header. */
const MAGIC_AT = 257;
const MAGIC = "ustar";

export class ContentCheck implements EntryWatcher {
  readonly #name: string;
  readonly #isArchive: boolean;
  readonly #warn: (message: string) => void;
  #hasFile = false;
  /** The first bytes of a stored file. */
  readonly #start = new Uint8Array(MAGIC_AT + MAGIC.length);
  #known = 0;
  #stored = "";

  /** @param name the file or the folder, as the caller named it */
  constructor(name: string, rest: string, warn: (message: string) => void) {
    this.#name = name;
    this.#isArchive = isArchive(formatOf(rest));
    this.#warn = warn;
  }

  begin({ kind }: Entry, path: string): void {
    if (kind !== "directory") this.#hasFile = true;
    if (!this.#isArchive) this.#stored = path;
  }

  data(piece: Uint8Array): void {
    if (this.#isArchive || this.#known === this.#start.length) return;
    const part = piece.subarray(0, this.#start.length - this.#known);
    this.#start.set(part, this.#known);
    this.#known += part.length;
  }

  end(): void {
    if (!this.#hasFile) {
      this.#warn(
        `${
          shown(this.#name)
        } contains no file: machines would get an empty folder. Did its build fail?`,
      );
    }
    const isTar = new TextDecoder().decode(this.#start.subarray(MAGIC_AT)) === MAGIC;
    if (!isTar) return;
    this.#warn(
      `${
        shown(this.#name)
      } contains a tar archive, which is not unpacked on machines: it is stored as ` +
        `one file, ${
          shown(this.#stored)
        }. Give it the ending .tar, .tar.gz or .tar.zst to have it unpacked`,
    );
  }
}
