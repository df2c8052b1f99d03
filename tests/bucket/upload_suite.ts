/** The part of the contract of `Bucket` that is about uploads, in one request or in parts. */
import { assertEquals, assertRejects } from "../assert.ts";
import { createHash } from "node:crypto";
import { ConflictError, IntegrityError } from "../../src/errors.ts";
import type { UploadSource } from "../../src/bucket/bucket.ts";
import type { Test } from "./suite.ts";

const PART = 5 * 1024 * 1024;

const OPTIONS = {
  metadata: { "ftl-by": "me" },
  condition: { absent: true },
  concurrency: 3,
} as const;

export function testUploads(test: Test): void {
  testUploadsOf(test, { kind: "in one request", size: 1000 });
  testUploadsOf(test, { kind: "in parts", size: 2 * PART + 17 });
  testAborting(test);
}

function testUploadsOf(test: Test, { kind, size }: { kind: string; size: number }): void {
  test(`uploads ${kind}`, async ({ bucket }) => {
    const { source, bytes } = someBytes(size);
    await bucket.upload("a.tgz", source, OPTIONS);
    const head = await bucket.head("a.tgz");
    assertEquals([head?.size, head?.metadata], [size, { "ftl-by": "me" }]);
    const { body } = await bucket.read("a.tgz", { etag: head?.etag ?? "" });
    assertEquals(await sha256Of(body), createHash("sha256").update(bytes).digest("hex"));
  });

  test(`never overwrites by an upload ${kind}`, async ({ bucket, openUploads }) => {
    await bucket.put("a.tgz", "there before", { metadata: {} });
    const { source } = someBytes(size);
    await assertRejects(() => bucket.upload("a.tgz", source, OPTIONS), ConflictError, "a.tgz");
    assertEquals((await bucket.getSmall("a.tgz"))?.text, "there before");
    assertEquals(await openUploads(), 0);
  });

  test(`refuses other bytes than were announced, ${kind}`, async ({ bucket, openUploads }) => {
    const { source } = someBytes(size);
    const changed = {
      ...source,
      read: (offset: number, length: number): Uint8Array<ArrayBuffer> => {
        const bytes = source.read(offset, length);
        bytes[length - 1] = (bytes[length - 1] ?? 0) ^ 1;
        return bytes;
      },
    };
    await assertRejects(() => bucket.upload("a.tgz", changed, OPTIONS), IntegrityError, "a.tgz");
    assertEquals(await bucket.list(""), []);
    assertEquals(await openUploads(), 0);
  });
}

function testAborting(test: Test): void {
  test("leaves nothing behind when an upload is aborted midway", async ({ bucket, openUploads }) => {
    const { source } = someBytes(4 * PART);
    const controller = new AbortController();
    const reason = new Error("enough");
    let reads = 0;
    const aborting = {
      ...source,
      read: (offset: number, length: number): Uint8Array<ArrayBuffer> => {
        if (++reads === 3) controller.abort(reason);
        return source.read(offset, length);
      },
    };
    const error = await assertRejects(
      () => bucket.upload("a.tgz", aborting, { ...OPTIONS, signal: controller.signal }),
      Error,
    );
    assertEquals(error, reason);
    assertEquals(await bucket.list(""), []);
    assertEquals(await openUploads(), 0);
  });
}

/** Bytes that no part repeats, as a source of an upload in parts of 5 MiB. */
export function someBytes(size: number): { source: UploadSource; bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) + (i >> 16)) & 0xff;
  const partSize = Math.min(size, PART);
  const partSha256: string[] = [];
  for (let offset = 0; offset < size; offset += partSize) {
    const part = bytes.subarray(offset, offset + partSize);
    partSha256.push(createHash("sha256").update(part).digest("base64"));
  }
  const read = (offset: number, length: number): Uint8Array<ArrayBuffer> =>
    bytes.slice(offset, offset + length);
  return { source: { size, partSize, partSha256, read }, bytes };
}

async function sha256Of(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk);
  return hash.digest("hex");
}
