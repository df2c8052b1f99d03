/**
 * The checksums of S3: which there are, what they are called, how they are computed.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Crc32, Crc32c } from "npm:@aws-sdk/checksums@3.1002.5/crc";
import { S3Error } from "../errors.ts";
import { Crc64Nvme } from "./crc64nvme.ts";

export const CHECKSUM_ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = typeof CHECKSUM_ALGORITHMS[number];

/** What S3 computes if the client names no algorithm. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

const DIGEST_BYTES: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** A checksum in the making. */
export interface Checksum {
  update(block: Uint8Array): void;
  /** Base64. */
  digest(): Promise<string>;
}

const CRCS = { CRC32: Crc32, CRC32C: Crc32c, CRC64NVME: Crc64Nvme };

export function newChecksum(algorithm: ChecksumAlgorithm): Checksum {
  if (algorithm === "SHA1" || algorithm === "SHA256") {
    const hash = createHash(algorithm.toLowerCase());
    return {
      update: (block) => void hash.update(block),
      digest: () => Promise.resolve(hash.digest("base64")),
    };
  }
  const crc = new CRCS[algorithm]();
  return {
    update: (block) => crc.update(block),
    digest: async () => Buffer.from(await crc.digest()).toString("base64"),
  };
}

/** The checksum of checksums of a multipart object, without its `-N`. */
export function compositeChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly string[],
): Promise<string> {
  const checksum = newChecksum(algorithm);
  for (const part of parts) checksum.update(Buffer.from(part, "base64"));
  return checksum.digest();
}

export function headerOf(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The element that holds it in XML, e.g. `ChecksumCRC32`. */
export function elementOf(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** The algorithm of that name, in upper or lower case; undefined if S3 does not have it. */
export function algorithmNamed(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

/** Throws InvalidRequest unless the value is base64 of the right length. */
export function assertChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== DIGEST_BYTES[algorithm] || bytes.toString("base64") !== value) {
    throw new S3Error("InvalidRequest", {
      message: `Value for ${headerOf(algorithm)} header is invalid.`,
    });
  }
}

/** What a request says about the checksum of its body. */
export interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; undefined if it comes in the trailer. */
  readonly value: string | undefined;
}

/**
 * The one checksum that the headers announce. Throws InvalidRequest if there are several, or
 * if an algorithm is named and no value follows.
 */
export function announcedChecksum(
  headers: ReadonlyMap<string, string>,
): AnnouncedChecksum | undefined {
  const inHeader = CHECKSUM_ALGORITHMS.filter((algorithm) => headers.has(headerOf(algorithm)));
  const trailer = headers.get("x-amz-trailer")?.trim().toLowerCase();
  const inTrailer = CHECKSUM_ALGORITHMS.find((algorithm) => headerOf(algorithm) === trailer);
  if (trailer !== undefined && inTrailer === undefined) {
    throw new S3Error("InvalidRequest", {
      message: "The value specified in the x-amz-trailer header is not supported",
    });
  }
  const [algorithm = inTrailer, ...others] = inHeader;
  if (others.length > 0 || (inTrailer !== undefined && inHeader.length > 0)) {
    throw new S3Error("InvalidRequest", {
      message:
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  }
  const named = headers.get("x-amz-sdk-checksum-algorithm");
  if (named !== undefined) {
    if (algorithmNamed(named) === undefined) {
      throw new S3Error("InvalidRequest", {
        message: "Checksum algorithm provided is unsupported. Please try again with any of the " +
          "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
      });
    }
    if (algorithm === undefined) {
      throw new S3Error("InvalidRequest", {
        message: "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* " +
          "or x-amz-trailer headers were found.",
      });
    }
    if (algorithmNamed(named) !== algorithm) {
      throw new S3Error("InvalidRequest", {
        message: "Value for x-amz-sdk-checksum-algorithm header is invalid.",
      });
    }
  }
  if (algorithm === undefined) return undefined;
  const value = headers.get(headerOf(algorithm));
  if (value !== undefined) assertChecksumValue(algorithm, value);
  return { algorithm, value };
}
