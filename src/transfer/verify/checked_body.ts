/**
 * How what was downloaded is compared with what is in S3. In this order, by the first that there is:
 *
 * 1. the SHA-256 in the revision's metadata, which `ftl spool` put there,
 * 2. S3's own SHA-256, CRC-64/NVME or CRC-32 of the whole object,
 * 3. the ETag, where it is the MD5 of the bytes: the object came in one piece and is not encrypted with
 *    keys of KMS or of the customer.
 *
 * That leaves objects of other tools that came in parts and that S3 has only checksums of checksums of.
 * For those, FTL checks the length, the ETag, and what the archive itself has: the CRC of gzip, and the sums
 * of tar's headers.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Crc64Nvme } from "./crc64nvme.ts";
import type { Checksum } from "../../bucket/bucket.ts";

/** Hands on what it reads, and takes its SHA-256 and whatever else `expected` is. */
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

  /** Bytes that have been read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The SHA-256 of all bytes, in hexadecimal. Ask for it at the end. */
  get sha256(): string {
    return this.#sha256Hex ??= this.#sha256.digest("hex");
  }

  /** Whether the bytes are those that were expected; undefined where nothing was. */
  get fits(): boolean | undefined {
    if (this.#expected === undefined) return undefined;
    return (this.#other?.digest() ?? this.sha256) === this.#expected.hex;
  }

  /** Without `return`: a reader that gives up leaves the rest to be read. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  /** Reads what is left for the checksum's sake. */
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

/** Undefined for SHA-256, which is taken in any case. */
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
