/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
import { Buffer } from "node:buffer";
import type { S3Response } from "../http/response.ts";
import type { Query } from "../query.ts";
import type { ObjectRecord } from "../storage/bucket.ts";
import { element, raw, text } from "../xml.ts";
import { commonPrefixOf, type Listable, listPage, type ListPosition } from "./listing.ts";
import {
  integerParameter,
  invalidArgument,
  isoDate,
  OWNER,
  requireBucket,
  type S3Request,
  xmlResponse,
} from "./request.ts";

const MAX_KEYS = 1000;

/** What both versions of the request have in common. */
interface ListRequest {
  readonly index: Listable;
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly encodingType: string | undefined;
  /** Encodes names as `encoding-type` demands. */
  encode(name: string): string;
}

function listRequest(request: S3Request): ListRequest {
  const { objects, name } = requireBucket(request);
  const { query, staleWrites } = request;
  const encodingType = query.get("encoding-type");
  return {
    index: staleWrites > 0 ? objects.asBefore(staleWrites) : objects,
    bucket: name,
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: integerParameter(query, "max-keys", {
      fallback: MAX_KEYS,
      min: 0,
      max: 2 ** 31 - 1,
    }),
    encodingType,
    encode: nameEncoder(encodingType),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_RequestParameters */
export function nameEncoder(encodingType: string | undefined): (name: string) => string {
  if (encodingType === undefined || encodingType === "") return (name) => name;
  if (encodingType !== "url") {
    throw invalidArgument({
      name: "encoding-type",
      value: encodingType,
      message: "Invalid Encoding Method specified in Request",
    });
  }
  return (name) =>
    encodeURIComponent(name).replace(/%2F/g, "/").replace(
      /[!'()]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function listObjectsV2(request: S3Request): Promise<S3Response> {
  const list = listRequest(request);
  const { query } = request;
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const position = token === undefined ? positionAfter(startAfter, list) : decodeToken(token);
  const maxKeys = Math.min(list.maxKeys, MAX_KEYS);
  const page = listPage(list.index, { ...list, position, maxKeys });
  const next = maxKeys === 0 ? undefined : page.next;
  const { encode } = list;
  const content = text("Name", list.bucket) +
    text("Prefix", encode(list.prefix)) +
    text("StartAfter", startAfter && encode(startAfter)) +
    text("ContinuationToken", token) +
    text("NextContinuationToken", next && encodeToken(next)) +
    text("KeyCount", page.contents.length + page.commonPrefixes.length) +
    text("MaxKeys", maxKeys) +
    text("Delimiter", list.delimiter === "" ? undefined : encode(list.delimiter)) +
    text("EncodingType", list.encodingType) +
    text("IsTruncated", next !== undefined) +
    contentsXml(page.contents, { encode, withOwner: isTrue(query, "fetch-owner") }) +
    commonPrefixesXml(page.commonPrefixes, encode);
  return xmlResponse({ root: "ListBucketResult", content });
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function listObjectsV1(request: S3Request): Promise<S3Response> {
  const list = listRequest(request);
  const marker = request.query.get("marker") ?? "";
  const maxKeys = Math.min(list.maxKeys, MAX_KEYS);
  const page = listPage(list.index, { ...list, position: positionAfter(marker, list), maxKeys });
  const next = maxKeys === 0 ? undefined : page.next;
  const { encode } = list;
  const content = text("Name", list.bucket) +
    text("Prefix", encode(list.prefix)) +
    text("Marker", encode(marker)) +
    // Without a delimiter the last key of the page is the next marker, and S3 leaves it unsaid.
    text("NextMarker", next && list.delimiter !== "" ? encode(next.after) : undefined) +
    text("MaxKeys", maxKeys) +
    text("Delimiter", list.delimiter === "" ? undefined : encode(list.delimiter)) +
    text("EncodingType", list.encodingType) +
    text("IsTruncated", next !== undefined) +
    contentsXml(page.contents, { encode, withOwner: true }) +
    commonPrefixesXml(page.commonPrefixes, encode);
  return xmlResponse({ root: "ListBucketResult", content });
}

/** A marker that is itself a common prefix stands for all the keys that the prefix stands for. */
function positionAfter(
  marker: string | undefined,
  list: { prefix: string; delimiter: string },
): ListPosition | undefined {
  if (marker === undefined || marker === "") return undefined;
  return { after: marker, isPrefix: commonPrefixOf(marker, list) === marker };
}

function encodeToken({ after, isPrefix }: ListPosition): string {
  return Buffer.from(`${isPrefix ? "p" : "k"}${after}`).toString("base64url");
}

function decodeToken(token: string): ListPosition {
  const bytes = Buffer.from(token, "base64url");
  const content = bytes.toString();
  if (!/^[pk]/.test(content) || bytes.toString("base64url") !== token) {
    throw invalidArgument({
      name: "continuation-token",
      value: token,
      message: "The continuation token provided is incorrect",
    });
  }
  return { after: content.slice(1), isPrefix: content.startsWith("p") };
}

function isTrue(query: Query, name: string): boolean {
  return query.get(name)?.toLowerCase() === "true";
}

function contentsXml(
  records: readonly ObjectRecord[],
  { encode, withOwner }: { encode: (name: string) => string; withOwner: boolean },
): string {
  const owner = withOwner
    ? element("Owner", raw(text("ID", OWNER.id) + text("DisplayName", OWNER.displayName)))
    : "";
  return records.map((record) =>
    element(
      "Contents",
      raw(
        text("Key", encode(record.key)) + text("LastModified", isoDate(record.modified)) +
          text("ETag", `"${record.etag}"`) +
          text("ChecksumAlgorithm", record.checksum?.algorithm) +
          text("ChecksumType", record.checksum?.type) +
          text("Size", record.size) + owner + text("StorageClass", record.storageClass),
      ),
    )
  ).join("");
}

export function commonPrefixesXml(
  prefixes: readonly string[],
  encode: (name: string) => string,
): string {
  return prefixes.map((prefix) => element("CommonPrefixes", raw(text("Prefix", encode(prefix)))))
    .join("");
}
