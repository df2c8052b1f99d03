/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
import type { S3Response } from "../http/response.ts";
import { elementOf } from "../payload/checksums.ts";
import { compareKeys } from "../storage/key_order.ts";
import type { PartRecord, UploadRecord } from "../storage/uploads.ts";
import { element, raw, text } from "../xml.ts";
import { commonPrefixesXml, nameEncoder } from "./list_objects.ts";
import { commonPrefixOf } from "./listing.ts";
import { requireUpload } from "./multipart.ts";
import {
  integerParameter,
  isoDate,
  OWNER,
  requireBucket,
  type S3Request,
  xmlResponse,
} from "./request.ts";

const MAX_ITEMS = 1000;
const ANY = 2 ** 31 - 1;

function ownerXml(name: string): string {
  return element(name, raw(text("ID", OWNER.id) + text("DisplayName", OWNER.displayName)));
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function listParts(request: S3Request): Promise<S3Response> {
  const { record, parts } = requireUpload(request);
  const { query, bucketName } = request;
  const max = Math.min(
    integerParameter(query, "max-parts", { fallback: MAX_ITEMS, min: 0, max: ANY }),
    MAX_ITEMS,
  );
  const marker = integerParameter(query, "part-number-marker", { fallback: 0, min: 0, max: ANY });
  const encode = nameEncoder(query.get("encoding-type"));
  const rest = parts.filter((part) => part.number > marker);
  const page = rest.slice(0, max);
  const content = text("Bucket", bucketName) + text("Key", encode(record.key)) +
    text("UploadId", record.id) + ownerXml("Initiator") + ownerXml("Owner") +
    text("StorageClass", record.storageClass) + text("PartNumberMarker", marker) +
    text("NextPartNumberMarker", page.at(-1)?.number ?? marker) + text("MaxParts", max) +
    text("EncodingType", query.get("encoding-type")) +
    text("IsTruncated", max > 0 && rest.length > page.length) +
    text("ChecksumAlgorithm", record.checksum?.algorithm) +
    text("ChecksumType", record.checksum?.type) +
    page.map(partXml).join("");
  return xmlResponse({ root: "ListPartsResult", content });
}

function partXml({ number, modified, etag, size, checksum }: PartRecord): string {
  return element(
    "Part",
    raw(
      text("PartNumber", number) + text("LastModified", isoDate(modified)) +
        text("ETag", `"${etag}"`) + text("Size", size) +
        (checksum === undefined ? "" : text(elementOf(checksum.algorithm), checksum.value)),
    ),
  );
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function listMultipartUploads(request: S3Request): Promise<S3Response> {
  const { uploads, name } = requireBucket(request);
  const { query } = request;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const idMarker = keyMarker === "" ? "" : query.get("upload-id-marker") ?? "";
  const max = Math.min(
    integerParameter(query, "max-uploads", { fallback: MAX_ITEMS, min: 0, max: ANY }),
    MAX_ITEMS,
  );
  const encode = nameEncoder(query.get("encoding-type"));
  const page = uploadPage(
    uploads.list().filter((upload) => upload.key.startsWith(prefix)),
    { prefix, delimiter, keyMarker, idMarker, max },
  );
  const content = text("Bucket", name) + text("KeyMarker", encode(keyMarker)) +
    text("UploadIdMarker", idMarker) +
    text("NextKeyMarker", page.next && encode(page.next.key)) +
    text("NextUploadIdMarker", page.next?.id) + text("Prefix", encode(prefix)) +
    text("Delimiter", delimiter === "" ? undefined : encode(delimiter)) +
    text("MaxUploads", max) + text("EncodingType", query.get("encoding-type")) +
    text("IsTruncated", page.next !== undefined) +
    page.uploads.map((upload) => uploadXml(upload, encode)).join("") +
    commonPrefixesXml(page.commonPrefixes, encode);
  return xmlResponse({ root: "ListMultipartUploadsResult", content });
}

interface UploadPage {
  readonly uploads: UploadRecord[];
  readonly commonPrefixes: string[];
  /** The markers of the next page; undefined after the last one. */
  readonly next: { key: string; id: string } | undefined;
}

interface UploadPageOptions {
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly idMarker: string;
  readonly max: number;
}

function uploadPage(sorted: readonly UploadRecord[], options: UploadPageOptions): UploadPage {
  const { keyMarker, idMarker, max } = options;
  const uploads: UploadRecord[] = [];
  const commonPrefixes: string[] = [];
  const markerAt = sorted.findIndex(({ key, id }) => key === keyMarker && id === idMarker);
  let next: { key: string; id: string } | undefined;
  for (const [at, upload] of sorted.entries()) {
    const order = compareKeys(upload.key, keyMarker);
    if (keyMarker !== "" && order < 0) continue;
    // Uploads of one key are in order of time: those behind the marked one follow.
    if (keyMarker !== "" && order === 0 && (markerAt === -1 || at <= markerAt)) continue;
    const common = commonPrefixOf(upload.key, options);
    if (common !== undefined && (common === keyMarker || common === commonPrefixes.at(-1))) {
      continue;
    }
    if (uploads.length + commonPrefixes.length >= max) {
      return { uploads, commonPrefixes, next: max === 0 ? undefined : next };
    }
    if (common === undefined) uploads.push(upload);
    else commonPrefixes.push(common);
    next = common === undefined ? upload : { key: common, id: "" };
  }
  return { uploads, commonPrefixes, next: undefined };
}

function uploadXml(
  { key, id, initiated, storageClass, checksum }: UploadRecord,
  encode: (name: string) => string,
): string {
  return element(
    "Upload",
    raw(
      text("Key", encode(key)) + text("UploadId", id) + ownerXml("Initiator") + ownerXml("Owner") +
        text("StorageClass", storageClass) + text("Initiated", isoDate(initiated)) +
        text("ChecksumAlgorithm", checksum?.algorithm) + text("ChecksumType", checksum?.type),
    ),
  );
}
