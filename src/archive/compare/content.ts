/** Compares the content of a file on the disk with bytes that come piece by piece. */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { withShortPath } from "../write/long_path.ts";

/** Somebody may put a link or a pipe in the place of a file that was looked at just before. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Bytes that are read at once. */
const STEP = 1 << 18;
const memory = Buffer.alloc(STEP);

/** What a file must contain: its SHA-256, or the same as a file that has been compared already. */
export type Content = { readonly sha256: string } | { readonly place: string };

/** Reads along with the pieces. From the first difference on it takes the SHA-256 of all pieces instead. */
export class ContentComparer implements Disposable {
  readonly #place: string | undefined;
  #file: number | undefined;
  /** Bytes that are the same. */
  #same = 0;
  #hash: Hash | undefined;

  /** @param place the file, or undefined if there is none that could have the content */
  constructor(place: string | undefined) {
    this.#place = place;
    if (place === undefined) this.#hash = createHash("sha256");
    else this.#file = openFile(place);
  }

  /** The bytes are valid only during the call. */
  add(piece: Uint8Array): void {
    if (this.#hash === undefined && this.#isNext(piece)) this.#same += piece.length;
    else this.#hashed().update(piece);
  }

  /** Whether the file has all that was added, as far as it was added. */
  get isSame(): boolean {
    return this.#hash === undefined;
  }

  /** What was added. */
  content(): Content {
    if (this.#hash !== undefined) return { sha256: this.#hash.digest("hex") };
    return { place: this.#place ?? "" };
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #isNext(piece: Uint8Array): boolean {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + STEP);
      const read = readSync(this.#file ?? -1, memory, 0, part.length, this.#same + at);
      if (read === 0 || memory.compare(part, 0, read, 0, read) !== 0) return false;
      at += read;
    }
    return true;
  }

  /** The hash, after what was the same up to now. */
  #hashed(): Hash {
    if (this.#hash !== undefined) return this.#hash;
    this.#hash = createHash("sha256");
    for (let at = 0; at < this.#same;) {
      const length = Math.min(STEP, this.#same - at);
      const read = readSync(this.#file ?? -1, memory, 0, length, at);
      if (read === 0) break; // it became shorter meanwhile
      this.#hash.update(memory.subarray(0, read));
      at += read;
    }
    return this.#hash;
  }
}

/** Whether the file at `place` has the content. Both files must be regular ones. */
export function hasContent(place: string, content: Content): boolean {
  if ("place" in content) {
    using comparer = new ContentComparer(place);
    for (const piece of piecesOf(content.place)) comparer.add(piece);
    return comparer.isSame;
  }
  const hash = createHash("sha256");
  for (const piece of piecesOf(place)) hash.update(piece);
  return hash.digest("hex") === content.sha256;
}

function* piecesOf(place: string): Generator<Uint8Array> {
  const file = openFile(place);
  const own = Buffer.alloc(STEP);
  try {
    for (let at = 0;;) {
      const read = readSync(file, own, 0, STEP, at);
      if (read === 0) return;
      yield own.subarray(0, read);
      at += read;
    }
  } finally {
    closeSync(file);
  }
}

function openFile(place: string): number {
  return withShortPath(place, (path) => openSync(path, FLAGS));
}
