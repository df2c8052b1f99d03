/**
 * Decompresses small files on the calling thread, because the start of a thread would cost more.
 */
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Compression } from "../format.ts";

const OUTPUT = 256 << 10;

/**
 * One decompressor of `node:zlib`. It gets its input piece by piece, so that its output never piles
 * up.
 */
export class Inflater {
  readonly #stream;
  readonly #onRest: (rest: Uint8Array) => void;
  #ended = false;
  /**
   * Whether the compressed data has ended within a piece. Later bytes are then not decompressed.
   */
  #over = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  /** @param onRest gets the bytes after the compressed data */
  constructor(compression: Exclude<Compression, "none">, onRest: (rest: Uint8Array) => void) {
    this.#onRest = onRest;
    const options = { chunkSize: OUTPUT };
    this.#stream = compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
    this.#stream.on("readable", () => this.#wake());
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on("error", (error: Error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** The output for `piece`. Throws an Error with the message of `node:zlib`. */
  async *write(piece: Uint8Array): AsyncGenerator<Uint8Array> {
    if (this.#over) return this.#onRest(piece);
    const before = this.#stream.bytesWritten;
    let done = false;
    this.#stream.write(piece, () => {
      done = true;
      this.#wake();
    });
    yield* this.#outputUntil(() => done);
    const taken = this.#stream.bytesWritten - before;
    this.#over = taken < piece.length;
    if (this.#over) this.#onRest(piece.subarray(taken));
  }

  async *end(): AsyncGenerator<Uint8Array> {
    this.#stream.end();
    yield* this.#outputUntil(() => this.#ended);
  }

  close(): void {
    this.#stream.destroy();
  }

  async *#outputUntil(done: () => boolean): AsyncGenerator<Uint8Array> {
    while (true) {
      if (this.#error !== undefined) throw this.#error;
      const output = this.#stream.read() as Uint8Array | null;
      if (output !== null) yield output;
      else if (done()) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
