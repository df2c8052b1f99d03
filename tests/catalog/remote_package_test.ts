/** What FTL makes of the keys in a bucket, and whether a revision is still there. */
import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import type { ListedPage, PageStart } from "../../src/bucket/bucket.ts";
import {
  fetchPackageListing,
  isInBucket,
  readListing,
  type RemotePackage,
  requireRemote,
} from "../../src/catalog/remote_package.ts";
import { NotFoundError, StorageError } from "../../src/errors.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { aPackage, aRevision } from "../names.ts";

const SITE = aPackage("my_site");
const OLD = aRevision("my_site.VZ5vQk8aR4G");

async function bucketWith(
  keys: readonly string[],
  bucket = new MemoryBucket(),
): Promise<MemoryBucket> {
  for (const key of keys) await bucket.put(key, key, { metadata: {} });
  return bucket;
}

async function read(keys: readonly string[]): Promise<RemotePackage[]> {
  return readListing(await (await bucketWith(keys)).list(""));
}

Deno.test("packages come by name and revisions by id, and keys that are not FTL's do not count", async () => {
  const packages = await read([
    "my_site.VZ5vQk9aR4G.tgz",
    "my_site.VZ5vQk8aR4G.tgz",
    "my_site.rev",
    "my_site-2.VZ5vQk8aR4G",
    "README.md",
    "logs/my_site.VZ5vQk8aR4G.tgz",
    "my_site.VZ5vQk8aR4G.",
    "my_site.current.tgz",
  ]);
  const told = packages.map(({ name, revisions, pointer }) =>
    [name, ...revisions.map(({ id }) => id), pointer?.key].join(" ")
  );
  assertEquals(told, ["my_site VZ5vQk8aR4G VZ5vQk9aR4G my_site.rev", "my_site-2 VZ5vQk8aR4G "]);
});

Deno.test("of two objects with one id the first in the listing counts", async () => {
  const [site] = await read(["my_site.VZ5vQk8aR4G.zst", "my_site.VZ5vQk8aR4G.gz"]);
  assertEquals(site?.revisions.map(({ key }) => key), ["my_site.VZ5vQk8aR4G.gz"]);
});

Deno.test("the Go original's pointers count only until there is a .rev", async () => {
  const go = ["my_site.current", "my_site.previous"];
  const keysOf = (
    [site]: RemotePackage[],
  ): unknown[] => [site?.pointer?.key, site?.goPrevious?.key];
  assertEquals(keysOf(await read(go)), go);
  assertEquals(keysOf(await read([...go, "my_site.rev"])), ["my_site.rev", undefined]);
});

Deno.test("a package's listing has nothing of one whose name begins alike", async () => {
  const bucket = await bucketWith(["my_site2.VZ5vQk8aR4G.tgz", "my_site2.rev"]);
  assertEquals(await fetchPackageListing(bucket, SITE), {
    name: SITE,
    revisions: [],
    pointer: undefined,
    goPrevious: undefined,
  });
});

Deno.test("a revision that S3 does not have is named, with what to look at instead", async () => {
  const bucket = await bucketWith([`my_site.${OLD.id}.tgz`]);
  const remote = await fetchPackageListing(bucket, SITE);
  assertEquals(requireRemote(remote, OLD, bucket).key, `my_site.${OLD.id}.tgz`);
  const gone = aRevision("my_site.VZ5vQk9aR4G");
  const other = assertThrows(() => requireRemote(remote, gone, bucket), NotFoundError);
  assertEquals(other.message, "No revision my_site.VZ5vQk9aR4G in s3://memory");
  assertEquals(other.hint, "'ftl list --master my_site' shows what it has");
  const none = { ...remote, revisions: [] };
  const { hint } = assertThrows(() => requireRemote(none, gone, bucket), NotFoundError);
  assertEquals(hint, "The bucket has no package my_site: 'ftl list --master' shows what it has");
});

/** A store that begins each listing with the first key, whatever it is asked for. */
class NaiveBucket extends MemoryBucket {
  override listPage({ prefix, next }: PageStart): Promise<ListedPage> {
    return super.listPage({ prefix, after: "", next });
  }
}

Deno.test("isInBucket() takes one page, and reads on if the store ignores where to begin", async () => {
  // More than a page. The revision that is looked for comes last.
  const many = Array.from(
    { length: 1001 },
    (_, n) => `my_site.VZ5vQ${String(n).padStart(6, "0")}.tgz`,
  );
  const last = "my_site.VZ5vQk8aR4G.tgz";
  for (
    const [bucket, calls] of [
      [new MemoryBucket(), ["listPage"]],
      [new NaiveBucket(), ["listPage", "list"]],
    ] as const
  ) {
    await bucketWith([...many, last], bucket);
    const revision = requireRemote(await fetchPackageListing(bucket, SITE), OLD, bucket);
    bucket.calls.length = 0;
    assertEquals(await isInBucket(bucket, revision), true);
    assertEquals(bucket.calls, [...calls]);
    await bucket.remove(last);
    assertEquals(await isInBucket(bucket, revision), false);
  }
});

Deno.test("a bucket that does not answer is not a bucket without the revision", async () => {
  const bucket = await bucketWith([`my_site.${OLD.id}.tgz`]);
  const revision = requireRemote(await fetchPackageListing(bucket, SITE), OLD, bucket);
  bucket.deny("listPage", 1);
  await assertRejects(() => isInBucket(bucket, revision), StorageError);
});
