/** The part of the contract about listings. */
import { assert, assertEquals } from "../assert.ts";
import type { Test } from "./suite.ts";

export function testListing(test: Test): void {
  test("lists what starts with a prefix, with sizes and ETags", async ({ bucket }) => {
    for (const key of ["b.x", "a.y", "a.x", "ab.x"]) await bucket.put(key, key, { metadata: {} });
    const found = await bucket.list("a.");
    assertEquals(found.map(({ key, size }) => [key, size]), [["a.x", 3], ["a.y", 3]]);
    assertEquals(found[0]?.etag, (await bucket.head("a.x"))?.etag);
    assert(Math.abs((found[0]?.modified ?? 0) - Date.now()) < 600_000);
    assert(Math.abs((bucket.serverTime() ?? 0) - Date.now()) < 600_000, "the time of its answers");
  });

  test("leaves out the keys that have the delimiter after the prefix", async ({ bucket }) => {
    for (const key of [".ftl/x/y", "a.x", "b/a.y", "b/c/a.z"]) {
      await bucket.put(key, "x", { metadata: {} });
    }
    const keys = async (prefix: string): Promise<string[]> =>
      (await bucket.list(prefix, { delimiter: "/" })).map(({ key }) => key);
    assertEquals([await keys(""), await keys("b/")], [["a.x"], ["b/a.y"]]);
  });

  test("keeps keys of any characters apart", async ({ bucket }) => {
    const keys = [
      "a b+c%20",
      "a&<>\"'",
      "folder/x",
      "~!'()*,;:@=$",
      "a//b",
      "\u00e9\u2603\u{1f600}",
    ]
      .sort();
    for (const key of keys) await bucket.put(key, key, { metadata: {} });
    assertEquals((await bucket.list("")).map(({ key }) => key).sort(), keys);
    for (const key of keys) assertEquals((await bucket.getSmall(key))?.text, key);
  });
}

export function testLongListing(test: Test): void {
  test("reads listings of more than 1,000 keys to their end", async ({ bucket }) => {
    const keys = Array.from({ length: 2100 }, (_, i) => `a.${String(i).padStart(6, "0")}`);
    for (let i = 0; i < keys.length; i += 50) {
      await Promise.all(keys.slice(i, i + 50).map((key) => bucket.put(key, "x", { metadata: {} })));
    }
    assertEquals((await bucket.list("a.")).map(({ key }) => key), keys);
  });
}

export function testPages(test: Test): void {
  test("lists a page from a place on, and the next one", async ({ bucket }) => {
    const keys = Array.from({ length: 1003 }, (_, i) => `a.${String(i).padStart(6, "0")}`);
    for (let i = 0; i < keys.length; i += 50) {
      await Promise.all(keys.slice(i, i + 50).map((key) => bucket.put(key, "x", { metadata: {} })));
    }
    await bucket.put("b.x", "x", { metadata: {} });
    const start = { prefix: "", after: "a.000001" };
    const first = await bucket.listPage(start);
    assertEquals(first.objects.map(({ key }) => key), keys.slice(2, 1002));
    const second = await bucket.listPage({ ...start, next: first.next });
    assertEquals(second.objects.map(({ key }) => key), ["a.001002", "b.x"]);
    assertEquals(second.next, undefined);
    const narrow = await bucket.listPage({ prefix: "a.", after: "a.001001" });
    assertEquals(narrow.objects.map(({ key }) => key), ["a.001002"]);
  });
}
