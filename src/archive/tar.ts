/**
 * Reads a tar archive: ustar, GNU (long names, base-256 numbers), PAX, and what came before POSIX. It is
 * strict where readers usually are not: what it does not understand it refuses, and an archive without its
 * end-of-archive marker is truncated.
 */
import { IntegrityError, messageOf } from "../core/errors.ts";
import { type Entry, type EntryHandler, type EntryKind, shown } from "./entry.ts";
import { BLOCK, type Header, parseHeader } from "./header.ts";
import { escapeBytes, parsePax, type PaxRecords } from "./pax.ts";

/** More than any name needs, and few enough bytes to hold. */
const MAX_EXTENDED = 1 << 20;

export interface ReadTarOptions {
  /** The archive's file name, for messages. */
  name: string;
  handler: EntryHandler;
  /** Called after each chunk of the source. */
  afterChunk: () => void;
}

/**
 * Hands every entry of the archive to `handler`, in order. Throws IntegrityError for an archive that is
 * broken, truncated, or has an entry that is no file, directory or link; and what `source` and `handler`
 * throw.
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  { name, handler, afterChunk }: ReadTarOptions,
): Promise<void> {
  const reader = new TarReader(name, handler);
  for await (const chunk of source) {
    handler.beginChunk?.(chunk);
    reader.read(chunk);
    handler.endChunk?.();
    afterChunk();
  }
  reader.end();
}

const KINDS: Readonly<Record<string, EntryKind>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "5": "directory",
  "7": "file", // contiguous, which is a matter of speed
};

const REFUSED: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a fifo",
  "S": "a sparse file",
};

const NO_RECORDS: PaxRecords = new Map();

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class TarReader {
  readonly #name: string;
  readonly #handler: EntryHandler;
  #state: "header" | "extended" | "content" | "padding" | "trailer" = "header";
  /** Bytes until the state changes. */
  #missing = BLOCK;
  /** A header, or an extended header's content, that came in several chunks. */
  #kept: Uint8Array[] = [];
  /** The padding of the current content. */
  #padding = 0;
  #extension: { flag: string; size: number } = { flag: "", size: 0 };
  #global: PaxRecords = NO_RECORDS;
  #local: PaxRecords = NO_RECORDS;
  #longName: string | undefined;
  #longLink: string | undefined;
  /** The entry that came last, for messages. */
  #last: string | undefined;
  #zeros = 0;

  constructor(name: string, handler: EntryHandler) {
    this.#name = name;
    this.#handler = handler;
  }

  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "trailer") return this.#readTrailer(chunk.subarray(at));
      const part = chunk.subarray(at, at + this.#missing);
      this.#missing -= part.length;
      at += part.length;
      if (this.#state === "content") {
        this.#handler.data(part);
        if (this.#missing === 0) this.#endContent();
      } else if (this.#state === "padding") {
        if (this.#missing === 0) this.#expect("header", BLOCK);
      } else if (this.#missing > 0 || this.#kept.length > 0) {
        this.#kept.push(part.slice());
        if (this.#missing === 0) this.#complete(joined(this.#kept.splice(0)));
      } else this.#complete(part);
    }
  }

  /**
   * Says that the archive has ended. Throws IntegrityError unless it ended with its marker, two blocks of
   * zeros. GNU tar does without; but whoever wrote the archive wrote it, so without it some bytes are lost.
   */
  end(): void {
    if (this.#state === "trailer" && this.#zeros >= 2 * BLOCK) return;
    const where = this.#state === "content" || this.#state === "padding" ? "in" : "after";
    throw new IntegrityError(
      `${this.#name} is truncated${
        this.#last === undefined ? "" : ` ${where} ${shown(this.#last)}`
      }: its end-of-archive marker is missing`,
    );
  }

  #expect(state: "header" | "extended" | "content" | "padding", bytes: number): void {
    this.#state = state;
    this.#missing = bytes;
  }

  /** A header or an extended header's content is complete. */
  #complete(bytes: Uint8Array): void {
    if (this.#state === "extended") return this.#endExtended(bytes);
    if (bytes[0] === 0 && isZero(bytes)) {
      this.#state = "trailer";
      this.#zeros = BLOCK;
      return;
    }
    const header = parseHeader(bytes);
    if (header === undefined) {
      throw new IntegrityError(
        `${this.#name} is no tar archive or is corrupt: a header has a wrong checksum`,
      );
    }
    const { flag, size } = header;
    if (size === undefined || size < 0) {
      throw this.#broken("its header has an impossible size", header);
    }
    if (flag === "x" || flag === "g" || flag === "L" || flag === "K") {
      if (size === 0 || size > MAX_EXTENDED) {
        throw this.#broken(`its extended header has ${size} bytes`, header);
      }
      this.#extension = { flag, size };
      return this.#expect("extended", size + paddingOf(size));
    }
    this.#begin(header, size);
  }

  #begin(header: Header, headerSize: number): void {
    const pax = this.#global.size === 0 ? this.#local : new Map([...this.#global, ...this.#local]);
    const name = pax.get("path") || this.#longName || decoded(header.name, "the name of an entry");
    const told = this.#local.get("size");
    const size = told ? Number(told) : headerSize;
    const entry = this.#toEntry(header, { name, size, pax });
    this.#local = NO_RECORDS;
    this.#longName = this.#longLink = undefined;
    this.#last = name;
    this.#handler.begin(entry);
    this.#padding = paddingOf(size);
    if (entry.kind === "file" && size > 0) return this.#expect("content", size);
    this.#handler.finish();
    this.#expect("header", BLOCK);
  }

  #toEntry(
    header: Header,
    { name, size, pax }: { name: string; size: number; pax: PaxRecords },
  ): Entry {
    const { flag, mode } = header;
    const refuse = (why: string): IntegrityError =>
      new IntegrityError(`Refused ${shown(name)} in ${this.#name}: ${why}`);
    if (isSparse(pax)) throw refuse("it is a sparse file");
    const isFolder = KINDS[flag] === "file" && size === 0 && name.endsWith("/"); // before POSIX
    const kind = isFolder ? "directory" : KINDS[flag];
    if (kind === undefined) {
      throw refuse(`it is ${REFUSED[flag] ?? `of the unknown type ${JSON.stringify(flag)}`}`);
    }
    if ((kind === "symlink" || kind === "hardlink") && size > 0) {
      throw refuse("it is a link with content");
    }
    const mtime = pax.get("mtime") ? Number(pax.get("mtime")) : header.mtime;
    if (mtime === undefined) throw refuse("its mtime is no number");
    if (mode === undefined || mode < 0) throw refuse("its mode is no number");
    const target = pax.get("linkpath") || this.#longLink ||
      decoded(header.link, `the link target of ${shown(name)}`);
    return { name, kind, mode: mode & 0o777, mtime, size: kind === "file" ? size : 0, target };
  }

  #endContent(): void {
    this.#handler.finish();
    if (this.#padding > 0) this.#expect("padding", this.#padding);
    else this.#expect("header", BLOCK);
  }

  #endExtended(bytes: Uint8Array): void {
    const { flag, size } = this.#extension;
    const content = bytes.subarray(0, size);
    this.#expect("header", BLOCK);
    if (flag === "L") this.#longName = longText(content, "the name of an entry");
    else if (flag === "K") this.#longLink = longText(content, "a link target");
    else this.#readPax(flag, content);
  }

  #readPax(flag: string, content: Uint8Array): void {
    try {
      const records = parsePax(content);
      if (flag === "x") this.#local = records;
      else this.#global = merged(this.#global, records);
    } catch (error) {
      throw new IntegrityError(`${this.#name} has a broken PAX header: ${messageOf(error)}`);
    }
  }

  /** After the marker GNU tar pads with zeros. Anything else is not what the archive's maker checked. */
  #readTrailer(bytes: Uint8Array): void {
    if (!isZero(bytes)) {
      throw new IntegrityError(`${this.#name} has garbage after its end-of-archive marker`);
    }
    this.#zeros += bytes.length;
  }

  #broken(what: string, { name }: Header): IntegrityError {
    return new IntegrityError(`${this.#name} is corrupt at ${escapeBytes(toBytes(name))}: ${what}`);
  }
}

/** A global PAX header speaks of all entries after it, which makes no sense of a name or a size. */
function merged(before: PaxRecords, records: PaxRecords): PaxRecords {
  for (const key of records.keys()) {
    if (key === "path" || key === "linkpath" || key === "size" || key.startsWith("GNU.sparse.")) {
      throw new Error(`its ${key} is meant for every entry`);
    }
  }
  return new Map([...before, ...records]);
}

/** Sparse files of GNU's PAX formats 0.0, 0.1 and 1.0, which look like plain ones otherwise. */
function isSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith("GNU.sparse.")) return true;
  return false;
}

/** A GNU long name, which a NUL ends. */
function longText(content: Uint8Array, what: string): string {
  const end = content.indexOf(0);
  return decodedBytes(end < 0 ? content : content.subarray(0, end), what);
}

function decoded(name: string, what: string): string {
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  return /^[\x00-\x7f]*$/.test(name) ? name : decodedBytes(toBytes(name), what);
}

function decodedBytes(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new IntegrityError(
      `Refused ${escapeBytes(bytes)}: ${what} is no UTF-8, which is all that FTL can write`,
    );
  }
}

function toBytes(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}

function paddingOf(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
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
