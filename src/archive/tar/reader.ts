/**
 * Reads a tar archive: ustar, GNU (long names, base-256 numbers), PAX, and formats before POSIX. It
 * accepts what both GNU tar and bsdtar accept with the same result. If they differ, or if something
 * would be missing or changed after unpacking, it refuses the archive: see `member.ts` and
 * `ending.ts`.
 */
import { joined } from "../joined.ts";
import { IntegrityError } from "../../errors.ts";
import { Ending } from "./ending.ts";
import { type EntryHandler, shown } from "../entry.ts";
import { corrupt, Extensions, isExtension } from "./extensions.ts";
import { BLOCK, type Header, isZero, paddingOf, parseHeader } from "./header.ts";
import { toMember } from "./member.ts";
import { NotUtf8 } from "./name_bytes.ts";

interface ReadTarOptions {
  /** The archive's file name, for messages. */
  name: string;
  handler: EntryHandler;
  /** Called after each chunk of the source. */
  afterChunk: () => void;
  /** Whether the source itself detects truncation, as compressed data does. */
  isComplete: boolean;
  /** Called with oddities of the archive that are no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Passes every entry of the archive to `handler`, in order. Throws IntegrityError if the archive is
 * broken or truncated, or has an entry that is not a file, directory or link. Throws any error of
 * `source` and `handler`.
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
  /** How many bytes are missing until the state changes. */
  #missing = BLOCK;
  /** Pieces of a header, or of an extended header's content, that came in several chunks. */
  #kept: Uint8Array[] = [];
  /** The padding after the current content, in bytes. */
  #padding = 0;
  /** The last entry, for messages. */
  #last: string | undefined;
  /** The last entry for messages, if its header has a size although no content should follow. */
  #refusalOfContent: string | undefined;
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
   * Must be called at the end of the source. Throws IntegrityError unless the archive has ended
   * too. Some writers omit the marker, and other readers accept that. But then a file that is
   * truncated between two entries looks whole. So without the marker the source itself must detect
   * truncation.
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
          hint: "Copy or pack it again; if its writer omits the marker, compress it: " +
            "a .tar.gz or .tar.zst shows its end without a marker",
        }
        : {},
    );
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#missing = bytes;
  }

  /** Handles a complete header, or the complete content of an extended header. */
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
    this.#refusalOfContent = undefined;
    const { flag, size } = header;
    if (size === undefined || size < 0) {
      throw corrupt(this.#name, header, "its header has an impossible size");
    }
    // The label of a volume (GNU), or the access list of the next entry (Solaris).
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
    const { entry, content, hasIgnoredSize } = toMember(parts, this.#name);
    this.#last = entry.name;
    if (hasIgnoredSize) {
      this.#refusalOfContent = `${shown(entry.name)} in ${this.#name}: it is a ${
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

  /** The error for other bytes in the place of a header. */
  #noHeader(): IntegrityError {
    if (this.#refusalOfContent !== undefined) {
      return new IntegrityError(`Refused ${this.#refusalOfContent}`);
    }
    return new IntegrityError(
      `${this.#name} is not a tar archive or is corrupt: a header has a wrong checksum`,
    );
  }
}
