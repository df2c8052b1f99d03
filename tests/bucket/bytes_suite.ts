/** The part of the contract that is about objects of bytes which fit into memory. */
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { IntegrityError, NotFoundError } from "../../src/errors.ts";
import type { Test } from "./suite.ts";

export function testBytes(test: Test): void {
  test("gives bytes back as they are, up to the limit", async ({ bucket, missing }) => {
    const bytes = new Uint8Array(100_000).map((_, i) => i * i);
    const { signal } = new AbortController();
    await bucket.putBytes("a/b", new Uint8Array(9), { metadata: {}, signal });
    await bucket.putBytes("a/b", bytes, { metadata: { "ftl-size": "1" }, signal });
    const etag = (await bucket.head("a/b"))?.etag;
    const found = await bucket.getBytes("a/b", { limit: 100_000, signal });
    assertEquals([found?.etag, found?.size, found?.metadata], [etag, 100_000, { "ftl-size": "1" }]);
    assert(found?.bytes.every((byte, i) => byte === bytes[i]) === true);
    await bucket.putBytes("empty", new Uint8Array(), { metadata: {}, signal });
    assertEquals((await bucket.getBytes("empty", { limit: 0, signal }))?.bytes, new Uint8Array());
    assertEquals(await bucket.getBytes("a/c", { limit: 9, signal }), undefined);
    const tooLarge = () => bucket.getBytes("a/b", { limit: 99_999, signal });
    await assertRejects(tooLarge, IntegrityError, "100000 bytes");
    await assertRejects(() => missing.getBytes("a", { limit: 9, signal }), NotFoundError);
    const stopped = AbortSignal.abort(new Error("stopped"));
    const late = { metadata: {}, signal: stopped, limit: 9 };
    await assertRejects(() => bucket.getBytes("a/b", late), Error, "stopped");
    await assertRejects(() => bucket.putBytes("late", bytes, late), Error, "stopped");
    await assertRejects(
      () => missing.putBytes("a", bytes, { metadata: {}, signal }),
      NotFoundError,
    );
    assertEquals(await bucket.head("late"), undefined);
  });
}
