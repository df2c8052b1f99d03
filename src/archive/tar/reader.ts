/**
 * Reads a tar archive: ustar, GNU (long names, base-256 numbers), PAX, and what came before POSIX. It takes
 * what GNU tar and bsdtar take and agree on. Where they do not, or where something would be missing or be
 * other than it was packed, it refuses: `member.ts` and `ending.ts` say what.
 */
import { IntegrityError, messageOf } from "../../errors.ts";
import { Ending } from "./ending.ts";
import { type EntryHandler, shown } from "../entry.ts";
import { BLOCK, type Header, isZero, parseHeader } from "./header.ts";
import { toMember } from "./member.ts";
import { decodeName, NotUtf8, shownField } from "./name_bytes.ts";
import { parsePax, type PaxRecords } from "./pax.ts";

/** More than any name needs, and few enough bytes to hold. */
const MAX_EXTENDED = 1 << 20;

export interface ReadTarOptions {
  /** The archive's file name, for messages. */
  name: string;
  handler: EntryHandler;
  /** Called after each chunk of the source. */
  afterChunk: () => void;
  /** Whether the source tells by itself that it was cut off, as compressed data does. */
  isComplete: boolean;
  /** Called with what is odd about the archive, but no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Hands every entry of the archive to `handler`, in order. Throws IntegrityError for an archive that is
 * broken, truncated, or has an entry that is no file, directory or link; and what `source` and `handler`
 * throw.
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  options: ReadTarOptions,
): Promise<void> {
  const { handler, afterChunk } = options;
  const reader = new TarReader(options);
  for await (const chunk of source) {
    handler.beginChunk?.(chunk);
    reader.read(chunk);
    handler.endChunk?.();
    afterChunk();
  }
  reader.end();
}

const NO_RECORDS: PaxRecords = new Map();

type State = "header" | "extended" | "content" | "ignored" | "padding";

class TarReader {
  readonly #name: string;
  readonly #handler: EntryHandler;
  readonly #isSourceComplete: boolean;
  readonly #onNote: (note: string) => void;
  #state: State = "header";
  /** Bytes until the state changes. */
  #missing = BLOCK;
  /** A header, or an extended header's content, that came in several chunks. */
  #kept: Uint8Array[] = [];
  /** The padding of the current content. */
  #padding = 0;
  #extension: { flag: string; size: number } = { flag: "", size: 0 };
  #isPax = false;
  #global: PaxRecords = NO_RECORDS;
  #local: PaxRecords = NO_RECORDS;
  #longName: string | undefined;
  #longLink: string | undefined;
  /** The entry that came last, for messages. */
  #last: string | undefined;
  /** That entry, where its size speaks of content that should not follow. */
  #idle: string | undefined;
  #ending: Ending | undefined;

  constructor({ name, handler, isComplete, onNote }: ReadTarOptions) {
    this.#name = name;
    this.#handler = handler;
    this.#isSourceComplete = isComplete;
    this.#onNote = onNote ?? (() => {});
  }

  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#ending !== undefined) return this.#ending.read(chunk.subarray(at));
      const part = chunk.subarray(at, at + this.#missing);
      this.#missing -= part.length;
      at += part.length;
      if (this.#state === "content") {
        this.#handler.data(part);
        if (this.#missing === 0) this.#endContent();
      } else if (this.#state === "padding" || this.#state === "ignored") {
        if (this.#missing === 0) this.#expect("header", BLOCK);
      } else if (this.#missing > 0 || this.#kept.length > 0) {
        this.#kept.push(part.slice());
        if (this.#missing === 0) this.#complete(joined(this.#kept.splice(0)));
      } else this.#complete(part);
    }
  }

  /**
   * Says that the source has ended. Throws IntegrityError unless the archive has too. Some writers leave its
   * marker out, and readers do without. But then a file that was cut off between two entries looks like a
   * whole one, so without the marker it has to be the source that knows its end.
   */
  end(): void {
    if (this.#ending !== undefined) return;
    const isBetween = this.#state === "header" && this.#missing === BLOCK &&
      this.#local === NO_RECORDS && this.#longName === undefined && this.#longLink === undefined;
    if (isBetween && this.#last !== undefined && this.#isSourceComplete) return;
    const where = this.#state === "content" || this.#state === "padding" ? "in" : "after";
    throw new IntegrityError(
      `${this.#name} is truncated${
        this.#last === undefined ? "" : ` ${where} ${shown(this.#last)}`
      }: its end-of-archive marker is missing`,
      isBetween && this.#last !== undefined
        ? {
          hint: "Copy or pack it again; where its writer leaves the marker out, compress it: " +
            "a .tar.gz or .tar.zst tells otherwise that it is whole",
        }
        : {},
    );
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#missing = bytes;
  }

  /** A header or an extended header's content is complete. */
  #complete(bytes: Uint8Array): void {
    try {
      if (this.#state === "extended") this.#endExtended(bytes);
      else if (bytes[0] === 0 && isZero(bytes)) this.#ending = new Ending(this.#name, this.#onNote);
      else this.#endHeader(bytes);
    } catch (error) {
      throw error instanceof NotUtf8 ? error.explain(this.#name) : error;
    }
  }

  #endHeader(bytes: Uint8Array): void {
    const header = parseHeader(bytes);
    if (header === undefined) throw this.#noHeader();
    this.#idle = undefined;
    const { flag, size } = header;
    if (size === undefined || size < 0) {
      throw this.#broken("its header has an impossible size", header);
    }
    // A volume's label (GNU), and the access list of the entry that follows (Solaris).
    if (flag === "V" || flag === "A") return this.#ignore(size + paddingOf(size));
    if (isExtension(flag)) return this.#beginExtended(header, size);
    this.#begin(header, size);
  }

  #beginExtended(header: Header, size: number): void {
    const flag = header.flag === "X" ? "x" : header.flag; // Solaris
    if (flag === "x" || flag === "g") {
      this.#isPax = true;
      if (size === 0) return this.#expect("header", BLOCK);
    }
    if (size === 0 || size > MAX_EXTENDED) {
      throw this.#broken(`its extended header has ${size} bytes`, header);
    }
    this.#extension = { flag, size };
    this.#expect("extended", size + paddingOf(size));
  }

  #begin(header: Header, headerSize: number): void {
    const pax = this.#global.size === 0 ? this.#local : new Map([...this.#global, ...this.#local]);
    const told = this.#local.get("size");
    const { entry, content, isSizeIdle } = toMember({
      header,
      pax,
      longName: this.#longName,
      longLink: this.#longLink,
      size: told ? Number(told) : headerSize,
      isPax: this.#isPax,
    }, this.#name);
    this.#local = NO_RECORDS;
    this.#longName = this.#longLink = undefined;
    this.#last = entry.name;
    if (isSizeIdle) {
      this.#idle = `${shown(entry.name)} in ${this.#name}: it is a ${
        entry.kind === "directory" ? "folder" : "link"
      } with content`;
    }
    this.#handler.begin(entry);
    if (entry.kind === "file" && content > 0) {
      this.#padding = paddingOf(content);
      return this.#expect("content", content);
    }
    this.#handler.finish();
    this.#ignore(content + paddingOf(content));
  }

  #ignore(bytes: number): void {
    if (bytes > 0) this.#expect("ignored", bytes);
    else this.#expect("header", BLOCK);
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
    if (flag === "L") this.#longName = longText(content, "name");
    else if (flag === "K") this.#longLink = longText(content, "link target");
    else this.#readPax(flag, content);
  }

  #readPax(flag: string, content: Uint8Array): void {
    try {
      const records = parsePax(content);
      if (flag === "x") this.#local = records;
      else this.#global = merged(this.#global, records);
    } catch (error) {
      if (error instanceof NotUtf8) throw error;
      throw new IntegrityError(`${this.#name} has a broken PAX header: ${messageOf(error)}`);
    }
  }

  /** There is something else where a header should be. */
  #noHeader(): IntegrityError {
    if (this.#idle !== undefined) return new IntegrityError(`Refused ${this.#idle}`);
    return new IntegrityError(
      `${this.#name} is no tar archive or is corrupt: a header has a wrong checksum`,
    );
  }

  #broken(what: string, { name }: Header): IntegrityError {
    return new IntegrityError(`${this.#name} is corrupt at ${shownField(name)}: ${what}`);
  }
}

function isExtension(flag: string): boolean {
  return flag === "x" || flag === "g" || flag === "X" || flag === "L" || flag === "K";
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

/** A GNU long name, which a NUL ends. */
function longText(content: Uint8Array, what: "name" | "link target"): string {
  const end = content.indexOf(0);
  return decodeName(end < 0 ? content : content.subarray(0, end), what);
}

function paddingOf(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
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
