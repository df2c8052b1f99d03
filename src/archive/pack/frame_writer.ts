/**
 * Writes an archive as zstd frames (RFC 8878) that do not depend on each other, so that one changed
 * file changes one or two of them. Where a frame ends depends on what is in it, not on its place:
 *
 *     a member of 1 MiB or more     begins and ends a frame, and is cut after every 4 MiB
 *     a smaller one                 ends a frame if a hash of its path and content says so, which
 *                                   is the likelier the larger it is: after 1 MiB on average
 *     a frame below 256 KiB         goes on all the same, except before a large member
 *     a frame of nearly 4 MiB       ends before the member that would make it longer
 *
 * All these are bytes before compression. Another version of zstd may compress to other bytes, which
 * costs an upload and nothing else.
 */
import { createHash } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";
import type { Frame } from "./frames.ts";

const LEAST = 256 << 10;
const MOST = 4 << 20;
/** A member of so many bytes has frames of its own. */
const LARGE = 1 << 20;
/** In bytes: `LEAST`, and then on average so many more until a hash ends the frame. */
const TARGET = (1 << 20) - LEAST;

const OPTIONS = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
};

export class FrameWriter {
  readonly frames: Frame[] = [];
  /** What is in the frame so far. Its memory is used for all frames. */
  readonly #raw = new Uint8Array(MOST);
  #filled = 0;
  readonly #write: (bytes: Uint8Array) => void;

  /** @param write takes the bytes of a frame, which are valid only during the call */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Must be called before a member of so many bytes, its headers and padding included. */
  begin(bytes: number): void {
    if (bytes >= LARGE || this.#filled + bytes > MOST) this.#end();
  }

  /** A part of the member. */
  add(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0;) {
      const part = rest.subarray(0, MOST - this.#filled);
      this.#raw.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === MOST) this.#end();
    }
  }

  /** Must be called after a file of so many bytes as in `begin`. `sha256`: of its content, in hex. */
  endFile(bytes: number, { path, sha256 }: { path: string; sha256: string }): void {
    if (bytes >= LARGE) return this.#end();
    if (this.#filled < LEAST) return;
    const hash = createHash("sha256").update(`${sha256} ${path}`).digest().readUInt32BE();
    if (hash / 2 ** 32 < bytes / TARGET) this.#end();
  }

  /** Must be called at the end of the archive. */
  end(): void {
    this.#end();
  }

  #end(): void {
    if (this.#filled === 0) return;
    const frame = zstdCompressSync(this.#raw.subarray(0, this.#filled), OPTIONS);
    this.#filled = 0;
    this.frames.push({
      length: frame.length,
      sha256: createHash("sha256").update(frame).digest("hex"),
    });
    this.#write(frame);
  }
}
