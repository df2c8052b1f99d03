/** Writes small files. If the other thread is ahead, it writes those of the current chunk. */
import { createFile, type FileAttributes } from "./create_file.ts";
import { isTooLong, withShortPath } from "./long_path.ts";
import type { ArchiveThread } from "../thread/thread.ts";
import type { SmallFile } from "../thread/thread_program.ts";

/** Where a file is to be written. `path` is its path below the target, for messages. */
type Site = Pick<SmallFile, "place" | "path">;

export class SmallFileWriter {
  readonly #explain: (error: unknown, path: string) => unknown;
  readonly #thread: ArchiveThread;
  /** The files of the current chunk that are left to the thread. */
  #left: { readonly chunk: Uint8Array; readonly files: SmallFile[] } | undefined;

  /** @param explain makes the error that is thrown, from the system's error and the file's path */
  constructor(thread: ArchiveThread, explain: (error: unknown, path: string) => unknown) {
    this.#thread = thread;
    this.#explain = explain;
  }

  /** The next files have their contents in `chunk`. */
  beginChunk(chunk: Uint8Array): void {
    // The order matters: when the thread can help again, it has already reported its last files.
    const canHelp = this.#thread.canHelp;
    this.#throwIfThreadFailed();
    this.#left = canHelp ? { chunk, files: [] } : undefined;
  }

  endChunk(): void {
    const left = this.#left;
    this.#left = undefined;
    if (left !== undefined && left.files.length > 0) {
      this.#thread.writeFiles(left.chunk, left.files);
    }
  }

  /** Writes a file now or soon. After `settle` it is written. */
  write({ place, path }: Site, content: Uint8Array, attributes: FileAttributes): void {
    if (this.#left === undefined || isTooLong(place)) {
      return this.#writeHere({ place, path }, content, attributes);
    }
    const { byteOffset: start, byteLength: length } = content;
    this.#left.files.push({ place, path, start, length, ...attributes });
  }

  /** Makes sure that all files are written. */
  settle(): void {
    this.#thread.waitForFiles();
    this.#throwIfThreadFailed();
    if (this.#left === undefined) return;
    const { chunk, files } = this.#left;
    for (const { start, length, ...file } of files.splice(0)) {
      this.#writeHere(file, new Uint8Array(chunk.buffer, start, length), file);
    }
  }

  #writeHere({ place, path }: Site, content: Uint8Array, attributes: FileAttributes): void {
    try {
      withShortPath(place, (short) => createFile(short, content, attributes));
    } catch (error) {
      throw this.#explain(error, path);
    }
  }

  #throwIfThreadFailed(): void {
    const failure = this.#thread.writeFailure;
    if (failure === undefined) return;
    const { path, message, ...cause } = failure;
    throw this.#explain(Object.assign(new Error(message), cause), path);
  }
}
