/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import type { ObjectRecord } from "../storage/bucket.ts";
import { isNotModified } from "./conditions.ts";
import { checksumHeaders, overrideHeaders, responseHeaders } from "./object_headers.ts";
import { type ByteRange, parseRange } from "./ranges.ts";
import {
  integerParameter,
  invalidArgument,
  noSuchKey,
  requireBucket,
  type S3Request,
} from "./request.ts";

/** GetObject and HeadObject: they differ in the body alone. */
// deno-lint-ignore require-await -- an Operation is asynchronous
export async function getObject(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  assertNoVersion(request);
  const record = bucket.objects.get(request.key);
  if (record === undefined) throw noSuchKey(request.key);
  const headers = responseHeaders(record);
  if (isNotModified(request.headers, record)) return { status: 304, headers };
  const range = rangeOf(request, record, headers);
  overrideHeaders(headers, request.query);
  const { start, end } = range ?? { start: 0, end: record.size - 1 };
  if (range !== undefined) headers.set("Content-Range", `bytes ${start}-${end}/${record.size}`);
  // The checksum is that of the whole object: for a part of it, it would only mislead.
  if (request.headers.get("x-amz-checksum-mode") === "ENABLED" && end - start + 1 === record.size) {
    for (const [name, value] of checksumHeaders(record)) headers.set(name, value);
  }
  const status = range === undefined ? 200 : 206;
  const length = end - start + 1;
  if (request.method === "HEAD") return { status, headers, contentLength: length };
  const file = bucket.open(record);
  file.seekSync(start, Deno.SeekMode.Start);
  return { status, headers, body: { file, length } };
}

/** The bytes that are asked for, by Range or by part number; undefined for the whole object. */
function rangeOf(
  request: S3Request,
  record: ObjectRecord,
  headers: Map<string, string>,
): ByteRange | undefined {
  const header = request.headers.get("range");
  const partNumber = integerParameter(request.query, "partNumber", {
    fallback: 0,
    min: 1,
    max: 10_000,
  });
  if (partNumber === 0) {
    // RFC 9110, section 13.1.5: a range of what the client knows, or all of what there is now.
    const condition = request.headers.get("if-range")?.trim();
    const stale = condition !== undefined && condition !== `"${record.etag}"` &&
      Date.parse(condition) !== record.modified;
    return stale ? undefined : parseRange(header, record.size);
  }
  if (header !== undefined) {
    throw new S3Error("InvalidRequest", {
      message: "Cannot specify both Range header and partNumber query parameter",
    });
  }
  const sizes = record.parts ?? [record.size];
  const size = sizes[partNumber - 1];
  if (size === undefined) {
    throw new S3Error("InvalidPartNumber", {
      details: { PartNumberRequested: partNumber, ActualPartCount: sizes.length },
    });
  }
  if (record.parts !== undefined) headers.set("x-amz-mp-parts-count", String(sizes.length));
  if (record.size === 0) return undefined;
  const start = sizes.slice(0, partNumber - 1).reduce((sum, part) => sum + part, 0);
  return { start, end: start + size - 1 };
}

/** A bucket without versions has one of each object, called `null`. */
export function assertNoVersion({ query }: S3Request): void {
  const version = query.get("versionId");
  if (version !== undefined && version !== "null") {
    throw invalidArgument({
      name: "versionId",
      value: version,
      message: "Invalid version id specified",
    });
  }
}
