/** A write with a time limit: after it no try comes any more. */
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { openS3Bucket } from "../../../src/bucket/s3/s3_bucket.ts";
import { useCredentials } from "../../credentials.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { LackingStore } from "./lacking_store.ts";

const KEY = "a.rev";
const WRITE = { metadata: { "ftl-serial": "1" }, timeout: 300 };

/** @param hanging what becomes of a write whose answer does not come */
async function put(fleet: Fleet, hanging: "done" | "lost"): Promise<string> {
  await using store = LackingStore.before(fleet.server, {
    hanging: ({ method }) => method === "PUT" ? hanging : undefined,
  });
  useCredentials(store.env());
  return await openS3Bucket("deploys", store.env()).put(KEY, "a.1", WRITE);
}

Deno.test("put() gives up after its time limit, and then nothing is written", async () => {
  await using fleet = await Fleet.start();
  const error = await assertRejects(() => put(fleet, "lost"), StorageError);
  assertEquals([error.reason, error.action], ["unreachable", "s3:PutObject"]);
  assertMatch(error.message, /^S3 did not answer s3:PutObject on s3:\/\/deploys\/a\.rev$/);
  assertEquals(await fleet.bucket().head(KEY), undefined);
});

Deno.test("put() is done if only its answer does not come within the time limit", async () => {
  await using fleet = await Fleet.start();
  const etag = await put(fleet, "done");
  assertEquals((await fleet.bucket().getSmall(KEY))?.etag, etag);
});
