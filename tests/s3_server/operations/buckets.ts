/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import { receiveText } from "../payload/payload.ts";
import { isBucketName } from "../storage/store.ts";
import {
  childText,
  element,
  parseXml,
  raw,
  S3_NAMESPACE,
  text,
  XML_DECLARATION,
  type XmlElement,
} from "../xml.ts";
import {
  integerParameter,
  isoDate,
  OWNER,
  requireBucket,
  type S3Request,
  xmlResponse,
} from "./request.ts";

/** The region whose buckets have no location constraint. */
const FIRST_REGION = "us-east-1";
const MAX_BODY_BYTES = 64 * 1024;

export async function createBucket(request: S3Request): Promise<S3Response> {
  const { bucketName: name, region, store } = request;
  if (!isBucketName(name)) {
    throw new S3Error("InvalidBucketName", { details: { BucketName: name } });
  }
  const constraint = request.bodyLength === 0
    ? undefined
    : locationConstraint(await receiveText(request, { limit: MAX_BODY_BYTES }));
  if (region === FIRST_REGION ? constraint !== undefined : constraint !== region) {
    throw region === FIRST_REGION && constraint === FIRST_REGION
      ? new S3Error("InvalidLocationConstraint", { details: { LocationConstraint: constraint } })
      : new S3Error("IllegalLocationConstraintException", {
        message: `The ${constraint ?? "unspecified"} location constraint is incompatible for the ` +
          "region specific endpoint this request was sent to.",
      });
  }
  // In its first region S3 says yes again, everywhere else it tells that there is one.
  if (store.bucket(name) !== undefined && region !== FIRST_REGION) {
    throw new S3Error("BucketAlreadyOwnedByYou", { details: { BucketName: name } });
  }
  store.create(name);
  return { status: 200, headers: new Map([["Location", `/${name}`]]) };
}

/** The region that the body names; undefined if there is no body, or it names none. */
function locationConstraint(xml: string): string | undefined {
  if (xml.trim() === "") return undefined;
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch {
    throw new S3Error("MalformedXML");
  }
  if (root.name !== "CreateBucketConfiguration") throw new S3Error("MalformedXML");
  return childText(root, "LocationConstraint")?.trim() || undefined;
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function headBucket(request: S3Request): Promise<S3Response> {
  requireBucket(request);
  const headers = new Map([
    ["x-amz-bucket-region", request.region],
    ["x-amz-access-point-alias", "false"],
    ["Content-Type", "application/xml"],
  ]);
  return { status: 200, headers };
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function deleteBucket(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  if (bucket.objects.size > 0) {
    throw new S3Error("BucketNotEmpty", { details: { BucketName: bucket.name } });
  }
  request.store.remove(bucket);
  return { status: 204, headers: new Map() };
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function listBuckets(request: S3Request): Promise<S3Response> {
  const { query, store, region } = request;
  const prefix = query.get("prefix");
  const after = query.get("continuation-token") ?? "";
  const max = integerParameter(query, "max-buckets", { fallback: 10_000, min: 1, max: 10_000 });
  const wanted = store.buckets.filter(({ name }) => name.startsWith(prefix ?? "") && name > after);
  const page = wanted.slice(0, max);
  const buckets = page.map(({ name, created }) =>
    element(
      "Bucket",
      raw(
        text("Name", name) + text("CreationDate", isoDate(created)) +
          text("BucketRegion", query.has("max-buckets") ? region : undefined),
      ),
    )
  ).join("");
  const token = wanted.length > page.length ? page.at(-1)?.name : undefined;
  return xmlResponse({
    root: "ListAllMyBucketsResult",
    content: element("Owner", raw(text("ID", OWNER.id) + text("DisplayName", OWNER.displayName))) +
      element("Buckets", raw(buckets)) + text("ContinuationToken", token) + text("Prefix", prefix),
  });
}

// deno-lint-ignore require-await -- an Operation is asynchronous
export async function getBucketLocation(request: S3Request): Promise<S3Response> {
  requireBucket(request);
  const region = request.region === FIRST_REGION ? "" : request.region;
  const xml = XML_DECLARATION +
    `<LocationConstraint xmlns="${S3_NAMESPACE}">${region}</LocationConstraint>`;
  return {
    status: 200,
    headers: new Map([["Content-Type", "application/xml"]]),
    body: new TextEncoder().encode(xml),
  };
}
