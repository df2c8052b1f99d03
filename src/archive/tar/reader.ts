/**
 * Reads a tar archive: ustar, GNU (long names, base-256 numbers), PAX, and what came before POSIX. It takes
 * what GNU tar and bsdtar take and agree on. Where they do not, or where something would be missing or be
 * other than it was packed, it refuses: `member.ts` and `ending.ts` say what.
 */
import { IntegrityError } from "../../errors.ts";
import { Ending } from "./ending.ts";
import { type EntryHandler, shown } from "../entry.ts";
import { corrupt, Extensions, isExtension } from "./extensions.ts";
import { BLOCK, type Header, isZero, paddingOf, parseHeader } from "./header.ts";
import { toMember } from "./member.ts";
import { NotUtf8 } from "./name_bytes.ts";

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

type State = "header" | "extended" | "content" | "ignored" | "padding";

class TarReader {
  readonly #name: string;
  readonly #handler: EntryHandler;
  readonly #isSourceComplete: boolean;
  readonly #onNote: (note: string) => void;
  readonly #extensions: Extensions;
  #state: State = "header";
  /** Bytes until the state changes. */
  #missing = BLOCK;
  /** A header, or an extended header's content, that came in several chunks. */
  #kept: Uint8Array[] = [];
  /** The padding of the current content. */
  #padding = 0;
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
    this.#extensions = new Extensions(name);
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
      !this.#extensions.isPending;
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
      throw corrupt(this.#name, header, "its header has an impossible size");
    }
    // A volume's label (GNU), and the access list of the entry that follows (Solaris).
    if (flag === "V" || flag === "A") return this.#ignore(size + paddingOf(size));
    if (isExtension(flag)) return this.#beginExtended(header, size);
    this.#begin(header, size);
  }

  #beginExtended(header: Header, size: number): void {
    const content = this.#extensions.begin(header, size);
    if (content === 0) this.#expect("header", BLOCK);
    else this.#expect("extended", content + paddingOf(content));
  }

  #begin(header: Header, headerSize: number): void {
    const parts = this.#extensions.take(header, headerSize);
    const { entry, content, isSizeIdle } = toMember(parts, this.#name);
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
    this.#expect("header", BLOCK);
    this.#extensions.end(bytes);
  }

  /** There is something else where a header should be. */
  #noHeader(): IntegrityError {
    if (this.#idle !== undefined) return new IntegrityError(`Refused ${this.#idle}`);
    return new IntegrityError(
      `${this.#name} is no tar archive or is corrupt: a header has a wrong checksum`,
    );
  }
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
