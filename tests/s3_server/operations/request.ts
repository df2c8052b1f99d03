/** A request that is routed and authorized, as the operations get it. */
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import type { PayloadRequest } from "../payload/payload.ts";
import type { Query } from "../query.ts";
import type { Bucket } from "../storage/bucket.ts";
import type { Store } from "../storage/store.ts";
import { xmlDocument } from "../xml.ts";

export interface S3Request extends PayloadRequest {
  readonly method: string;
  readonly query: Query;
  readonly bucketName: string;
  readonly key: string;
  readonly store: Store;
  readonly region: string;
  /** How many changes a listing lags behind: a fault, 0 without one. */
  readonly staleWrites: number;
  /** The server's clock: Unix milliseconds. */
  readonly now: () => number;
}

/** Answers one kind of request. Throws S3Error. */
export type Operation = (request: S3Request) => Promise<S3Response>;

/** The bucket that a request names. Throws NoSuchBucket. */
export function requireBucket({ store, bucketName }: S3Request): Bucket {
  const bucket = store.bucket(bucketName);
  if (bucket === undefined) throw noSuchBucket(bucketName);
  return bucket;
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error("NoSuchBucket", { details: { BucketName: name } });
}

export function noSuchKey(key: string): S3Error {
  return new S3Error("NoSuchKey", { details: { Key: key } });
}

export interface XmlResponse {
  readonly root: string;
  readonly content: string;
  readonly headers?: ReadonlyMap<string, string>;
}

/** 200 with a document in the namespace of S3. */
export function xmlResponse({ root, content, headers = new Map() }: XmlResponse): S3Response {
  return {
    status: 200,
    headers: new Map([...headers, ["Content-Type", "application/xml"]]),
    body: new TextEncoder().encode(xmlDocument(root, content)),
  };
}

/** A whole number out of the query. Throws InvalidArgument if it is not one, or not in the range. */
export function integerParameter(
  query: Query,
  name: string,
  limits: { fallback: number; min: number; max: number },
): number {
  const value = query.get(name);
  if (value === undefined || value === "") return limits.fallback;
  const number = Number(value);
  if (!/^-?\d{1,10}$/.test(value) || number < limits.min || number > limits.max) {
    throw invalidArgument({
      name,
      value,
      message: /^-?\d{1,10}$/.test(value)
        ? `Argument ${name} must be an integer between ${limits.min} and ${limits.max}`
        : `Provided ${name} not an integer or within integer range`,
    });
  }
  return number;
}

export function invalidArgument(
  { name, value, message }: { name: string; value: string; message: string },
): S3Error {
  return new S3Error("InvalidArgument", {
    message,
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

/** `2026-11-22T09:55:51.000Z`, as XML has it. */
export function isoDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** `Sun, 22 Nov 2026 09:55:51 GMT`, as headers have it. */
export function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

/** Now, in whole seconds as Last-Modified has it. */
export function currentSecond({ now }: Pick<S3Request, "now">): number {
  return Math.floor(now() / 1000) * 1000;
}

/** The only owner there is. */
export const OWNER = { id: "ftl", displayName: "ftl" };
