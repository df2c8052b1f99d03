/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import {
  CHECKSUM_ALGORITHMS,
  compositeChecksum,
  DEFAULT_ALGORITHM,
  elementOf,
  headerOf,
  newChecksum,
} from "../payload/checksums.ts";
import { receiveText } from "../payload/payload.ts";
import type { Bucket, ObjectRecord, StoredChecksum } from "../storage/bucket.ts";
import type { RecordWriter } from "../storage/record_file.ts";
import type { PartRecord, Upload } from "../storage/uploads.ts";
import { childText, parseXml, text, type XmlElement } from "../xml.ts";
import { WriteCondition } from "./conditions.ts";
import { copyBytes } from "./copy_bytes.ts";
import { MAX_PARTS, noSuchUpload, requireUpload } from "./multipart.ts";
import { withNewFile } from "./put_object.ts";
import { currentSecond, requireBucket, type S3Request, xmlResponse } from "./request.ts";

/** Every part but the last has at least 5 MiB. */
const MIN_PART_BYTES = 5 * 1024 ** 2;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export async function completeMultipartUpload(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  if (request.bodyLength === 0) {
    throw new S3Error("InvalidRequest", { message: "You must specify at least one part" });
  }
  const upload = completedBefore(request) === undefined ? requireUpload(request) : undefined;
  const body = withoutObjectChecksum(request);
  const wanted = parseComplete(await receiveText(body, { limit: MAX_BODY_BYTES }));
  const completed = await upload?.exclusively(async () => {
    // Two at once: the second finds what the first has made.
    if (upload.over) return undefined;
    const parts = chosenParts(upload, wanted);
    assertObjectSize(request, parts);
    using condition = new WriteCondition(request.headers, { bucket, key: request.key });
    const record = await assemble(request, { bucket, upload, parts, condition });
    bucket.uploads.end(upload);
    return record;
  });
  const record = completed ?? completedBefore(request);
  if (record === undefined || record.etag !== etagOf(wanted.map(etagIn))) {
    throw noSuchUpload(request.query.get("uploadId") ?? "");
  }
  const { checksum } = record;
  return xmlResponse({
    root: "CompleteMultipartUploadResult",
    content:
      text("Location", `http://${request.headers.get("host")}/${bucket.name}/${record.key}`) +
      text("Bucket", bucket.name) + text("Key", record.key) + text("ETag", `"${record.etag}"`) +
      (checksum === undefined ? "" : text(elementOf(checksum.algorithm), checksum.value) +
        text("ChecksumType", checksum.type)),
  });
}

/**
 * The object that this upload has become. S3 answers a repeated request as the first time, as long as that object is
 * there: a client that has lost the first answer asks again, for the same parts.
 */
function completedBefore(request: S3Request): ObjectRecord | undefined {
  const record = requireBucket(request).objects.get(request.key);
  const id = request.query.get("uploadId");
  return id !== undefined && record?.uploadId === id ? record : undefined;
}

/** The checksum header here is that of the object, not of the request's body. */
function withoutObjectChecksum(request: S3Request): S3Request {
  const headers = new Map(request.headers);
  for (const algorithm of CHECKSUM_ALGORITHMS) headers.delete(headerOf(algorithm));
  headers.delete("x-amz-sdk-checksum-algorithm");
  return { ...request, headers };
}

function parseComplete(xml: string): XmlElement[] {
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch {
    throw new S3Error("MalformedXML");
  }
  const parts = root.children.filter((child) => child.name === "Part");
  if (root.name !== "CompleteMultipartUpload" || parts.length === 0 || parts.length > MAX_PARTS) {
    throw new S3Error("MalformedXML");
  }
  return parts;
}

/** The ETag of a part, as the client lists it. */
function etagIn(part: XmlElement): string | undefined {
  return childText(part, "ETag")?.trim().replace(/^"(.*)"$/, "$1");
}

/** That of the object, made of those of its parts. */
function etagOf(parts: readonly (string | undefined)[]): string {
  const md5s = Buffer.concat(parts.map((part = "") => Buffer.from(part, "hex")));
  return `${createHash("md5").update(md5s).digest("hex")}-${parts.length}`;
}

/** The parts that the client lists. Throws InvalidPart, InvalidPartOrder, EntityTooSmall. */
function chosenParts(upload: Upload, wanted: readonly XmlElement[]): PartRecord[] {
  const parts: PartRecord[] = [];
  for (const element of wanted) {
    const number = Number(childText(element, "PartNumber")?.trim() || NaN);
    const etag = etagIn(element);
    if (!Number.isInteger(number) || etag === undefined) throw new S3Error("MalformedXML");
    if (number <= (parts.at(-1)?.number ?? 0)) {
      throw new S3Error("InvalidPartOrder", { details: { UploadId: upload.record.id } });
    }
    const part = upload.part(number);
    if (part === undefined || part.etag !== etag || !checksumFits(upload, { element, part })) {
      throw new S3Error("InvalidPart", {
        details: { UploadId: upload.record.id, PartNumber: number, ETag: etag },
      });
    }
    parts.push(part);
  }
  const small = parts.slice(0, -1).find((part) => part.size < MIN_PART_BYTES);
  if (small !== undefined) {
    throw new S3Error("EntityTooSmall", {
      details: {
        ProposedSize: small.size,
        MinSizeAllowed: MIN_PART_BYTES,
        PartNumber: small.number,
        ETag: small.etag,
      },
    });
  }
  return parts;
}

/** Throws InvalidRequest if a composite checksum is wanted and the part's is not given. */
function checksumFits(
  upload: Upload,
  { element, part }: { element: XmlElement; part: PartRecord },
): boolean {
  const { checksum } = upload.record;
  const given = CHECKSUM_ALGORITHMS.map((algorithm) => ({
    algorithm,
    value: childText(element, elementOf(algorithm))?.trim(),
  })).find(({ value }) => value !== undefined);
  if (given === undefined) {
    if (checksum?.type !== "COMPOSITE") return true;
    const name = checksum.algorithm.toLowerCase();
    throw new S3Error("InvalidRequest", {
      message:
        `The upload was created using a ${name} checksum. The complete request must include ` +
        `the checksum for each part. It was missing for part ${part.number} in the request.`,
    });
  }
  return given.algorithm === part.checksum?.algorithm && given.value === part.checksum.value;
}

function assertObjectSize({ headers }: S3Request, parts: readonly PartRecord[]): void {
  const announced = headers.get("x-amz-mp-object-size");
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (announced !== undefined && announced !== String(size)) {
    throw new S3Error("InvalidRequest", {
      message:
        `The provided 'x-amz-mp-object-size' header value ${announced} does not match what ` +
        `was computed: ${size}`,
    });
  }
}

interface Assembly {
  readonly bucket: Bucket;
  readonly upload: Upload;
  readonly parts: readonly PartRecord[];
  readonly condition: WriteCondition;
}

/** Puts the parts together and makes the object visible. */
async function assemble(
  request: S3Request,
  { bucket, upload, parts, condition }: Assembly,
): Promise<ObjectRecord> {
  const { id, key, headers, metadata, storageClass } = upload.record;
  return await withNewFile(bucket, async (file) => {
    const checksum = await joinParts(file, { upload, parts });
    assertObjectChecksum(request, checksum);
    const record: ObjectRecord = {
      key,
      size: file.size,
      etag: etagOf(parts.map(({ etag }) => etag)),
      modified: currentSecond(request),
      headers,
      metadata,
      storageClass,
      checksum,
      parts: parts.map((part) => part.size),
      uploadId: id,
    };
    await bucket.put(file, record, (current) => condition.assert(current));
    return record;
  });
}

/** Writes the parts one after the other; gives the object's checksum. */
async function joinParts(
  file: RecordWriter,
  { upload, parts }: { upload: Upload; parts: readonly PartRecord[] },
): Promise<StoredChecksum> {
  const { algorithm, type } = upload.record.checksum ??
    { algorithm: DEFAULT_ALGORITHM, type: "FULL_OBJECT" as const };
  const whole = type === "FULL_OBJECT" ? newChecksum(algorithm) : undefined;
  for (const part of parts) {
    await copyBytes(Deno.openSync(upload.partPath(part.number)), {
      length: part.size,
      to: (block) => {
        whole?.update(block);
        file.write(block);
      },
    });
  }
  const values = parts.map((part) => part.checksum?.value ?? "");
  const value = await whole?.digest() ??
    `${await compositeChecksum(algorithm, values)}-${parts.length}`;
  return { algorithm, type, value };
}

/** Throws BadDigest if the request announces another checksum of the object. */
function assertObjectChecksum({ headers }: S3Request, checksum: StoredChecksum): void {
  const type = headers.get("x-amz-checksum-type");
  if (type !== undefined && type !== checksum.type) {
    throw new S3Error("InvalidRequest", {
      message: `The upload was created using the ${checksum.type} checksum mode. The complete ` +
        "request must use the same checksum mode.",
    });
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const announced = headers.get(headerOf(algorithm));
    if (announced === undefined) continue;
    if (algorithm !== checksum.algorithm || announced !== checksum.value) {
      throw new S3Error("BadDigest", {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
    }
  }
}
