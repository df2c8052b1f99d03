/** Decompresses on the calling thread, where another thread would cost more than it saves. */
import * as zlib from "node:zlib";
import type { Compression } from "../format.ts";
import { type Inflate, openInflate } from "./open_inflate.ts";

const OUTPUT = 256 << 10;

/** One decompressor. Its outputs share one memory: each is valid until the next is requested. */
export class Inflater {
  readonly #inflate: Inflate;
  readonly #onRest: (rest: Uint8Array) => void;
  readonly #output = new Uint8Array(OUTPUT);
  /**
   * Whether the compressed data has ended within a piece. Later bytes are then not decompressed.
   */
  #over = false;

  /** @param onRest gets the bytes after the compressed data */
  constructor(compression: Exclude<Compression, "none">, onRest: (rest: Uint8Array) => void) {
    this.#onRest = onRest;
    this.#inflate = openInflate(zlib, compression);
  }

  /** The output for `piece`. Throws an Error with the message of `node:zlib`. */
  *write(piece: Uint8Array): Generator<Uint8Array> {
    let rest = piece;
    for (let isFull = true; isFull && !this.#over;) {
      const { taken, made } = this.#inflate.step(rest, this.#output);
      rest = rest.subarray(taken);
      isFull = made === OUTPUT;
      if (made > 0) yield this.#output.subarray(0, made);
    }
    if (rest.length === 0) return;
    this.#over = true;
    this.#onRest(rest);
  }

  /** What is still missing of the output. Throws an Error if the data has not ended. */
  *end(): Generator<Uint8Array> {
    for (let made = OUTPUT; made === OUTPUT && !this.#over;) {
      made = this.#inflate.end(this.#output);
      if (made > 0) yield this.#output.subarray(0, made);
    }
  }

  close(): void {
    this.#inflate.close();
  }
}
