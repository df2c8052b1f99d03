/** A bucket at a server that answers as a test wants. */
import type { Bucket } from "../../../src/bucket/bucket.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";

/** A bucket at that URL, with credentials that any server may see. */
export function bucketAt(url: string, signal?: AbortSignal): Bucket {
  return openS3Bucket("deploys", {
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
    AWS_REGION: "us-east-1",
    HOME: "/nonexistent",
  }, signal === undefined ? {} : { signal });
}

/** The error that ends the work. Throws if there is none. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it succeeded");
}

/** Makes the same page for every request. */
export const page = (status: number, type: string, body: string | null) => (): Response =>
  new Response(body, { status, headers: { "content-type": type } });

/** An answer to a listing, with that XML in it. */
export function listing(content: string): Response {
  return new Response(`<?xml version="1.0"?>\n<ListBucketResult>${content}</ListBucketResult>`, {
    headers: { "content-type": "application/xml" },
  });
}
