/**
 * Reads S3's answers about an object, as the SDK reads them. What is unusual in them stays for the
 * SDK. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ObjectFacts } from "../answers.ts";

/** RFC 9110, section 5.6.7: the one form that is sent today. */
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Undefined if the SDK must read them. */
export function factsOf(headers: Headers): ObjectFacts | undefined {
  const modified = headers.get("last-modified");
  const length = headers.get("content-length");
  const time = Date.parse(modified ?? "");
  if (modified !== null && (!DATE.test(modified) || Number.isNaN(time))) return undefined;
  if (length !== null && !/^\d{1,15}$/.test(length)) return undefined;
  const found = TEXTS.flatMap(([name, header]) => {
    const value = headers.get(header);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(found),
    ...(modified === null ? {} : { LastModified: new Date(time) }),
    ...(length === null ? {} : { ContentLength: Number(length) }),
    Metadata: metadataOf(headers),
  };
}

const TEXTS: readonly (readonly [name: keyof ObjectFacts, header: string])[] = [
  ["ETag", "etag"],
  ["ContentRange", "content-range"],
  ["Expiration", "x-amz-expiration"],
  ["ChecksumType", "x-amz-checksum-type"],
  ["ChecksumSHA256", "x-amz-checksum-sha256"],
  ["ChecksumCRC64NVME", "x-amz-checksum-crc64nvme"],
  ["ChecksumCRC32", "x-amz-checksum-crc32"],
  ["ServerSideEncryption", "x-amz-server-side-encryption"],
  ["SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"],
  ["StorageClass", "x-amz-storage-class"],
];

const METADATA_PREFIX = "x-amz-meta-";

function metadataOf(headers: Headers): Record<string, string> {
  const metadata = [...headers].filter(([name]) => name.startsWith(METADATA_PREFIX));
  return Object.fromEntries(
    metadata.map(([name, value]) => [name.slice(METADATA_PREFIX.length), value]),
  );
}

type Compute = (bytes: Uint8Array) => Buffer;

/** By the header. */
const CHECKSUMS: Readonly<Record<string, Compute>> = {
  "x-amz-checksum-sha256": (bytes) => createHash("sha256").update(bytes).digest(),
  "x-amz-checksum-sha1": (bytes) => createHash("sha1").update(bytes).digest(),
  "x-amz-checksum-crc32": (bytes) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    return sum;
  },
};

/**
 * Whether the bytes are those of every checksum that came with them. False also if there is a
 * checksum that only the SDK can compute or knows to leave out, as of an object in parts.
 */
export function isIntact(headers: Headers, bytes: Uint8Array): boolean {
  const sums = [...headers].filter(([name]) => {
    return name.startsWith("x-amz-checksum-") && name !== "x-amz-checksum-type";
  });
  return sums.every(([name, value]) => CHECKSUMS[name]?.(bytes).toString("base64") === value);
}
