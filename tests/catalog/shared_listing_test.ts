import { assertEquals, assertRejects } from "../assert.ts";
import { shareListings } from "../../src/catalog/shared_listing.ts";
import { fetchPackageListing } from "../../src/catalog/remote_package.ts";
import type { PackageName } from "../../src/revision/names.ts";
import type { Bucket } from "../../src/bucket/bucket.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { Fleet } from "../e2e/fleet.ts";
import { aPackage } from "../names.ts";

const names = (count: number, begin = "p"): PackageName[] =>
  Array.from({ length: count }, (_, i) => aPackage(`${begin}${i}`));

function revisions(name: string, count: number): string[] {
  const ids = Array.from({ length: count }, (_, i) => `V${String(i).padStart(10, "0")}`);
  return [...ids.map((id) => `${name}.${id}.tgz`), `${name}.rev`];
}

async function put(bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 50) {
    await Promise.all(keys.slice(i, i + 50).map((key) => bucket.put(key, "x", { metadata: {} })));
  }
}

/** Every package as by a LIST of its own; the answer is how many requests the shared one took. */
async function compare(bucket: MemoryBucket, wanted: readonly PackageName[]): Promise<number> {
  bucket.calls.length = 0;
  const { of: listing } = shareListings(bucket, wanted);
  const found = await Promise.all(wanted.map((name) => listing(name)));
  const requests = bucket.calls.length;
  const alone = await Promise.all(wanted.map((name) => fetchPackageListing(bucket, name)));
  assertEquals(found, alone);
  return requests;
}

Deno.test("shareListings() lists many packages by one request for 1,000 keys", async () => {
  const bucket = new MemoryBucket();
  const wanted = names(400);
  await put(bucket, wanted.flatMap((name) => revisions(name, 2)));
  // 1,200 keys; a package that S3 does not have is found empty.
  assertEquals(await compare(bucket, [...wanted, aPackage("not_there")]), 2);
  // A few packages ask for themselves.
  assertEquals(await compare(bucket, ["p3", "p5", "p7"].map(aPackage)), 3);
});

Deno.test("from eight packages on one listing serves all", async () => {
  const bucket = new MemoryBucket();
  await put(bucket, names(8).flatMap((name) => revisions(name, 1)));
  assertEquals(await compare(bucket, names(7)), 7);
  assertEquals(await compare(bucket, names(8)), 1);
});

Deno.test("shareListings() never asks more often than each package alone, nor for much that is others'", async () => {
  const bucket = new MemoryBucket();
  // One package of two pages; names of which one begins another, or sorts before its dot.
  const wanted = ["a-b", "a", "ab", "b", "b-", "b_", "big", "c", "z", "z9"].map(aPackage);
  const foreign = names(1500, "m").map((name) => `${name}/x`);
  await put(bucket, [
    ...wanted.flatMap((name) => revisions(name, name === "big" ? 1100 : 2)),
    ...foreign,
    "a.VZ5vQk8aR4G",
    "no key of FTL",
  ]);
  const requests = await compare(bucket, wanted);
  assertEquals(requests <= 4, true, `${requests} requests`);
});

Deno.test("shareListings() lets each ask for itself where the credentials allow no more", async () => {
  const bucket = new MemoryBucket();
  const wanted = names(9);
  await put(bucket, wanted.flatMap((name) => revisions(name, 1)));
  bucket.deny("listPage", 1);
  assertEquals(await compare(bucket, wanted), 10);
  // One package's failure is its own.
  bucket.deny("listPage", 1);
  bucket.deny("list", 1);
  const { of: listing } = shareListings(bucket, wanted);
  await assertRejects(() => listing(aPackage("p0")), Error, "denied");
  assertEquals((await listing(aPackage("p1"))).revisions.length, 1);
});

Deno.test("sync, its dry run and status ask once for the listings of many packages", async () => {
  await using fleet = await Fleet.start({ durable: false });
  const wanted = names(12);
  const machine = fleet.machine("web", wanted);
  await put(fleet.bucket(), wanted.map((name) => `${name}.V0000000000.txt`));
  for (
    const args of [["sync"], ["sync"], ["sync", "--dry-run"], ["status"], ["status", "--json"]]
  ) {
    fleet.server.clearLog();
    assertEquals((await machine.ftl(args)).code, 0);
    const lists = fleet.server.log.filter(({ operation }) => operation === "ListObjectsV2");
    assertEquals([args, lists.length], [args, 1]);
  }
});
