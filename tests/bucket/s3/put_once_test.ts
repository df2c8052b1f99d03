/** A write that may as well be lost: one try, no long wait. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { assertEquals, assertMatch } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { Fleet } from "../../e2e/fleet.ts";
import type { Fault } from "../../s3_server/faults.ts";
import { clientOf } from "../../s3_server/testing/with_server.ts";

const KEY = ".ftl/fleet/web-1";

async function tryOnce(fault: Fault, timeout: number): Promise<{ error: unknown; puts: number }> {
  await using fleet = await Fleet.start();
  fleet.server.addFault({ method: "PUT", fault });
  const error = await fleet.bucket()
    .putOnce(KEY, "{}", { contentType: "application/json", timeout })
    .then(() => undefined, (error) => error);
  const puts = fleet.server.log.filter(({ method }) => method === "PUT").length;
  fleet.server.clearFaults();
  return { error, puts };
}

Deno.test("putOnce() does not try again after a 503", async () => {
  const { error, puts } = await tryOnce({ kind: "slow-down" }, 5000);
  assertEquals([(error as StorageError).reason, puts], ["busy", 1]);
});

Deno.test("putOnce() names the action that is denied", async () => {
  const { error, puts } = await tryOnce({ kind: "access-denied" }, 5000);
  const { reason, action } = error as StorageError;
  assertEquals([reason, action, puts], ["denied", "s3:PutObject", 1]);
});

Deno.test("putOnce() does not wait longer than it was told", async () => {
  const { error } = await tryOnce({ kind: "stall", bytes: 0 }, 50);
  assertEquals((error as StorageError).reason, "unreachable");
  assertMatch((error as StorageError).message, /did not answer .*fleet\/web-1 within 0\.05 s$/);
});

Deno.test("putOnce() writes the type of the content", async () => {
  await using fleet = await Fleet.start();
  await fleet.bucket().putOnce(KEY, "{}", { contentType: "application/json", timeout: 5000 });
  const s3 = clientOf(fleet.server);
  const found = await s3.send(new HeadObjectCommand({ Bucket: "deploys", Key: KEY }));
  s3.destroy();
  assertEquals(found.ContentType, "application/json");
});
