/**
 * Where a tar archive ends: with its marker, two blocks of zeros. GNU tar, bsdtar and Python's `tarfile` end at
 * the first one, and leave alone what follows, be it padding, what was in the writer's memory, or another
 * archive. So does FTL, but for one thing: where an entry follows the first block, the block is no end but
 * damage, of which GNU tar warns.
 */
import { IntegrityError } from "../../errors.ts";
import { BLOCK, isHeader, isZero } from "./header.ts";

export class Ending {
  readonly #archive: string;
  readonly #onNote: (note: string) => void;
  /** The second block, as far as it has come; undefined once it has. */
  #second: Uint8Array | undefined = new Uint8Array(BLOCK);
  #filled = 0;
  #noted = false;

  /** To be made after the first block. */
  constructor(archive: string, onNote: (note: string) => void) {
    this.#archive = archive;
    this.#onNote = onNote;
  }

  /** What follows the first block. Throws IntegrityError where that was none of a marker. */
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
        `${this.#archive} is corrupt: a block of zeros stands between its entries`,
      );
    }
    this.#note();
  }

  #note(): void {
    this.#noted = true;
    this.#onNote(
      `${this.#archive} goes on after its end-of-archive marker: nothing of that is unpacked, as tar does not ` +
        "either; archives that are to be one are joined by 'tar --concatenate', not by 'cat'",
    );
  }
}
