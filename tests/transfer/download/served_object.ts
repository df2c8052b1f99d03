/** A test's object on the real server, and ways to download it. */
import type { Bucket } from "../../../src/bucket/bucket.ts";
import { type DownloadOptions, openDownload } from "../../../src/transfer/download/download.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../../credentials.ts";
import { type S3Server, startS3Server } from "../../s3_server/server.ts";
import { TempFolder } from "../../temp.ts";

export const KEY = "a.VZ5vQk8aR4G.txt";

export const RANGE = 64 * 1024;

const NEVER = new AbortController().signal;

export interface Given {
  readonly server: S3Server;
  readonly bucket: Bucket;
  /** What lies at `KEY`. */
  readonly bytes: Uint8Array;
  /** What to download it with; pauses are short. */
  readonly options: DownloadOptions;
}

/** A test with an object of so many bytes. Nothing may be left open at its end. */
export function test(sentence: string, size: number, run: (given: Given) => Promise<void>): void {
  Deno.test({
    name: `openDownload() ${sentence}`,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      using folder = new TempFolder();
      await using server = await startS3Server({
        folder: folder.path,
        buckets: ["deploys"],
        durable: false,
      });
      const bucket = bucketOf(server);
      const bytes = someBytes(size, 1);
      const etag = await putBytes(bucket, bytes);
      server.clearLog();
      await run({
        server,
        bucket,
        bytes,
        options: { size, etag, concurrency: 3, signal: NEVER, rangeSize: RANGE, firstPause: 1 },
      });
    },
  });
}

function bucketOf(server: S3Server): Bucket {
  const env = server.env("deploys");
  useCredentials(env);
  return openS3Bucket("deploys", env);
}

/** Text, so that `put` can carry it. */
export function someBytes(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = 32 + ((i * 31 + (i >> 9) * 7 + seed) % 90);
  return bytes;
}

export function putBytes(bucket: Bucket, bytes: Uint8Array): Promise<string> {
  return bucket.put(KEY, new TextDecoder().decode(bytes), { metadata: { note: "x" } });
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

export async function download(
  { bucket, options }: Given,
  changed: Partial<DownloadOptions> = {},
): Promise<Uint8Array> {
  await using opened = await openDownload(bucket, KEY, { ...options, ...changed });
  return await readAll(opened.body);
}
