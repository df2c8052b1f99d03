/** One range of a download, with the memory of its bytes until they are read. */
import type { ObjectInfo } from "../../bucket/bucket.ts";

/** A pool of memory in blocks of one size. */
export class BlockPool {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(readonly blockSize: number) {}

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.blockSize);
  }

  giveBack(block: Uint8Array<ArrayBuffer>): void {
    this.#free.push(block);
  }

  /**
   * Frees the memory now. The garbage collector sees only small objects, and would free it late.
   */
  free(): void {
    for (const block of this.#free.splice(0)) block.buffer.transfer(0);
  }
}

/** One range. The download fills it, and the reader empties it. */
export class Range {
  /** What the first answer told of the object. */
  readonly opened: Promise<ObjectInfo>;
  readonly #settle: { open(info: ObjectInfo): void; fail(error: unknown): void };
  readonly #blocks: BlockPool;
  /** The full blocks, in order. */
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #last: { readonly block: Uint8Array<ArrayBuffer>; filled: number } | undefined;
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(blocks: BlockPool) {
    this.#blocks = blocks;
    const { promise, resolve, reject } = Promise.withResolvers<ObjectInfo>();
    this.opened = promise;
    this.#settle = { open: resolve, fail: reject };
    promise.catch(() => {});
  }

  open(info: ObjectInfo): void {
    this.#settle.open(info);
  }

  /** Stores a copy of the bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const last = this.#last ??= { block: this.#blocks.take(), filled: 0 };
      const piece = bytes.subarray(at, at + last.block.byteLength - last.filled);
      last.block.set(piece, last.filled);
      last.filled += piece.byteLength;
      at += piece.byteLength;
      if (last.filled === last.block.byteLength) {
        this.#full.push(last.block);
        this.#last = undefined;
        this.#wake();
      }
    }
  }

  end(): void {
    this.#done = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#settle.fail(error);
    this.#wake();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const block = this.#full.shift();
      if (block !== undefined) {
        yield block;
        this.#blocks.giveBack(block);
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#done) break;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#last === undefined) return;
    const { block, filled } = this.#last;
    yield block.subarray(0, filled);
    this.#blocks.giveBack(block);
  }
}
