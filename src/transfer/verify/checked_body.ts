/**
 * Compares a download with the object in S3. The first of these that exists is used:
 *
 * 1. the SHA-256 in the revision's metadata, which `ftl spool` wrote,
 * 2. S3's own SHA-256, CRC-64/NVME or CRC-32 of the whole object,
 * 3. the ETag, if it is the MD5 of the bytes. It is, if the object came in one piece and is not
 *    encrypted with keys of KMS or of the customer.
 *
 * None of these exists for objects that other tools uploaded in parts, if S3 has only checksums of
 * checksums. For these, FTL checks the length, the ETag, and the archive's own checksums: the CRC of
 * gzip and those of tar's headers.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Crc64Nvme } from "./crc64nvme.ts";
import type { Checksum } from "../../bucket/bucket.ts";

/**
 * Passes on the bytes that it reads, and computes their SHA-256 and the algorithm of `expected`.
 */
export class CheckedBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #expected: Checksum | undefined;
  readonly #sha256 = createHash("sha256");
  readonly #other: RunningChecksum | undefined;
  #sha256Hex: string | undefined;
  #bytes = 0;

  constructor(source: AsyncIterable<Uint8Array>, expected: Checksum | undefined) {
    this.#source = source[Symbol.asyncIterator]();
    this.#expected = expected;
    this.#other = runningChecksum(expected?.algorithm);
  }

  /** The number of bytes that were read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The SHA-256 of all bytes, in hexadecimal. Use it only at the end. */
  get sha256(): string {
    return this.#sha256Hex ??= this.#sha256.digest("hex");
  }

  /** Whether the bytes have the expected checksum. Undefined if none was expected. */
  get fits(): boolean | undefined {
    if (this.#expected === undefined) return undefined;
    return (this.#other?.digest() ?? this.sha256) === this.#expected.hex;
  }

  /** The iterator has no `return`: if a reader stops early, the rest can still be read. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  /** Reads the rest, to complete the checksum. */
  async readToEnd(): Promise<void> {
    while (!(await this.#next()).done);
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#source.next();
    if (!result.done) {
      this.#bytes += result.value.byteLength;
      this.#sha256.update(result.value);
      this.#other?.update(result.value);
    }
    return result;
  }
}

interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** In hexadecimal. */
  digest(): string;
}

/** A running checksum. Undefined for SHA-256, which is always computed. */
function runningChecksum(
  algorithm: Checksum["algorithm"] | undefined,
): RunningChecksum | undefined {
  if (algorithm === "crc64nvme") return new Crc64Nvme();
  if (algorithm === "md5") {
    const hash = createHash("md5");
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
  }
  if (algorithm !== "crc32") return undefined;
  let crc = 0;
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    digest: () => crc.toString(16).padStart(8, "0"),
  };
}
