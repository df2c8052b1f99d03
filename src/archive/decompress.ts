/** From the bytes of a file as it lies in the bucket to the bytes that it holds. */
import { createGunzip, createZstdDecompress } from "node:zlib";
import { IntegrityError, messageOf } from "../core/errors.ts";
import type { Compression } from "./format.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** Bytes that are handed to the decompressor at once, and that it hands back at once. */
const INPUT = 64 << 10;
const OUTPUT = 512 << 10;

export interface DecompressOptions {
  compression: Compression;
  /** The file's name, for messages. */
  name: string;
  signal?: AbortSignal | undefined;
}

/**
 * The content of `source`, in pieces. Throws IntegrityError where it is not compressed as it should be,
 * is corrupt, truncated or followed by anything but zeros.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions,
): AsyncGenerator<Uint8Array> {
  const { compression, name, signal } = options;
  const frames = new ZstdFrames(name);
  if (compression === "none") {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      yield chunk;
    }
    return;
  }
  const inflater = new Inflater(compression, name);
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += INPUT) {
        signal?.throwIfAborted();
        const part = chunk.subarray(at, at + INPUT);
        const pieces = compression === "zstd" ? frames.split(part) : [part];
        for (const piece of pieces) yield* inflater.write(piece);
      }
    }
    if (compression === "zstd") frames.end();
    yield* inflater.end();
  } finally {
    inflater.close();
  }
}

/** One decompressor of `node:zlib`, driven piece by piece so that its output never piles up. */
class Inflater {
  readonly #stream;
  readonly #name: string;
  readonly #compression: Compression;
  #written = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  constructor(compression: Compression, name: string) {
    this.#name = name;
    this.#compression = compression;
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

  async *write(piece: Uint8Array): AsyncGenerator<Uint8Array> {
    const before = this.#stream.bytesWritten;
    if (before < this.#written) return this.#refuseGarbage(piece);
    let done = false;
    this.#stream.write(piece, () => {
      done = true;
      this.#wake();
    });
    this.#written += piece.length;
    yield* this.#outputUntil(() => done);
    const taken = this.#stream.bytesWritten - before;
    if (taken < piece.length) this.#refuseGarbage(piece.subarray(taken));
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
      if (this.#error !== undefined) throw this.#explain(this.#error);
      const output = this.#stream.read() as Uint8Array | null;
      if (output !== null) yield output;
      else if (done()) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** As GNU gzip does, zeros after the data pass: some tools pad to whole blocks. */
  #refuseGarbage(rest: Uint8Array): void {
    if (rest.some((byte) => byte !== 0)) {
      throw new IntegrityError(`${this.#name} has garbage after its ${this.#compression} data`);
    }
  }

  #explain(error: Error): IntegrityError {
    const message = messageOf(error);
    return new IntegrityError(
      message.includes("unexpected end of file")
        ? `${this.#name} is truncated: its ${this.#compression} data ends too early`
        : `${this.#name} is no ${this.#compression} file or is corrupt: ${message}`,
      { cause: error },
    );
  }
}
