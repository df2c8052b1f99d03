/**
 * Packs a folder into a `.tar.zst`, the same bytes for the same folder: see `member.ts` for its tar,
 * `base_mtimes.ts` for its times, and `frame_writer.ts` for its compression.
 *
 * It goes into a temporary file and not straight to S3: a revision's id has digits of the object's
 * hash, so all of it must be known before its first part is sent. The file has no name, so that the
 * system frees it in any case. Memory is bounded: the names of the folder, one frame and one piece
 * of a file.
 */
import { createHash } from "node:crypto";
import { explainDiskError } from "../../disk_errors.ts";
import { paddingOf } from "../tar/header.ts";
import type { RevisionTree } from "../tree/tree.ts";
import { BaseMtimes } from "./base_mtimes.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { Frame } from "./frames.ts";
import { END, headersOf } from "./member.ts";
import { OpenedFile } from "./opened_file.ts";
import {
  changed,
  type FoundEntry,
  type FoundFile,
  type FoundFolder,
  identityOf,
  statOf,
} from "./walk.ts";

/** The rest of a packed folder's file name, after the package and its dot. */
export const PACKED_ENDING = "tar.zst";

interface PackOptions {
  /** What `walkFolder` found in it. */
  readonly found: FoundFolder;
  /** The tree of the revision before, whose mtimes are kept for what has not changed. */
  readonly base: RevisionTree | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of files packed so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Called with the first bytes of each file. They are valid only during the call. */
  readonly onFile?: ((file: FoundFile, start: Uint8Array) => void) | undefined;
}

export interface Packed {
  /** A file without a name. Whoever packs closes it. */
  readonly file: Deno.FsFile;
  readonly frames: readonly Frame[];
}

/** Milliseconds that packing may hold up signals and timers. */
const LONGEST_TURN = 50;

/**
 * @param root absolute
 *
 * Throws `IntegrityError` for a file that cannot be read, or that changes meanwhile, and
 * `StorageError` if there is no room for the temporary file.
 */
export async function packFolder(root: string, options: PackOptions): Promise<Packed> {
  const file = temporaryFile();
  try {
    const writer = new FrameWriter((bytes) => writeAll(file, bytes));
    let turn = performance.now();
    for (const bytes of new Packer(root, writer, options).run()) {
      if (performance.now() - turn < LONGEST_TURN) continue;
      options.onProgress?.(bytes);
      await new Promise((resolve) => setTimeout(resolve));
      options.signal?.throwIfAborted();
      turn = performance.now();
    }
    return { file, frames: writer.frames };
  } catch (error) {
    file.close();
    throw error;
  }
}

class Packer {
  readonly #root: string;
  readonly #writer: FrameWriter;
  readonly #options: PackOptions;
  readonly #mtimes: BaseMtimes;
  /** The mtimes of files and symlinks that have several names. */
  readonly #linked = new Map<string, number>();
  readonly #buffer = new Uint8Array(PIECE);
  #done = 0;

  constructor(root: string, writer: FrameWriter, options: PackOptions) {
    this.#root = root;
    this.#writer = writer;
    this.#options = options;
    this.#mtimes = new BaseMtimes(options.base, options.found.entries);
    for (const entry of options.found.entries) {
      if (entry.kind === "hardlink") this.#linked.set(entry.target, 0);
    }
  }

  /** Yields the bytes of files packed so far, now and then. */
  *run(): Generator<number> {
    const { entries } = this.#options.found;
    for (const entry of entries) {
      if (entry.kind === "file") yield* this.#addFile(entry);
      else this.#addOther(entry);
      yield this.#done;
    }
    this.#writer.begin(END.length);
    this.#writer.add(END);
    this.#writer.end();
    // A name that came or went meanwhile changed its folder.
    for (const entry of entries) {
      if (entry.kind === "file") continue;
      if (identityOf(statOf(this.#placeOf(entry), entry.path)) !== entry.identity) {
        throw changed(entry.path);
      }
    }
  }

  #addOther(entry: Exclude<FoundEntry, FoundFile>): void {
    const mtime = entry.kind === "hardlink"
      ? this.#linked.get(entry.target) ?? entry.mtime
      : this.#mtimes.of(entry);
    this.#remember(entry, mtime);
    const headers = headersOf(entry, mtime);
    this.#writer.begin(headers.length);
    this.#writer.add(headers);
  }

  *#addFile(entry: FoundFile): Generator<number> {
    using file = new OpenedFile(this.#placeOf(entry), entry);
    // A small file is read once. Of a large one the content's hash is known only after a first pass,
    // which is needed only if the mtime depends on it.
    const isSmall = entry.size <= this.#buffer.length;
    const start = this.#buffer.subarray(0, file.read(this.#buffer));
    this.#options.onFile?.(entry, start);
    let sha256 = isSmall ? createHash("sha256").update(start).digest("hex") : "";
    if (!isSmall && this.#mtimes.dependsOnContent(entry)) {
      sha256 = yield* this.#readAll(file, start, () => {});
      file.rewind();
      file.read(this.#buffer);
    }
    const mtime = this.#mtimes.of(entry, sha256);
    this.#remember(entry, mtime);
    const headers = headersOf(entry, mtime);
    const padding = paddingOf(entry.size);
    const bytes = headers.length + entry.size + padding;
    this.#writer.begin(bytes);
    this.#writer.add(headers);
    const packed = yield* this.#readAll(file, start, (piece) => {
      this.#writer.add(piece);
      this.#done += piece.length;
    });
    if (sha256 !== "" && packed !== sha256) throw changed(entry.path);
    file.requireUnchanged();
    this.#writer.add(END.subarray(0, padding));
    this.#writer.endFile(bytes, { path: entry.path, sha256: packed });
  }

  /** Passes on the content, of which `start` is read already. Returns its SHA-256, in hex. */
  *#readAll(
    file: OpenedFile,
    start: Uint8Array,
    take: (piece: Uint8Array) => void,
  ): Generator<number, string> {
    const hash = createHash("sha256");
    for (let piece = start; piece.length > 0;) {
      hash.update(piece);
      take(piece);
      yield this.#done;
      piece = this.#buffer.subarray(0, file.read(this.#buffer));
    }
    return hash.digest("hex");
  }

  #remember({ path }: FoundEntry, mtime: number): void {
    if (this.#linked.has(path)) this.#linked.set(path, mtime);
  }

  #placeOf({ path }: FoundEntry): string {
    return `${this.#root}/${path}`;
  }
}

/** In bytes. Files up to this size are read once. */
const PIECE = 1 << 20;

function temporaryFile(): Deno.FsFile {
  try {
    const path = Deno.makeTempFileSync({ prefix: "ftl-pack-" });
    try {
      return Deno.openSync(path, { read: true, write: true });
    } finally {
      Deno.removeSync(path);
    }
  } catch (error) {
    throw explainDiskError(error, "Cannot make a temporary file");
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  } catch (error) {
    throw explainDiskError(
      error,
      "Cannot write a temporary file: set TMPDIR to a folder with room",
    );
  }
}
