/** Reads a tar archive: `tar-stream` takes the headers apart, `framing.ts` watches over it. */
import { extract } from "tar-stream";
import { IntegrityError, messageOf } from "../core/errors.ts";
import { type Entry, type EntryHandler, type EntryKind, shown } from "./entry.ts";
import { BLOCK, type Frame, Framing } from "./framing.ts";
import { escapeBytes, type PaxRecords } from "./pax.ts";

export interface ReadTarOptions {
  /** The archive's file name, for messages. */
  name: string;
  /** Called after each chunk of the source. */
  afterChunk: () => void;
}

/** What `tar-stream` tells of a header; its own types leave out what is not in the name or may be absent. */
interface Header {
  name: string;
  type: string | null;
  mode: number;
  size: number | null;
  linkname: string | null;
  byteOffset: number;
}

/** Only the part of `streamx`'s Readable that is used here. */
interface Content {
  on(event: "data", listener: (piece: Uint8Array) => void): void;
  on(event: "end", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  resume(): void;
}

interface Extract {
  on(event: "entry", listener: (header: Header, content: Content, next: () => void) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  _write(chunk: Uint8Array, done: (error?: Error | null) => void): void;
  destroy(error?: Error): void;
}

const KINDS: Readonly<Record<string, EntryKind>> = {
  "file": "file",
  "contiguous-file": "file",
  "directory": "directory",
  "symlink": "symlink",
  "link": "hardlink",
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Hands every entry of the archive to `handler`, in order. Throws IntegrityError for an archive that is
 * broken, truncated, or has an entry that is no file, directory or link; and what `source` and `handler`
 * throw.
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  options: ReadTarOptions & { handler: EntryHandler },
): Promise<void> {
  const { handler, name, afterChunk } = options;
  const framing = new Framing(name);
  const feed = new Feed(name, { framing, handler });
  try {
    for await (const blocks of blocksOf(source)) {
      const members = framing.accept(blocks);
      // `tar-stream` keeps a part of an extended header until the rest of it comes; the source does not.
      if (members.length > 0) await feed.write(framing.isUnfinished ? members.slice() : members);
      afterChunk();
    }
    framing.end(feed.last);
  } finally {
    feed.close();
  }
}

/** The same bytes in whole blocks, but for the end of a source that has none. */
async function* blocksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept = new Uint8Array(BLOCK);
  let length = 0;
  for await (const chunk of source) {
    let at = 0;
    if (length > 0) {
      at = Math.min(BLOCK - length, chunk.length);
      kept.set(chunk.subarray(0, at), length);
      length += at;
      if (length < BLOCK) continue;
      yield kept;
      kept = new Uint8Array(BLOCK);
    }
    const end = chunk.length - (chunk.length - at) % BLOCK;
    if (end > at) yield chunk.subarray(at, end);
    kept.set(chunk.subarray(end));
    length = chunk.length - end;
  }
  if (length > 0) yield kept.subarray(0, length);
}

/** `tar-stream` with its events turned into calls of the handler. */
class Feed {
  readonly #extract: Extract;
  readonly #name: string;
  readonly #framing: Framing;
  readonly #handler: EntryHandler;
  /** The entry that began last, for messages. */
  last: string | undefined;
  #failure: unknown;
  #failed = false;
  #settle: () => void = () => {};

  constructor(name: string, { framing, handler }: { framing: Framing; handler: EntryHandler }) {
    this.#name = name;
    this.#framing = framing;
    this.#handler = handler;
    const options = { filenameEncoding: "latin1", allowUnknownFormat: true };
    this.#extract = extract(options as never) as unknown as Extract;
    this.#extract.on("entry", (header, content, next) => this.#entry(header, content, next));
    this.#extract.on("error", (error) => this.#fail(this.#explain(error)));
  }

  /**
   * Resolves when `blocks` have gone through the handler, so that their bytes may be used again. Only the
   * stream's own `_write` tells that: `write` and `drain` answer when there is room for more.
   */
  async write(blocks: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#extract._write(blocks, (error) => {
        if (error) this.#fail(this.#explain(error));
        resolve();
      });
    });
    if (this.#failed) throw this.#failure;
  }

  close(): void {
    this.#extract.destroy();
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = error;
    this.#extract.destroy();
    this.#settle();
  }

  /** What the handler throws would vanish in `tar-stream`'s event, so it is kept for `#until`. */
  #guarded(step: () => void): void {
    if (this.#failed) return;
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #entry(header: Header, content: Content, next: () => void): void {
    content.on("error", () => {}); // told by the archive's own error
    this.#guarded(() => {
      const entry = toEntry(header, this.#framing.frames.shift(), this.#name);
      this.last = entry.name;
      this.#handler.begin(entry);
      content.on("data", (piece) => this.#guarded(() => this.#handler.data(piece)));
      content.on("end", () => {
        this.#guarded(() => this.#handler.finish());
        next();
      });
      content.resume();
    });
  }

  #explain(error: Error): IntegrityError {
    return new IntegrityError(`${this.#name} is corrupt: ${messageOf(error)}`, { cause: error });
  }
}

function toEntry(header: Header, frame: Frame | undefined, archive: string): Entry {
  const name = frame?.pax.get("path") || decoded(header.name, "the name of an entry");
  // The two readers must agree on where each entry lies; no archive is known on which they do not.
  if (frame === undefined || frame.offset !== header.byteOffset || frame.size !== header.size) {
    throw new IntegrityError(`${archive} is corrupt at ${shown(name)}: its size is ambiguous`);
  }
  const refuse = (why: string): IntegrityError =>
    new IntegrityError(`Refused ${shown(name)} in ${archive}: ${why}`);
  if (frame.flag === "S" || isSparse(frame.pax)) throw refuse("it is a sparse file");
  const kind = kindOf(header, name);
  if (kind === undefined) throw refuse(`it is ${described(header.type, frame.flag)}`);
  if (kind !== "file" && kind !== "directory" && frame.size > 0) {
    throw refuse("it is a link with content");
  }
  const mtime = frame.pax.get("mtime") ? Number(frame.pax.get("mtime")) : frame.mtime;
  if (mtime === undefined) throw refuse("its mtime is no number");
  if (!(header.mode >= 0)) throw refuse("its mode is no number");
  const target = frame.pax.get("linkpath") ||
    decoded(header.linkname ?? "", `the link target of ${shown(name)}`);
  return {
    name,
    kind,
    mode: header.mode & 0o777,
    mtime,
    size: kind === "file" ? frame.size : 0,
    target,
  };
}

/** Sparse files of GNU's PAX formats 0.0, 0.1 and 1.0, which look like plain ones otherwise. */
function isSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith("GNU.sparse.")) return true;
  return false;
}

/** Before POSIX a directory was a file whose name ends with a slash. */
function kindOf(header: Header, name: string): EntryKind | undefined {
  const kind = KINDS[header.type ?? ""];
  return kind === "file" && header.size === 0 && name.endsWith("/") ? "directory" : kind;
}

function described(type: string | null, flag: string): string {
  if (type === null) return `of the unknown type ${JSON.stringify(flag)}`;
  return type === "fifo" ? "a fifo" : `a ${type.replace("-", " ")}`;
}

/** A name in a header is bytes, which `tar-stream` hands over one a character. */
function decoded(name: string, what: string): string {
  // deno-lint-ignore no-control-regex -- the whole of ASCII
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  const bytes = Uint8Array.from(name, (character) => character.charCodeAt(0));
  try {
    return utf8.decode(bytes);
  } catch {
    throw new IntegrityError(
      `Refused ${escapeBytes(bytes)}: ${what} is no UTF-8, which is all that FTL can write`,
    );
  }
}
