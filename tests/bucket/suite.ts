/**
 * What any implementation of `Bucket` must do: the contract of `src/bucket/bucket.ts` as tests. An
 * implementation calls `testBucket` with the way to make an empty bucket of its own.
 */
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { ConflictError, IntegrityError, NotFoundError } from "../../src/errors.ts";
import { GREATEST_SMALL_LIMIT, type OpenedBucket } from "../../src/bucket/bucket.ts";
import { testBytes } from "./bytes_suite.ts";
import { testCopies } from "./copy_suite.ts";
import { testListing, testLongListing, testPages } from "./listing_suite.ts";
import { testUploads } from "./upload_suite.ts";

/** An empty bucket, gone when it is disposed of. */
export interface TestBucket extends AsyncDisposable {
  readonly bucket: OpenedBucket;
  /** The same in a bucket that does not exist. */
  readonly missing: OpenedBucket;
  /** Uploads that were begun and neither completed nor aborted. */
  openUploads(): Promise<number>;
}

type MakeBucket = () => Promise<TestBucket>;

export function testBucket(name: string, make: MakeBucket): void {
  testBucketWrites(name, make);
  const test = testsOf(name, make);
  testListing(test);
  testLongListing(test);
  testPages(test);
  testBulkRemoval(test);
  testReading(test);
}

/** The writing half alone. */
export function testBucketWrites(name: string, make: MakeBucket): void {
  const test = testsOf(name, make);
  testSmallObjects(test);
  testLimits(test);
  testConditions(test);
  testBytes(test);
  testUploads(test);
  testCopies(test);
}

/** What reads, but long listings. */
export function testBucketReads(name: string, make: MakeBucket): void {
  const test = testsOf(name, make);
  testSmallObjects(test);
  testLimits(test);
  testListing(test);
  testReading(test);
}

function testsOf(name: string, make: MakeBucket): Test {
  return (sentence, run) => {
    Deno.test(`${name} ${sentence}`, async () => {
      await using given = await make();
      await run(given);
    });
  };
}

/** Registers a test that gets an empty bucket. */
export type Test = (sentence: string, run: (given: TestBucket) => Promise<void>) => void;

function testSmallObjects(test: Test): void {
  test("gives a small object back with its metadata and ETag", async ({ bucket }) => {
    const etag = await bucket.put("a.rev", "a.VZ5vQk8aR4G", { metadata: { "ftl-by": "me@here" } });
    const found = await bucket.getSmall("a.rev");
    assertEquals(found?.text, "a.VZ5vQk8aR4G");
    assertEquals(found?.etag, etag);
    assertEquals(found?.metadata, { "ftl-by": "me@here" });
    const head = await bucket.head("a.rev");
    assertEquals([head?.size, head?.etag], [13, etag]);
  });

  test("says that an object is not there", async ({ bucket }) => {
    assertEquals(await bucket.getSmall("a.rev"), undefined);
    assertEquals(await bucket.head("a.rev"), undefined);
    await bucket.remove("a.rev");
  });

  test("removes an object", async ({ bucket }) => {
    await bucket.put("a.rev", "x", { metadata: {} });
    await bucket.remove("a.rev");
    assertEquals(await bucket.list(""), []);
  });

  test("names a bucket that does not exist", async ({ missing }) => {
    await assertRejects(() => missing.list("a."), NotFoundError, missing.name);
    await assertRejects(() => missing.put("a", "x", { metadata: {} }), NotFoundError, missing.name);
    const once = { contentType: "text/plain", timeout: 5000 };
    await assertRejects(() => missing.putOnce("a", "x", once), NotFoundError, missing.name);
  });
}

function testLimits(test: Test): void {
  test("refuses to take a large object for a small one", async ({ bucket }) => {
    await bucket.put("a.rev", "x".repeat(5000), { metadata: {} });
    await assertRejects(() => bucket.getSmall("a.rev"), IntegrityError, "5000 bytes");
  });

  test("gives a larger object back if the limit allows it", async ({ bucket }) => {
    await bucket.put("a.rev", "x".repeat(5000), { metadata: {} });
    assertEquals((await bucket.getSmall("a.rev", { limit: 5000 }))?.size, 5000);
    const limit = GREATEST_SMALL_LIMIT;
    await bucket.put("b.rev", "x".repeat(limit), { metadata: {} });
    assertEquals((await bucket.getSmall("b.rev", { limit }))?.text.length, limit);
    await bucket.put("c.rev", "x".repeat(limit + 1), { metadata: {} });
    for (const [key, bytes] of [["a.rev", 4999], ["c.rev", limit]] as const) {
      await assertRejects(() => bucket.getSmall(key, { limit: bytes }), IntegrityError, "bytes");
    }
  });

  test("writes once what may be lost, whatever is there", async ({ bucket }) => {
    const options = { contentType: "application/json", timeout: 5000 };
    for (const text of ["{}", '{"a":"\u00e9"}']) {
      await bucket.putOnce("a", text, options);
      assertEquals((await bucket.getSmall("a"))?.text, text);
    }
  });
}

function testConditions(test: Test): void {
  test("creates only what is absent, on that condition", async ({ bucket }) => {
    const absent = { metadata: {}, condition: { absent: true } } as const;
    await bucket.put("a.rev", "first", absent);
    await assertRejects(() => bucket.put("a.rev", "second", absent), ConflictError, "a.rev");
    assertEquals((await bucket.getSmall("a.rev"))?.text, "first");
  });

  test("replaces only the version that was read, on that condition", async ({ bucket }) => {
    const etag = await bucket.put("a.rev", "first", { metadata: {} });
    await bucket.put("a.rev", "second", { metadata: {}, condition: { etag } });
    const late = { metadata: {}, condition: { etag } };
    await assertRejects(() => bucket.put("a.rev", "third", late), ConflictError, "a.rev");
    assertEquals((await bucket.getSmall("a.rev"))?.text, "second");
  });

  test("lets exactly one of many racing writers win", async ({ bucket }) => {
    const etag = await bucket.put("a.rev", "start", { metadata: {} });
    const results = await Promise.allSettled(
      Array.from(
        { length: 10 },
        (_, i) => bucket.put("a.rev", `writer ${i}`, { metadata: {}, condition: { etag } }),
      ),
    );
    const winners = results.flatMap(({ status }, i) => status === "fulfilled" ? [i] : []);
    assertEquals(winners.length, 1);
    assertEquals((await bucket.getSmall("a.rev"))?.text, `writer ${winners[0]}`);
    for (const result of results) {
      assert(result.status === "fulfilled" || result.reason instanceof ConflictError);
    }
  });
}

function testBulkRemoval(test: Test): void {
  test("removes many objects, also where there is none", async ({ bucket }) => {
    const keys = ["a.1", "a b+c%20", "a&<>\"'", "\u00e9\u2603"];
    for (const key of [...keys, "stays"]) await bucket.put(key, "x", { metadata: {} });
    assertEquals(await bucket.removeMany([...keys, "never there"]), []);
    assertEquals((await bucket.list("")).map(({ key }) => key), ["stays"]);
    assertEquals(await bucket.removeMany([]), []);
  });

  test("removes more than one request takes", async ({ bucket }) => {
    const keys = Array.from({ length: 1001 }, (_, i) => `a.${i}`);
    for (let i = 0; i < keys.length; i += 50) {
      await Promise.all(keys.slice(i, i + 50).map((key) => bucket.put(key, "x", { metadata: {} })));
    }
    assertEquals(await bucket.removeMany(keys), []);
    assertEquals(await bucket.list(""), []);
  });

  test("names the bucket that it cannot remove from", async ({ missing }) => {
    await assertRejects(() => missing.removeMany(["a", "b"]), NotFoundError, missing.name);
  });
}

function testReading(test: Test): void {
  test("reads a range of one version, and tells the size of the whole", async ({ bucket }) => {
    const etag = await bucket.put("a.txt", "0123456789", { metadata: { note: "x" } });
    const part = await bucket.read("a.txt", { etag, range: { start: 3, end: 7 } });
    assertEquals([part.size, part.etag, part.metadata], [10, etag, { note: "x" }]);
    assertEquals(await textOf(part.body), "3456");
    const whole = await bucket.read("a.txt", { etag });
    assertEquals([whole.size, await textOf(whole.body)], [10, "0123456789"]);
  });

  test("notices that the object is another one, or gone", async ({ bucket }) => {
    const etag = await bucket.put("a.txt", "first", { metadata: {} });
    await bucket.put("a.txt", "other", { metadata: {} });
    await assertRejects(() => bucket.read("a.txt", { etag }), ConflictError, "a.txt");
    await bucket.remove("a.txt");
    await assertRejects(() => bucket.read("a.txt", { etag }), NotFoundError, "a.txt");
  });
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
