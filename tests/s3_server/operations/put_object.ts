/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import { contentLength, receivePayload } from "../payload/payload.ts";
import type { Bucket, ObjectRecord } from "../storage/bucket.ts";
import type { RecordWriter } from "../storage/record_file.ts";
import { WriteCondition } from "./conditions.ts";
import { checksumHeaders, objectProperties } from "./object_headers.ts";
import { currentSecond, requireBucket, type S3Request } from "./request.ts";

/** The largest object that one request can bring: 5 GiB. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

export async function putObject(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  const { key } = request;
  assertPutSize(contentLength(request));
  const properties = objectProperties(request.headers);
  using condition = new WriteCondition(request.headers, { bucket, key });
  return await withNewFile(bucket, async (file) => {
    const payload = await receivePayload(request, { write: (block) => file.write(block) });
    const { algorithm, value } = payload.checksum;
    const record: ObjectRecord = {
      key,
      size: payload.size,
      etag: payload.md5,
      modified: currentSecond(request),
      ...properties,
      checksum: { algorithm, type: "FULL_OBJECT", value },
    };
    await bucket.put(file, record, (current) => condition.assert(current));
    return {
      status: 200,
      headers: new Map([["ETag", `"${record.etag}"`], ...checksumHeaders(record)]),
    };
  });
}

/** Throws EntityTooLarge. */
export function assertPutSize(bytes: number): void {
  if (bytes > MAX_PUT_BYTES) {
    throw new S3Error("EntityTooLarge", {
      details: { ProposedSize: bytes, MaxSizeAllowed: MAX_PUT_BYTES },
    });
  }
}

/** Runs `use` with a new file of the bucket, which is removed unless it has become something. */
export async function withNewFile<T>(
  bucket: Bucket,
  use: (file: RecordWriter) => Promise<T>,
): Promise<T> {
  const file = bucket.newFile();
  try {
    return await use(file);
  } finally {
    file.discard();
  }
}
