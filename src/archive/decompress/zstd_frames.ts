/**
 * Finds the beginning and the end of zstd frames (RFC 8878, section 3.1).
 *
 * Deno's `node:zlib` decodes one frame well. But it loses a second frame in the same write, ends at
 * a skippable frame, and accepts a truncated frame without an error. So FTL first walks over the
 * input here. A frame is a header, blocks that tell their size, and an optional checksum, so this
 * is cheap.
 */
import { IntegrityError } from "../../errors.ts";

const MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const MAGIC_NUMBER = 0xfd2fb528;
/** Sixteen magic numbers, 0x184D2A50 to 0x184D2A5F, mark a skippable frame. */
const SKIPPABLE = 0x184d2a50;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** The fields of a frame. Those before `descriptor` are outside of a frame. */
type Field =
  | "magic"
  | "skip-size"
  | "skipped"
  | "descriptor"
  | "header"
  | "block"
  | "content"
  | "sum";

/** Cuts a stream of bytes into pieces that never reach past the end of a frame. */
export class ZstdFrames {
  #field: Field = "magic";
  /** How many bytes of the current field are still missing. */
  #missing = 4;
  /** The little-endian number in the current field, as far as it is read. */
  #value = 0;
  #digit = 1;
  #checksum = false;
  #last = false;
  #frames = 0;
  readonly #name: string;

  /** @param name the file's name, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** The pieces of `chunk` that belong to frames, in order. Skippable frames are left out. */
  *split(chunk: Uint8Array): Generator<Uint8Array> {
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      at += this.#take(chunk, at);
      if (this.#missing > 0) break;
      const wasInside = this.#isInside();
      this.#next();
      if (!wasInside) {
        from = at;
        if (this.#isInside()) yield MAGIC;
      } else if (!this.#isInside()) {
        yield chunk.subarray(from, at);
        from = at;
      }
    }
    if (this.#isInside() && from < chunk.length) yield chunk.subarray(from);
  }

  /**
   * Must be called at the end of the input. Throws IntegrityError inside a frame, or if there was
   * no frame.
   */
  end(): void {
    if (this.#field !== "magic" || this.#missing !== 4 || this.#frames === 0) {
      throw new IntegrityError(`${this.#name} is truncated: its zstd data ends too early`);
    }
  }

  #isInside(): boolean {
    return this.#field !== "magic" && this.#field !== "skip-size" && this.#field !== "skipped";
  }

  /** Reads the bytes of the current field from `chunk`, and returns how many there were. */
  #take(chunk: Uint8Array, at: number): number {
    const step = Math.min(this.#missing, chunk.length - at);
    if (this.#field === "magic" || this.#field === "skip-size" || this.#field === "block") {
      for (let i = at; i < at + step; i++) {
        this.#value += (chunk[i] ?? 0) * this.#digit;
        this.#digit *= 256;
      }
    } else if (this.#field === "descriptor") this.#value = chunk[at] ?? 0;
    this.#missing -= step;
    return step;
  }

  #expect(field: Field, bytes: number): void {
    this.#field = field;
    this.#missing = bytes;
    this.#value = 0;
    this.#digit = 1;
    if (bytes === 0) this.#next();
  }

  /** Decides what follows the current field, which is complete. */
  #next(): void {
    switch (this.#field) {
      case "magic":
        return this.#begin(this.#value);
      case "skip-size":
        return this.#expect("skipped", this.#value);
      case "descriptor":
        return this.#describe(this.#value);
      case "header":
        return this.#expect("block", 3);
      case "block":
        return this.#beginBlock(this.#value);
      case "content":
        if (!this.#last) return this.#expect("block", 3);
        return this.#checksum ? this.#expect("sum", 4) : this.#expect("magic", 4);
      case "skipped":
      case "sum":
        return this.#expect("magic", 4);
    }
  }

  #begin(magic: number): void {
    if (magic === MAGIC_NUMBER) {
      this.#frames++;
      this.#expect("descriptor", 1);
    } else if (magic - (magic % 16) === SKIPPABLE) {
      this.#expect("skip-size", 4);
    } else {
      const what = this.#frames === 0 ? "is not a zstd file" : "has garbage after its zstd data";
      throw new IntegrityError(`${this.#name} ${what}`);
    }
  }

  /** Reads the frame header descriptor, which tells the other fields of the header. */
  #describe(descriptor: number): void {
    const single = (descriptor & 0x20) !== 0;
    this.#checksum = (descriptor & 4) !== 0;
    const window = single ? 0 : 1;
    const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    this.#expect("header", window + dictionary + contentSize);
  }

  #beginBlock(header: number): void {
    const type = (header >> 1) & 3;
    if (type === BLOCK_RESERVED) {
      throw new IntegrityError(`${this.#name} is corrupt: it has a zstd block of no known type`);
    }
    this.#last = (header & 1) === 1;
    this.#expect("content", type === BLOCK_RLE ? 1 : header >> 3);
  }
}
