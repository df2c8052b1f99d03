import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { assertEquals } from "../../assert.ts";
import { useCredentials } from "../../credentials.ts";
import { startS3Server } from "../../s3_server/server.ts";
import { TempFolder } from "../../temp.ts";
import { OPTIONS, PART, someBytes } from "../upload_suite.ts";
import { type TestBucket, testBucket, testBucketReads } from "../suite.ts";

// All servers of the tests know these.
const CREDENTIALS = { accessKeyId: "ftl-local", secretAccessKey: "ftl-local-secret" };

async function makeS3Bucket(settings: Record<string, string> = {}): Promise<TestBucket> {
  const folder = new TempFolder();
  const server = await startS3Server({ folder: folder.path, buckets: ["suite"], ...CREDENTIALS });
  const env = { ...server.env("suite"), ...settings };
  useCredentials(env);
  return {
    bucket: openS3Bucket("suite", env),
    missing: openS3Bucket("no-such-bucket", env),
    openUploads: async () => {
      const client = new S3Client({
        endpoint: server.url,
        forcePathStyle: true,
        region: env["AWS_REGION"] ?? "us-east-1",
        credentials: CREDENTIALS,
      });
      const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: "suite" }));
      client.destroy();
      return Uploads?.length ?? 0;
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      folder[Symbol.dispose]();
    },
  };
}

testBucket("S3Bucket", makeS3Bucket);
// With this setting the SDK sends the first try of the reads too.
testBucketReads("S3Bucket by the SDK alone", () => makeS3Bucket({ AWS_SDK_UA_APP_ID: "suite" }));

Deno.test("so many parts are under way as may be: fewer until the object may be visible", async () => {
  await using store = await makeS3Bucket();
  const { source } = someBytes(9 * PART);
  const { promise: visibleAfter, resolve } = Promise.withResolvers<void>();
  let [begun, arrived] = [0, 0];
  const atOnce = { early: 0, later: 0 };
  const counted = {
    ...source,
    read: (offset: number, length: number): Uint8Array<ArrayBuffer> => {
      const when = arrived < 4 ? "early" : "later";
      atOnce[when] = Math.max(atOnce[when], ++begun - arrived);
      return source.read(offset, length);
    },
  };
  await store.bucket.upload("a.tgz", counted, {
    ...{ ...OPTIONS, visibleAfter, earlyConcurrency: 1 },
    onProgress: () => {
      if (++arrived === 4) resolve();
    },
  });
  assertEquals(atOnce, { early: 1, later: 3 });
});
