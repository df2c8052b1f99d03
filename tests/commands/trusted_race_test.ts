/** What somebody who can write to the bucket does to a pointer between the requests of a sync, and between two syncs. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { readPointerState, writePointerState } from "../../src/machine/state.ts";
import { readKnownBlessing } from "../../src/machine/trust/state.ts";
import { StorageError } from "../../src/errors.ts";
import { readLink } from "../../src/machine/links.ts";
import { dirOf, idOf, keyOf, SignedFleet } from "./signed_fleet.ts";

Deno.test("a pointer that is deleted between the listing and its GET takes back no blessing", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const kept = readPointerState(dirOf(web));
  fleet.tick();
  fleet.bucket.snapshot("a.rev")();
  const { getSmall } = fleet.bucket;
  fleet.bucket.getSmall = async (key, options) => {
    if (key === "a.rev") await fleet.bucket.remove(key);
    return await getSmall.call(fleet.bucket, key, options);
  };
  await fleet.sync(web);
  assertEquals(readPointerState(dirOf(web)), kept);
});

Deno.test("a signed pointer is trusted in its place only, and so is what it replaced", async () => {
  using fleet = new SignedFleet();
  const first = await fleet.release("1");
  const second = await fleet.release("2");
  const third = await fleet.release("3");
  const web = fleet.machine();
  await fleet.sync(web);
  assertEquals(readPointerState(dirOf(web))?.replaced, idOf(second));
  fleet.tick();
  fleet.bucket.snapshot("a.rev")("a.current");
  await fleet.bucket.remove("a.rev");
  await fleet.bucket.put("a.previous", first, { metadata: {} });
  const { failures } = await fleet.sync(web);
  assertEquals(readPointerState(dirOf(web))?.replaced, idOf(second));
  assertStringIncludes(SignedFleet.failures({ failures }).join(), "5 a.rev is not trusted");
  assertEquals(readLink(dirOf(web), "current"), idOf(third));
});

Deno.test("what trust.json knows counts also if the machine was killed before it stored the pointer", async () => {
  using fleet = new SignedFleet();
  await fleet.release("1");
  const web = fleet.machine();
  await fleet.sync(web);
  const old = readPointerState(dirOf(web));
  // With versions, whoever deletes the newest one brings the one before back, with its time.
  const [putBack, then] = [fleet.bucket.snapshot("a.rev"), fleet.now];
  const second = await fleet.release("2");
  await fleet.sync(web);
  const known = readKnownBlessing(dirOf(web));
  writePointerState(dirOf(web), old);
  const now = fleet.now;
  fleet.now = then;
  putBack();
  fleet.now = now + 5000;
  const { failures } = await fleet.sync(web);
  assertEquals(readKnownBlessing(dirOf(web)), known);
  assertStringIncludes(SignedFleet.failures({ failures }).join(), "has obeyed one of");
  assertEquals(readLink(dirOf(web), "current"), idOf(second));
});

Deno.test("a candidate that S3 does not describe keeps no blessing back", async () => {
  using fleet = new SignedFleet();
  const web = fleet.machine();
  await fleet.release("1");
  await fleet.sync(web);
  const second = await fleet.release("2");
  const candidate = await fleet.build("3");
  // As S3 does for an object that is encrypted by a key of its writer (SSE-C).
  const { head } = fleet.bucket;
  fleet.bucket.head = async (key) => {
    if (key !== keyOf(candidate)) return await head.call(fleet.bucket, key);
    throw new StorageError("HTTP 400", { reason: "other" });
  };
  const { activated } = await fleet.sync(web);
  assertEquals([activated, dirOf(web).has(idOf(candidate))], [second, false]);
});
