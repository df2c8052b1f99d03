/** Keeps contents of files for a while: in memory, and in a temporary file if they are many. */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { explainDiskError } from "../../disk_errors.ts";

/** Bytes that are kept in memory. */
const IN_MEMORY = 8 << 20;

/** A content that is being added. End it with `keep` or `drop` before anything else is added. */
export interface Draft {
  /** The bytes are valid only during the call. */
  add(piece: Uint8Array): void;
  /** The content is complete, and this is its SHA-256. */
  keep(sha256: string): void;
  /** Takes back what was added. */
  drop(): void;
}

/** Where a content is: its bytes, or where in the file they begin. */
interface Kept {
  readonly size: number;
  readonly place: Uint8Array | number;
}

/**
 * Contents by their SHA-256, each one once. Up to 8 MiB are in memory, the rest is in one file in
 * the system's folder for temporary files. The file has no name, so the system frees it in any case
 * when the process ends. Throws StorageError if the disk fails.
 */
export class ContentStore implements Disposable {
  readonly #contents = new Map<string, Kept>();
  readonly #limit: number;
  #file: number | undefined;
  /** Bytes in memory, and in the file without those of a draft. */
  #inMemory = 0;
  #inFile = 0;

  /** @param limit bytes that are kept in memory */
  constructor({ limit = IN_MEMORY }: { readonly limit?: number | undefined } = {}) {
    this.#limit = limit;
  }

  /** The bytes of all contents. */
  get bytes(): number {
    return this.#inMemory + this.#inFile;
  }

  has(sha256: string): boolean {
    return this.#contents.has(sha256);
  }

  /** The bytes of a content. Undefined if it is not here. */
  sizeOf(sha256: string): number | undefined {
    return this.#contents.get(sha256)?.size;
  }

  /** Adds a whole content. */
  put(sha256: string, content: Uint8Array): void {
    if (this.has(sha256)) return;
    if (this.#inMemory + content.length > this.#limit) {
      const draft = this.draft();
      draft.add(content);
      return draft.keep(sha256);
    }
    this.#contents.set(sha256, { size: content.length, place: content.slice() });
    this.#inMemory += content.length;
  }

  /** Adds a content piece by piece. It goes into the file. */
  draft(): Draft {
    const place = this.#inFile;
    let size = 0;
    return {
      add: (piece) => {
        this.#write(piece, place + size);
        size += piece.length;
      },
      keep: (sha256) => {
        if (this.has(sha256)) return;
        this.#contents.set(sha256, { size, place });
        this.#inFile = place + size;
      },
      drop: () => {}, // the next one is written over it
    };
  }

  /**
   * Reads from a content at `offset`. Returns the number of bytes, which is less than the length of
   * `into` only at the content's end. Throws if the content is not here.
   */
  read(sha256: string, offset: number, into: Uint8Array): number {
    const content = this.#contents.get(sha256);
    if (content === undefined) throw new Error(`No content ${sha256} is kept`);
    const { place, size } = content;
    const length = Math.max(0, Math.min(into.length, size - offset));
    if (typeof place === "number") this.#read(into.subarray(0, length), place + offset);
    else into.set(place.subarray(offset, offset + length));
    return length;
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#contents.clear();
  }

  #write(piece: Uint8Array, position: number): void {
    explained(() => {
      this.#file ??= openNameless();
      for (let at = 0; at < piece.length;) {
        at += writeSync(this.#file, piece, at, piece.length - at, position + at);
      }
    });
  }

  #read(into: Uint8Array, position: number): void {
    explained(() => {
      for (let at = 0; at < into.length;) {
        const read = readSync(this.#file ?? -1, into, at, into.length - at, position + at);
        if (read === 0) throw new Error("it is shorter than what was written to it");
        at += read;
      }
    });
  }
}

function openNameless(): number {
  const path = Deno.makeTempFileSync({ prefix: "ftl-" });
  try {
    return openSync(path, "r+");
  } finally {
    unlinkSync(path);
  }
}

function explained<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw explainDiskError(error, "Cannot use a file in the folder for temporary files");
  }
}
