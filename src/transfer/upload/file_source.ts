/**
 * A file to spool. It is read three times: for its checksums, to check it, and to upload it, the latter
 * two at the same time if the file is large. A thread may do the first: see `sums_thread.ts`.
 */
import { createHash } from "node:crypto";
import { IntegrityError, NotFoundError, UsageError } from "../../errors.ts";
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { evenParts, type PlannedPart } from "./part_plan.ts";

const CHUNK = 1024 * 1024;

/** The checksums that one pass over the file computes. */
export interface Checksums {
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of each of the source's parts, in base64. */
  readonly partSha256: readonly string[];
}

/** What a folder was packed into. */
export interface PackedSource {
  /** Closed with the source. */
  readonly file: Deno.FsFile;
  readonly parts: readonly PlannedPart[];
}

export class FileSource implements Disposable {
  readonly size: number;
  readonly parts: readonly PlannedPart[];
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #identity: string;
  readonly #isPacked: boolean;

  /**
   * Opens the file. Throws `NotFoundError`, `StorageError`, or `UsageError` if it is empty or not a
   * file.
   *
   * @param packed a folder at that path is packed into this file, which has no path
   */
  constructor(path: string, packed?: PackedSource) {
    this.#path = path;
    this.#file = packed?.file ?? openFile(path);
    const info = this.#file.statSync();
    const { isFile, size } = info;
    if (!isFile || size === 0) {
      this.#file.close();
      throw new UsageError(`Cannot spool ${path}: it ${isFile ? "is empty" : "is not a file"}`);
    }
    this.size = size;
    this.parts = packed?.parts ?? evenParts(size);
    this.#isPacked = packed !== undefined;
    this.#identity = identityOf(info);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Where it can be opened once more. Undefined if a folder was packed into it. */
  get path(): string | undefined {
    return this.#isPacked ? undefined : this.#path;
  }

  /**
   * Returns exactly `length` bytes from `offset`. Throws `IntegrityError` if the file has changed.
   */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#readInto(bytes, offset);
    return bytes;
  }

  #readInto(bytes: Uint8Array, offset: number): void {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) {
        const count = this.#file.readSync(bytes.subarray(done));
        if (count === null) throw this.#changed();
        done += count;
      }
      this.requireUnchanged();
    } catch (error) {
      throw explainDiskError(error, `Cannot read ${this.#path}`);
    }
  }

  /** Whether it is uploaded in parts, not in one request. */
  get isInParts(): boolean {
    return this.parts.length > 1;
  }

  /**
   * Reads the whole file and adds its bytes to `sums`, which has the checksums at the end. A chunk
   * is valid until the next one is requested.
   */
  *chunks(sums: SumTaker): Generator<Uint8Array> {
    const memory = new Uint8Array(CHUNK);
    for (let offset = 0; offset < this.size; offset += CHUNK) {
      const chunk = memory.subarray(0, this.size - offset);
      this.#readInto(chunk, offset);
      sums.update(chunk);
      yield chunk;
    }
  }

  /**
   * Throws `IntegrityError` if somebody has changed the file since it was opened, or has put
   * another file in its place. This check misses a write that sets the time back. The parts'
   * checksums catch that one.
   */
  requireUnchanged(): void {
    if (identityOf(this.#file.statSync()) !== this.#identity) throw this.#changed();
    if (this.#isPacked) return;
    let there: Deno.FileInfo;
    try {
      there = Deno.statSync(this.#path);
    } catch (error) {
      throw systemCode(error) === "ENOENT" ? this.#changed() : error;
    }
    if (identityOf(there) !== this.#identity) throw this.#changed();
  }

  /** Throws `IntegrityError` if two readings of the file did not give the same checksum. */
  requireSame(sha256: string, before: string): void {
    if (sha256 !== before) throw this.#changed();
  }

  #changed(): IntegrityError {
    return new IntegrityError(`${this.#path} changed while it was being spooled`, {
      hint: "Nothing was uploaded: spool it again once it is complete",
    });
  }
}

function identityOf({ dev, ino, size, mtime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime()].join(" ");
}

/** The name of a file, from its path. */
export function fileNameOf(path: string): string {
  return withoutSlashes(path).slice(withoutSlashes(path).lastIndexOf("/") + 1);
}

function withoutSlashes(path: string): string {
  return path.replace(/(.)\/+$/, "$1");
}

/** Takes the bytes of a file in their order. */
export interface SumTaker {
  update(chunk: Uint8Array): unknown;
}

/** Computes the checksums of the whole and of its parts in one pass. */
export class ChecksumTaker implements SumTaker {
  /** The bytes of each part. */
  readonly #lengths: readonly number[];
  readonly #whole = createHash("sha256");
  readonly #parts: string[] = [];
  #part = createHash("sha256");
  #partBytes = 0;

  /** @param parts all that the file consists of */
  constructor(parts: readonly Pick<PlannedPart, "length">[]) {
    this.#lengths = parts.map(({ length }) => length);
  }

  update(chunk: Uint8Array): void {
    this.#whole.update(chunk);
    for (let offset = 0; offset < chunk.byteLength;) {
      const length = this.#lengths[this.#parts.length] ?? Infinity;
      const piece = chunk.subarray(offset, offset + length - this.#partBytes);
      this.#part.update(piece);
      this.#partBytes += piece.byteLength;
      offset += piece.byteLength;
      if (this.#partBytes === length) this.#endPart();
    }
  }

  digest(): Checksums {
    if (this.#partBytes > 0) this.#endPart();
    return { sha256: this.#whole.digest("hex"), partSha256: this.#parts };
  }

  #endPart(): void {
    this.#parts.push(this.#part.digest("base64"));
    this.#part = createHash("sha256");
    this.#partBytes = 0;
  }
}

function openFile(path: string): Deno.FsFile {
  try {
    // Opening a fifo would wait for its writer without end.
    if (Deno.statSync(path).isFifo) throw new UsageError(`Cannot spool ${path}: it is not a file`);
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw new NotFoundError(`No such file: ${path}`);
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
