/** Keeps contents of files for a while, in memory, and in a temporary file if they are large. */

/** A content that is being added. End it with `keep` or `drop` before the next one begins. */
export interface Draft {
  /** The bytes are valid only during the call. */
  add(piece: Uint8Array): void;
  /** The content is complete, and this is its SHA-256. */
  keep(sha256: string): void;
  /** Takes back what was added. */
  drop(): void;
}

/**
 * Contents by their SHA-256, each one once. Up to 8 MiB are in memory, the rest is in one file in
 * the system's folder for temporary files. The file has no name, so the system frees it in any case
 * when the process ends. Throws StorageError if the disk fails.
 */
export class ContentStore implements Disposable {
  /** The bytes of all contents. */
  get bytes(): number {
    throw new Error("not made yet");
  }

  has(_sha256: string): boolean {
    throw new Error("not made yet");
  }

  /** The bytes of a content. Undefined if it is not here. */
  sizeOf(_sha256: string): number | undefined {
    throw new Error("not made yet");
  }

  /** Adds a whole content. */
  put(_sha256: string, _content: Uint8Array): void {
    throw new Error("not made yet");
  }

  /** Adds a content piece by piece. */
  draft(): Draft {
    throw new Error("not made yet");
  }

  /**
   * Reads from a content at `offset`. Returns the number of bytes, which is less than the length of
   * `into` only at the content's end. Throws if the content is not here.
   */
  read(_sha256: string, _offset: number, _into: Uint8Array): number {
    throw new Error("not made yet");
  }

  [Symbol.dispose](): void {
    throw new Error("not made yet");
  }
}
