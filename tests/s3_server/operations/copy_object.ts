/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import {
  algorithmNamed,
  type ChecksumAlgorithm,
  DEFAULT_ALGORITHM,
  elementOf,
  newChecksum,
} from "../payload/checksums.ts";
import type { Bucket, ObjectRecord } from "../storage/bucket.ts";
import { text } from "../xml.ts";
import { assertCopySource, WriteCondition } from "./conditions.ts";
import { copyBytes } from "./copy_bytes.ts";
import { objectProperties } from "./object_headers.ts";
import { MAX_PUT_BYTES, withNewFile } from "./put_object.ts";
import {
  currentSecond,
  invalidArgument,
  isoDate,
  noSuchBucket,
  noSuchKey,
  requireBucket,
  type S3Request,
  xmlResponse,
} from "./request.ts";

export async function copyObject(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  const { key } = request;
  const source = copySource(request);
  assertCopySource(request.headers, source.record);
  if (source.record.size > MAX_PUT_BYTES) {
    throw new S3Error("InvalidRequest", {
      message: "The specified copy source is larger than the maximum allowable size for a copy " +
        `source: ${MAX_PUT_BYTES}`,
    });
  }
  const properties = copiedProperties(request, source);
  const algorithm = copiedAlgorithm(request, source.record);
  using condition = new WriteCondition(request.headers, { bucket, key });
  return await withNewFile(bucket, async (file) => {
    const md5 = createHash("md5");
    const checksum = newChecksum(algorithm);
    await copyBytes(source.bucket.open(source.record), {
      length: source.record.size,
      to: (block) => {
        md5.update(block);
        checksum.update(block);
        file.write(block);
      },
    });
    const record: ObjectRecord = {
      key,
      size: source.record.size,
      etag: md5.digest("hex"),
      modified: currentSecond(request),
      ...properties,
      checksum: { algorithm, type: "FULL_OBJECT", value: await checksum.digest() },
    };
    await bucket.put(file, record, (current) => condition.assert(current));
    return xmlResponse({ root: "CopyObjectResult", content: copyResult(record) });
  });
}

function copyResult({ etag, modified, checksum }: ObjectRecord): string {
  return text("LastModified", isoDate(modified)) + text("ETag", `"${etag}"`) +
    (checksum === undefined
      ? ""
      : text("ChecksumType", checksum.type) + text(elementOf(checksum.algorithm), checksum.value));
}

export interface CopySource {
  readonly bucket: Bucket;
  readonly record: ObjectRecord;
}

/** The object that `x-amz-copy-source` names: `[/]bucket/key[?versionId=null]`, encoded as in a URL. */
export function copySource({ headers, store }: S3Request): CopySource {
  const header = headers.get("x-amz-copy-source") ?? "";
  const invalid = invalidArgument({
    name: "x-amz-copy-source",
    value: header,
    message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
  });
  const [encoded = "", version = "null"] = header.split("?versionId=");
  let path: string;
  try {
    path = decodeURIComponent(encoded).replace(/^\//, "");
  } catch {
    throw invalid;
  }
  const slash = path.indexOf("/");
  if (slash < 1 || slash === path.length - 1) throw invalid;
  const bucket = store.bucket(path.slice(0, slash));
  if (bucket === undefined) throw noSuchBucket(path.slice(0, slash));
  const key = path.slice(slash + 1);
  if (version !== "null") {
    throw invalidArgument({
      name: "x-amz-copy-source",
      value: header,
      message: "Invalid version id specified",
    });
  }
  const record = bucket.objects.get(key);
  if (record === undefined) throw noSuchKey(key);
  return { bucket, record };
}

/** The source's properties, or with `REPLACE` those of the request. */
function copiedProperties(
  request: S3Request,
  { bucket, record }: CopySource,
): Pick<ObjectRecord, "headers" | "metadata" | "storageClass"> {
  const directive = request.headers.get("x-amz-metadata-directive") ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw invalidArgument({
      name: "x-amz-metadata-directive",
      value: directive,
      message: "Unknown metadata directive.",
    });
  }
  const own = objectProperties(request.headers);
  if (directive === "REPLACE") return own;
  const changesClass = request.headers.has("x-amz-storage-class");
  if (bucket.name === request.bucketName && record.key === request.key && !changesClass) {
    throw new S3Error("InvalidRequest", {
      message: "This copy request is illegal because it is trying to copy an object to itself " +
        "without changing the object's metadata, storage class, website redirect location or " +
        "encryption attributes.",
    });
  }
  return { ...own, headers: record.headers, metadata: record.metadata };
}

function copiedAlgorithm(request: S3Request, source: ObjectRecord): ChecksumAlgorithm {
  const name = request.headers.get("x-amz-checksum-algorithm");
  if (name === undefined) return source.checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const algorithm = algorithmNamed(name);
  if (algorithm === undefined) throw unsupportedAlgorithm();
  return algorithm;
}

export function unsupportedAlgorithm(): S3Error {
  return new S3Error("InvalidRequest", {
    message: "Checksum algorithm provided is unsupported. Please try again with any of the valid " +
      "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  });
}
