/**
 * Reads the end of a tar archive: its marker, two blocks of zeros. GNU tar, bsdtar and Python's
 * `tarfile` end at the first block. They ignore what follows: padding, old memory of the writer, or
 * another archive. FTL does the same, with one exception: if an entry follows the first block, this
 * block is not the end but damage. GNU tar warns of that.
 */
import { IntegrityError } from "../../errors.ts";
import { BLOCK, isHeader, isZero } from "./header.ts";

export class Ending {
  readonly #archive: string;
  readonly #onNote: (note: string) => void;
  /** The second block, as far as it is read. Undefined when it is complete. */
  #second: Uint8Array | undefined = new Uint8Array(BLOCK);
  #filled = 0;
  #noted = false;

  /** Must be made after the first block of zeros. */
  constructor(archive: string, onNote: (note: string) => void) {
    this.#archive = archive;
    this.#onNote = onNote;
  }

  /**
   * Reads the bytes after the first block. Throws IntegrityError if that block was not part of a
   * marker.
   */
  read(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#second !== undefined) {
      const part = rest.subarray(0, BLOCK - this.#filled);
      this.#second.set(part, this.#filled);
      this.#filled += part.length;
      if (this.#filled < BLOCK) return;
      rest = rest.subarray(part.length);
      const second = this.#second;
      this.#second = undefined;
      if (!isZero(second)) this.#judge(second);
    }
    if (!this.#noted && !isZero(rest)) this.#note();
  }

  #judge(second: Uint8Array): void {
    if (isHeader(second)) {
      throw new IntegrityError(
        `${this.#archive} is corrupt: it has a block of zeros between its entries`,
      );
    }
    this.#note();
  }

  #note(): void {
    this.#noted = true;
    this.#onNote(
      `${this.#archive} goes on after its end-of-archive marker: nothing after it is unpacked, as with tar; ` +
        "to join archives use 'tar --concatenate', not 'cat'",
    );
  }
}
