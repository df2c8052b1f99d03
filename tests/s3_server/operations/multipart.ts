/**
 * Uploads in parts, except their completion.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import {
  algorithmNamed,
  type ChecksumAlgorithm,
  elementOf,
  headerOf,
  newChecksum,
} from "../payload/checksums.ts";
import { contentLength, receivePayload } from "../payload/payload.ts";
import type { ChecksumType } from "../storage/bucket.ts";
import type { PartRecord, Upload } from "../storage/uploads.ts";
import { text } from "../xml.ts";
import { assertCopySource } from "./conditions.ts";
import { copyBytes } from "./copy_bytes.ts";
import { copySource, unsupportedAlgorithm } from "./copy_object.ts";
import { objectProperties } from "./object_headers.ts";
import { assertPutSize, withNewFile } from "./put_object.ts";
import { parseRange } from "./ranges.ts";
import {
  currentSecond,
  invalidArgument,
  isoDate,
  requireBucket,
  type S3Request,
  xmlResponse,
} from "./request.ts";

export const MAX_PARTS = 10_000;

export async function createMultipartUpload(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  const checksum = uploadChecksum(request);
  const id = crypto.randomUUID().replaceAll("-", "") + crypto.randomUUID().replaceAll("-", "");
  await bucket.uploads.create({
    id,
    key: request.key,
    initiated: currentSecond(request),
    ...objectProperties(request.headers),
    ...(checksum === undefined ? {} : { checksum }),
  });
  return xmlResponse({
    root: "InitiateMultipartUploadResult",
    content: text("Bucket", bucket.name) + text("Key", request.key) + text("UploadId", id),
    headers: checksum === undefined ? new Map() : new Map([
      ["x-amz-checksum-algorithm", checksum.algorithm],
      ["x-amz-checksum-type", checksum.type],
    ]),
  });
}

/**
 * How the object's checksum will be made:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#Full-object-checksums
 *
 *     CRC64NVME      full object only
 *     CRC32, CRC32C  composite, full object on request
 *     SHA1, SHA256   composite only
 */
function uploadChecksum(
  { headers }: S3Request,
): { algorithm: ChecksumAlgorithm; type: ChecksumType } | undefined {
  const name = headers.get("x-amz-checksum-algorithm");
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error("InvalidRequest", {
      message:
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm " +
        "header.",
    });
  }
  const algorithm = algorithmNamed(name);
  if (algorithm === undefined) throw unsupportedAlgorithm();
  const usual = algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
  if (type !== undefined && type !== "FULL_OBJECT" && type !== "COMPOSITE") {
    throw new S3Error("InvalidRequest", {
      message: "Value for x-amz-checksum-type header is invalid.",
    });
  }
  const possible = type === undefined || type === usual || algorithm.startsWith("CRC32");
  if (!possible) {
    throw new S3Error("InvalidRequest", {
      message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} ` +
        "checksum algorithm.",
    });
  }
  return { algorithm, type: type ?? usual };
}

/** The upload that a request names, for that key. Throws NoSuchUpload. */
export function requireUpload(request: S3Request): Upload {
  const id = request.query.get("uploadId") ?? "";
  const upload = requireBucket(request).uploads.get(id);
  if (upload === undefined || upload.record.key !== request.key) throw noSuchUpload(id);
  return upload;
}

export function noSuchUpload(id: string): S3Error {
  return new S3Error("NoSuchUpload", { details: { UploadId: id } });
}

function partNumberOf({ query }: S3Request): number {
  const value = query.get("partNumber") ?? "";
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument({
    name: "partNumber",
    value,
    message: `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
  });
}

export async function uploadPart(request: S3Request): Promise<S3Response> {
  const number = partNumberOf(request);
  const upload = requireUpload(request);
  assertPutSize(contentLength(request));
  const wanted = upload.record.checksum;
  return await withNewFile(requireBucket(request), async (file) => {
    const payload = await receivePayload(request, {
      write: (block) => file.write(block),
      ...(wanted === undefined ? {} : { algorithm: wanted.algorithm }),
    });
    const { algorithm, value, announced } = payload.checksum;
    const given = announced ? algorithm : undefined;
    // A composite checksum is made of the parts' own, so that none of them may be missing.
    const fits = wanted === undefined || given === wanted.algorithm ||
      (given === undefined && wanted.type === "FULL_OBJECT");
    if (!fits) {
      throw new S3Error("InvalidRequest", {
        message: "Checksum Type mismatch occurred, expected checksum Type: " +
          `${wanted.algorithm.toLowerCase()}, actual checksum Type: ` +
          `${given?.toLowerCase() ?? "null"}`,
      });
    }
    const part: PartRecord = {
      number,
      size: payload.size,
      etag: payload.md5,
      modified: currentSecond(request),
      checksum: { algorithm, value },
    };
    await keepPart(request, { upload, file, part });
    return {
      status: 200,
      headers: new Map([["ETag", `"${part.etag}"`], [headerOf(algorithm), value]]),
    };
  });
}

async function keepPart(
  request: S3Request,
  { upload, file, part }: {
    upload: Upload;
    file: Parameters<Upload["addPart"]>[0];
    part: PartRecord;
  },
): Promise<void> {
  await file.seal(part, { durable: requireBucket(request).uploads.durable });
  // deno-lint-ignore require-await -- what runs exclusively is asynchronous
  await upload.exclusively(async () => {
    if (upload.over) throw noSuchUpload(upload.record.id);
    upload.addPart(file, part);
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
export async function uploadPartCopy(request: S3Request): Promise<S3Response> {
  const number = partNumberOf(request);
  const upload = requireUpload(request);
  const source = copySource(request);
  assertCopySource(request.headers, source.record);
  const { start, end } = copyRange(request, source.record.size);
  assertPutSize(end - start + 1);
  const algorithm = upload.record.checksum?.algorithm ?? "CRC64NVME";
  return await withNewFile(requireBucket(request), async (file) => {
    const md5 = createHash("md5");
    const checksum = newChecksum(algorithm);
    const from = source.bucket.open(source.record);
    from.seekSync(start, Deno.SeekMode.Start);
    await copyBytes(from, {
      length: end - start + 1,
      to: (block) => {
        md5.update(block);
        checksum.update(block);
        file.write(block);
      },
    });
    const part: PartRecord = {
      number,
      size: file.size,
      etag: md5.digest("hex"),
      modified: currentSecond(request),
      checksum: { algorithm, value: await checksum.digest() },
    };
    await keepPart(request, { upload, file, part });
    const content = text("LastModified", isoDate(part.modified)) +
      text("ETag", `"${part.etag}"`) + text(elementOf(algorithm), part.checksum?.value);
    return xmlResponse({ root: "CopyPartResult", content });
  });
}

function copyRange(request: S3Request, size: number): { start: number; end: number } {
  const header = request.headers.get("x-amz-copy-source-range");
  if (header === undefined) return { start: 0, end: size - 1 };
  const range = /^bytes=\d+-\d+$/.test(header) ? parseRange(header, size) : undefined;
  const wantedEnd = Number(header.slice(header.indexOf("-") + 1));
  if (range === undefined || wantedEnd >= size) {
    throw invalidArgument({
      name: "x-amz-copy-source-range",
      value: header,
      message: range === undefined
        ? "The x-amz-copy-source-range value must be of the form bytes=first-last where first " +
          "and last are the zero-based offsets of the first and last bytes to copy"
        : `Range specified is not valid for source object of size: ${size}`,
    });
  }
  return range;
}

export async function abortMultipartUpload(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  const upload = requireUpload(request);
  // deno-lint-ignore require-await -- what runs exclusively is asynchronous
  await upload.exclusively(async () => {
    if (upload.over) throw noSuchUpload(upload.record.id);
    bucket.uploads.end(upload);
  });
  return { status: 204, headers: new Map() };
}
