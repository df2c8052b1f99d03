/**
 * Reads extended headers. One tells more of the next entry than its own header has room for, or
 * tells it of all later entries. There are PAX records (POSIX), long names and long link targets
 * (GNU), and `X`, which is PAX's `x` on Solaris.
 */
import { IntegrityError, messageOf } from "../../errors.ts";
import type { Header } from "./header.ts";
import type { Parts } from "./member.ts";
import { decodeName, NotUtf8, shownField } from "./name_bytes.ts";
import { parsePax, type PaxRecords } from "./pax.ts";

/** In bytes: more than any name needs, and still little memory. */
const MAX_EXTENDED = 1 << 20;

const NO_RECORDS: PaxRecords = new Map();

export function isExtension(flag: string): boolean {
  return flag === "x" || flag === "g" || flag === "X" || flag === "L" || flag === "K";
}

export class Extensions {
  readonly #archive: string;
  /** The extended header whose content follows. */
  #current: { flag: string; size: number } = { flag: "", size: 0 };
  #isPax = false;
  #global: PaxRecords = NO_RECORDS;
  #local: PaxRecords = NO_RECORDS;
  #longName: string | undefined;
  #longLink: string | undefined;

  /** @param archive the file's name, for messages */
  constructor(archive: string) {
    this.#archive = archive;
  }

  /** Whether an entry must follow. */
  get isPending(): boolean {
    return this.#local !== NO_RECORDS || this.#longName !== undefined ||
      this.#longLink !== undefined;
  }

  /**
   * Starts an extended header, and returns the size of its content, which is for `end`. 0 if there
   * is none. Throws IntegrityError.
   */
  begin(header: Header, size: number): number {
    const flag = header.flag === "X" ? "x" : header.flag; // Solaris
    if (flag === "x" || flag === "g") {
      this.#isPax = true;
      if (size === 0) return 0;
    }
    if (size === 0 || size > MAX_EXTENDED) {
      throw corrupt(this.#archive, header, `its extended header has ${size} bytes`);
    }
    this.#current = { flag, size };
    return size;
  }

  /** Reads the content of the extended header, with its padding. Throws IntegrityError, NotUtf8. */
  end(bytes: Uint8Array): void {
    const { flag, size } = this.#current;
    const content = bytes.subarray(0, size);
    if (flag === "L") this.#longName = longText(content, "name");
    else if (flag === "K") this.#longLink = longText(content, "link target");
    else this.#readPax(flag, content);
  }

  /**
   * The header of an entry with everything that extended headers told of it. It does not count for
   * later entries.
   */
  take(header: Header, headerSize: number): Parts {
    const told = this.#local.get("size");
    const parts = {
      header,
      pax: this.#global.size === 0 ? this.#local : new Map([...this.#global, ...this.#local]),
      longName: this.#longName,
      longLink: this.#longLink,
      size: told ? Number(told) : headerSize,
      isPax: this.#isPax,
    };
    this.#local = NO_RECORDS;
    this.#longName = this.#longLink = undefined;
    return parts;
  }

  #readPax(flag: string, content: Uint8Array): void {
    try {
      const records = parsePax(content);
      if (flag === "x") this.#local = records;
      else this.#global = merged(this.#global, records);
    } catch (error) {
      if (error instanceof NotUtf8) throw error;
      throw new IntegrityError(`${this.#archive} has a broken PAX header: ${messageOf(error)}`);
    }
  }
}

export function corrupt(archive: string, { name }: Header, what: string): IntegrityError {
  return new IntegrityError(`${archive} is corrupt at ${shownField(name)}: ${what}`);
}

/**
 * Adds the records of a global PAX header, which count for all later entries. A name or a size must not be
 * among them.
 */
function merged(before: PaxRecords, records: PaxRecords): PaxRecords {
  for (const key of records.keys()) {
    if (key === "path" || key === "linkpath" || key === "size" || key.startsWith("GNU.sparse.")) {
      throw new Error(`it gives every entry the same ${key}`);
    }
  }
  return new Map([...before, ...records]);
}

/** A GNU long name. It ends at the first NUL. */
function longText(content: Uint8Array, what: "name" | "link target"): string {
  const end = content.indexOf(0);
  return decodeName(end < 0 ? content : content.subarray(0, end), what);
}
