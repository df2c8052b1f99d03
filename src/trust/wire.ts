/**
 * The encoding of SSH (RFC 4251, section 5): bytes, uint32, string and mpint. What is read may come from
 * anybody, so each length is checked, and only the one encoding that SSH itself would write is taken.
 */
import { IntegrityError } from "../errors.ts";

/** In bytes. OpenSSH's own patterns for names end there, too. */
const LONGEST_NAME = 1023;

/** Reads one value after the other. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** @param what what the bytes are, as an error calls it: `The signature` */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** Exactly this many bytes. Throws `IntegrityError` if there are fewer. */
  bytes(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw this.malformed("is cut short");
    return this.#bytes.subarray(this.#at, this.#at += count);
  }

  /** Throws `IntegrityError`, as all that follow. */
  byte(): number {
    const [value = 0] = this.bytes(1);
    return value;
  }

  uint32(): number {
    return this.bytes(4).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Bytes after their length. */
  string(): Uint8Array {
    return this.bytes(this.uint32());
  }

  /** A string of printable ASCII: a name. */
  text(): string {
    const bytes = this.string();
    if (bytes.length > LONGEST_NAME) throw this.malformed("has a name that is too long");
    const text = String.fromCharCode(...bytes);
    if (/[^ -~]/.test(text)) throw this.malformed("has a name with odd characters");
    return text;
  }

  /** A number that is not negative: its bytes without leading zeros. */
  mpint(): Uint8Array {
    const bytes = this.string();
    const [first = 0, second = 0] = bytes;
    if (first >= 0x80) throw this.malformed("has a negative number");
    if (bytes.length > 0 && first === 0 && second < 0x80) {
      throw this.malformed("has a number with a zero too many");
    }
    return first === 0 ? bytes.subarray(1) : bytes;
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Throws `IntegrityError` if anything is left. */
  end(): void {
    if (!this.isAtEnd()) throw this.malformed("is longer than it should be");
  }

  /** @param how follows what the bytes are, as in `is cut short` */
  malformed(how: string): IntegrityError {
    return new IntegrityError(`${this.#what} ${how}`);
  }
}

export function wireUint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

export function wireString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joinBytes(wireUint32(bytes.length), bytes);
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** With zeros in front, as long as asked for. Undefined if it is longer already. */
export function padStart(bytes: Uint8Array, length: number): Uint8Array | undefined {
  if (bytes.length > length) return undefined;
  return joinBytes(new Uint8Array(length - bytes.length), bytes);
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
