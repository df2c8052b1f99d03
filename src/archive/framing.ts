/**
 * Walks the blocks of a tar archive before `tar-stream` sees them, and refuses what that would misread.
 *
 * `tar-stream` is lenient where FTL must not be: it goes on after the end-of-archive marker and does not
 * miss an absent one, takes what it can from broken PAX records, loses its place at an extended header
 * without content, waits for ever at a size that is no number, and applies a global PAX header only to
 * some entries. Block and header layout: POSIX pax, "ustar Interchange Format", and the GNU tar manual,
 * "Basic Tar Format".
 */
import { IntegrityError, messageOf } from "../core/errors.ts";
import { shown } from "./entry.ts";
import { escapeBytes, parsePax, type PaxRecords } from "./pax.ts";

export const BLOCK = 512;
/** More than any name needs, and few enough bytes to hold. */
const MAX_EXTENDED = 1 << 20;

/** What the framing found out about an entry. */
export interface Frame {
  /** Where its content begins, in bytes from the start of the archive. */
  offset: number;
  size: number;
  /** Seconds since 1970; `tar-stream` is a second off before that. Undefined where it is no number. */
  mtime: number | undefined;
  /** The type flag of its header: `0`, `5`, ... */
  flag: string;
  pax: PaxRecords;
}

const NO_RECORDS: PaxRecords = new Map();

export class Framing {
  /** The frames of entries that have begun, oldest first; the reader takes them. */
  readonly frames: Frame[] = [];
  readonly #name: string;
  #state: "header" | "extended" | "content" | "trailer" = "header";
  #missing = BLOCK;
  #offset = 0;
  /** A header, or an extended header's content, that came in several chunks. */
  #kept: Uint8Array[] = [];
  #extension: { flag: string; size: number } | undefined;
  #global: PaxRecords = NO_RECORDS;
  #local: PaxRecords = NO_RECORDS;
  #zeros = 0;

  /** @param name the file's, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** Whether the last chunk ended within an extended header. */
  get isUnfinished(): boolean {
    return this.#state === "extended";
  }

  /**
   * The leading part of `chunk` that belongs to entries; what is left out is the end of the archive.
   * Throws IntegrityError.
   */
  accept(chunk: Uint8Array): Uint8Array {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "trailer") {
        this.#acceptTrailer(chunk.subarray(at));
        break;
      }
      const part = chunk.subarray(at, at + this.#missing);
      this.#missing -= part.length;
      this.#offset += part.length;
      at += part.length;
      if (this.#state !== "content" && (this.#missing > 0 || this.#kept.length > 0)) {
        this.#kept.push(part.slice());
      }
      if (this.#missing === 0) this.#complete(this.#kept.length > 0 ? joined(this.#kept) : part);
    }
    return at === chunk.length ? chunk : chunk.subarray(0, at);
  }

  /**
   * Says that the archive has ended. Throws IntegrityError unless it ended with its marker, two blocks of
   * zeros. GNU tar does without; but whoever wrote the archive wrote it, so without it some bytes are lost.
   *
   * @param last the entry that came last, for the message
   */
  end(last: string | undefined): void {
    if (this.#state === "trailer" && this.#zeros >= 2 * BLOCK) return;
    const where = last === undefined
      ? ""
      : ` ${this.#state === "content" ? "in" : "after"} ${shown(last)}`;
    throw new IntegrityError(
      `${this.#name} is truncated${where}: its end-of-archive marker is missing`,
    );
  }

  /** A header, an extended header's content or an entry's content is complete: `bytes`. */
  #complete(bytes: Uint8Array): void {
    if (this.#state === "content") return this.#expect("header", BLOCK);
    this.#kept = [];
    if (this.#state === "extended") return this.#endExtended(bytes);
    if (bytes[0] === 0 && isZero(bytes)) {
      this.#state = "trailer";
      this.#zeros = BLOCK;
      return;
    }
    this.#readHeader(bytes);
  }

  #expect(state: "header" | "extended" | "content", bytes: number): void {
    this.#state = state;
    this.#missing = bytes;
  }

  #readHeader(header: Uint8Array): void {
    checkSum(header, this.#name);
    const flag = header[156] === 0 ? "0" : String.fromCharCode(header[156] ?? 0);
    const size = readNumber(header, { at: 124, length: 12 });
    if (size === undefined || size < 0) {
      throw this.#broken("its header has an impossible size", header);
    }
    // An old GNU list of long names, which `tar-stream` takes for one name.
    if (flag === "N") throw this.#broken('it is of the unknown type "N"', header);
    if (flag === "x" || flag === "g" || flag === "L" || flag === "K") {
      if (size === 0 || size > MAX_EXTENDED) {
        throw this.#broken(`its extended header has ${size} bytes`, header);
      }
      this.#extension = { flag, size };
      return this.#expect("extended", padded(size));
    }
    const pax = this.#global.size === 0 ? this.#local : new Map([...this.#global, ...this.#local]);
    const mtime = readNumber(header, { at: 136, length: 12 });
    const told = this.#local.get("size");
    const frame = { offset: this.#offset, size: told ? Number(told) : size, mtime, flag, pax };
    this.#local = NO_RECORDS;
    this.frames.push(frame);
    const content = flag === "5" ? 0 : padded(frame.size);
    this.#expect(content > 0 ? "content" : "header", content > 0 ? content : BLOCK);
  }

  #endExtended(bytes: Uint8Array): void {
    const { flag, size } = this.#extension ?? { flag: "", size: 0 };
    this.#expect("header", BLOCK);
    if (flag !== "x" && flag !== "g") return;
    try {
      const records = parsePax(bytes.subarray(0, size));
      if (flag === "x") this.#local = records;
      else this.#global = global(this.#global, records);
    } catch (error) {
      throw new IntegrityError(`${this.#name} has a broken PAX header: ${messageOf(error)}`);
    }
  }

  /** After the marker GNU tar pads with zeros. Anything else is not what the archive's maker checked. */
  #acceptTrailer(bytes: Uint8Array): void {
    if (!isZero(bytes)) {
      throw new IntegrityError(`${this.#name} has garbage after its end-of-archive marker`);
    }
    this.#zeros += bytes.length;
  }

  #broken(what: string, header: Uint8Array): IntegrityError {
    const end = header.subarray(0, 100).indexOf(0);
    const entry = escapeBytes(header.subarray(0, end < 0 ? 100 : end));
    return new IntegrityError(`${this.#name} is corrupt at ${entry}: ${what}`);
  }
}

/** A global PAX header speaks of all entries after it, which makes no sense of a name or a size. */
function global(before: PaxRecords, records: PaxRecords): PaxRecords {
  for (const key of records.keys()) {
    if (key === "path" || key === "linkpath" || key === "size" || key.startsWith("GNU.sparse.")) {
      throw new Error(`its ${key} is meant for every entry`);
    }
  }
  return new Map([...before, ...records]);
}

function checkSum(header: Uint8Array, name: string): void {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += header[i] as number;
  for (let i = 156; i < BLOCK; i++) sum += header[i] as number;
  if (sum !== readOctal(header, { at: 148, length: 8 })) {
    throw new IntegrityError(
      `${name} is no tar archive or is corrupt: a header has a wrong checksum`,
    );
  }
}

interface Field {
  at: number;
  length: number;
}

/** Octal digits, or where its first bit is set a number in base 256 and two's complement (GNU). */
function readNumber(header: Uint8Array, field: Field): number | undefined {
  const { at, length } = field;
  const first = header[at] as number;
  if (first < 0x80) return readOctal(header, field);
  if (first !== 0x80 && first !== 0xff) return undefined;
  let value = first === 0xff ? -1 : 0;
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (header[i] as number);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Spaces or NULs, octal digits, a space or NUL. */
function readOctal(header: Uint8Array, { at, length }: Field): number | undefined {
  const end = at + length;
  while (at < end && (header[at] === 0x20 || header[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = header[at] as number;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + byte - 0x30;
  }
  return value;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
