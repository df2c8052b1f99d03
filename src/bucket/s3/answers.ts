/** Translates S3's answers about an object into the types of the bucket. */
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "./sdk.ts";
import { Buffer } from "node:buffer";
import { NotFoundError } from "../../errors.ts";
import type { Checksum, ObjectInfo } from "../bucket.ts";

/** What an answer tells about an object, by the names of the SDK. */
export type ObjectFacts = Pick<
  GetObjectCommandOutput & HeadObjectCommandOutput,
  | "ETag"
  | "LastModified"
  | "ContentLength"
  | "ContentRange"
  | "Metadata"
  | "Expiration"
  | "ChecksumType"
  | "ChecksumSHA256"
  | "ChecksumCRC64NVME"
  | "ChecksumCRC32"
  | "ServerSideEncryption"
  | "SSECustomerAlgorithm"
  | "StorageClass"
>;

/** An object that is read to its end. */
export type WholeObject = ObjectFacts & { readonly bytes: Uint8Array<ArrayBuffer> };

/** An object whose body is still to be read. */
export type OpenAnswer = ObjectFacts & { readonly body: ReadableStream<Uint8Array<ArrayBuffer>> };

export function objectInfo(answer: ObjectFacts, size: number): ObjectInfo {
  return {
    size,
    etag: answer.ETag ?? "",
    modified: answer.LastModified?.getTime() ?? 0,
    metadata: answer.Metadata ?? {},
    checksum: checksumOf(answer),
    ...(answer.Expiration === undefined ? {} : { expires: true }),
  };
}

/**
 * The checksum of the whole object. Sources:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html, and
 * for ETags https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html. If an object was
 * uploaded in one piece, plain or encrypted with S3's own keys, its ETag is the MD5 of its bytes.
 * For an object in parts, the other checksums are checksums of the parts' checksums. They do not
 * help a reader of the whole object.
 */
function checksumOf(answer: ObjectFacts): Checksum | undefined {
  if (answer.ChecksumType !== "COMPOSITE") {
    const { ChecksumSHA256, ChecksumCRC64NVME, ChecksumCRC32 } = answer;
    if (ChecksumSHA256 !== undefined) return inHex("sha256", ChecksumSHA256);
    if (ChecksumCRC64NVME !== undefined) return inHex("crc64nvme", ChecksumCRC64NVME);
    if (ChecksumCRC32 !== undefined) return inHex("crc32", ChecksumCRC32);
  }
  const { ServerSideEncryption = "AES256", SSECustomerAlgorithm, StorageClass } = answer;
  const isPlain = ServerSideEncryption === "AES256" && SSECustomerAlgorithm === undefined &&
    StorageClass !== "EXPRESS_ONEZONE";
  const md5 = /^"([0-9a-f]{32})"$/.exec(answer.ETag ?? "")?.[1];
  return isPlain && md5 !== undefined ? { algorithm: "md5", hex: md5 } : undefined;
}

function inHex(algorithm: Checksum["algorithm"], base64: string): Checksum {
  return { algorithm, hex: Buffer.from(base64, "base64").toString("hex") };
}

/** The body as the native `fetch` returns it, without a copy through the SDK's stream. */
export function bodyOf(answer: GetObjectCommandOutput): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (answer.Body === undefined) throw new NotFoundError("S3 sent no body");
  const body: unknown = answer.Body instanceof ReadableStream
    ? answer.Body
    : answer.Body.transformToWebStream();
  return body as ReadableStream<Uint8Array<ArrayBuffer>>;
}
