/**
 * Whole numbers in few bytes: seven bits each, the lowest first, and a mark that more follow. Signed
 * ones are folded: 0, -1, 1, -2 become 0, 1, 2, 3.
 */
import { IntegrityError } from "../../errors.ts";

/** Above this a number or its folded form would not be exact. */
const GREATEST = Number.MAX_SAFE_INTEGER;

export class VarintWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written. Valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** A whole number that is not negative. */
  put(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow();
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
      this.#bytes[this.#length++] = 0x80 | rest % 0x80;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number whose double is exact. */
  putSigned(value: number): void {
    this.put(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes that were read. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Throws IntegrityError if there is none, or if it is too great to be exact. */
  next(): number {
    let value = 0;
    for (let unit = 1; unit <= GREATEST; unit *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new IntegrityError("A patch is damaged: a number is cut off");
      value += (byte & 0x7f) * unit;
      if (value > GREATEST) break;
      if (byte < 0x80) return value;
    }
    throw new IntegrityError("A patch is damaged: a number is too great");
  }

  nextSigned(): number {
    const folded = this.next();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }
}
