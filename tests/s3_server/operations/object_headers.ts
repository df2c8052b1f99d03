/**
 * The headers that are kept with an object, on their way in and out.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
import { S3Error } from "../errors.ts";
import { headerOf } from "../payload/checksums.ts";
import type { Query } from "../query.ts";
import type { ObjectRecord } from "../storage/bucket.ts";
import { httpDate } from "./request.ts";

export type ObjectProperties = Pick<ObjectRecord, "headers" | "metadata" | "storageClass">;

const KEPT_HEADERS = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "x-amz-website-redirect-location",
];

const STORAGE_CLASSES = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
];

const MAX_METADATA_BYTES = 2048;
const METADATA_PREFIX = "x-amz-meta-";

/** What a request says about its object. Throws MetadataTooLarge, InvalidStorageClass. */
export function objectProperties(headers: ReadonlyMap<string, string>): ObjectProperties {
  const kept: Record<string, string> = { "content-type": "binary/octet-stream" };
  const metadata: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (name.startsWith(METADATA_PREFIX)) {
      const metadataName = name.slice(METADATA_PREFIX.length);
      metadata[metadataName] = value;
      metadataBytes += metadataName.length + value.length;
    } else if (KEPT_HEADERS.includes(name)) {
      const content = name === "content-encoding" ? withoutAwsChunked(value) : value;
      if (content !== "") kept[name] = content;
    }
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error("MetadataTooLarge", {
      details: { Size: metadataBytes, MaxSizeAllowed: MAX_METADATA_BYTES },
    });
  }
  const storageClass = headers.get("x-amz-storage-class") ?? "STANDARD";
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new S3Error("InvalidStorageClass", { details: { StorageClassRequested: storageClass } });
  }
  return { headers: kept, metadata, storageClass };
}

/** `aws-chunked` is the framing of the request and no property of the object. */
function withoutAwsChunked(encoding: string): string {
  const items = encoding.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const kept = items.filter((item) => item.toLowerCase() !== "aws-chunked");
  return kept.length === items.length ? encoding : kept.join(", ");
}

/** The headers of an object as GET and HEAD send them. */
export function responseHeaders(record: ObjectRecord): Map<string, string> {
  const headers = new Map([
    ["Last-Modified", httpDate(record.modified)],
    ["ETag", `"${record.etag}"`],
    ["Accept-Ranges", "bytes"],
  ]);
  for (const [name, value] of Object.entries(record.headers)) headers.set(titleCase(name), value);
  for (const [name, value] of Object.entries(record.metadata)) {
    headers.set(METADATA_PREFIX + name, value);
  }
  if (record.storageClass !== "STANDARD") headers.set("x-amz-storage-class", record.storageClass);
  return headers;
}

/** The headers with an object's checksum; empty if it has none. */
export function checksumHeaders({ checksum }: Pick<ObjectRecord, "checksum">): Map<string, string> {
  if (checksum === undefined) return new Map();
  return new Map([
    [headerOf(checksum.algorithm), checksum.value],
    ["x-amz-checksum-type", checksum.type],
  ]);
}

const OVERRIDES = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];

/** Applies the `response-...` parameters of a GET. */
export function overrideHeaders(headers: Map<string, string>, query: Query): void {
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value !== undefined) headers.set(titleCase(name), value);
  }
}

function titleCase(name: string): string {
  return name.startsWith("x-") ? name : name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
