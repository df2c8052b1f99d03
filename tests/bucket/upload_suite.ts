/** The part of the contract of `Bucket` that is about uploads, in one request or in parts. */
import { assertEquals, assertRejects } from "../assert.ts";
import { createHash } from "node:crypto";
import { ConflictError, IntegrityError } from "../../src/errors.ts";
import type { UploadPart, UploadSource } from "../../src/bucket/bucket.ts";
import type { Test } from "./suite.ts";

export const PART = 5 * 1024 * 1024;

export const OPTIONS = {
  metadata: { "ftl-by": "me" },
  condition: { absent: true },
  concurrency: 3,
} as const;

export function testUploads(test: Test): void {
  testUploadsOf(test, { kind: "in one request", size: 1000 });
  testUploadsOf(test, { kind: "in parts", size: 2 * PART + 17 });
  testAborting(test);
  for (
    const upload of [{ kind: "in one request", size: 1000 }, { kind: "in parts", size: PART + 17 }]
  ) {
    testClearanceOf(test, upload);
    testRefusalOf(test, upload);
  }
  testRefusalMidway(test);
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

function testClearanceOf(test: Test, { kind, size }: { kind: string; size: number }): void {
  test(`shows no object that is uploaded ${kind} before it may be visible`, async ({ bucket }) => {
    const { source } = someBytes(size);
    const { promise: visibleAfter, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const onProgress = (bytes: number): void => bytes === size ? arrive() : undefined;
    const options = { ...OPTIONS, visibleAfter, onProgress };
    let isOver = false;
    const upload = bucket.upload("a.tgz", source, options).finally(() => isOver = true);
    if (kind === "in parts") await arrived;
    // Time enough for the few requests that would make it visible.
    for (let i = 0; i < 5; i++) assertEquals([isOver, await bucket.list("")], [false, []]);
    resolve();
    await upload;
    assertEquals((await bucket.head("a.tgz"))?.size, size);
  });

  test(`ends an upload ${kind} that waits to be visible when it is aborted`, async (given) => {
    const { source } = someBytes(size);
    const controller = new AbortController();
    const { promise: visibleAfter, reject } = Promise.withResolvers<void>();
    const reason = new Error("enough");
    const options = { ...OPTIONS, visibleAfter, signal: controller.signal };
    const upload = given.bucket.upload("a.tgz", source, options);
    await given.bucket.list("");
    controller.abort(reason);
    assertEquals(await assertRejects(() => upload, Error), reason);
    reject(new Error("nobody waits for this any more"));
    assertEquals([await given.bucket.list(""), await given.openUploads()], [[], 0]);
  });
}

function testRefusalOf(test: Test, { kind, size }: { kind: string; size: number }): void {
  test(`leaves nothing of an upload ${kind} that must not be visible`, async ({ bucket, openUploads }) => {
    const { source } = someBytes(size);
    const { promise: visibleAfter, reject } = Promise.withResolvers<void>();
    const reason = new IntegrityError("refused");
    const upload = bucket.upload("a.tgz", source, { ...OPTIONS, visibleAfter });
    await bucket.list("");
    reject(reason);
    assertEquals(await assertRejects(() => upload, IntegrityError), reason);
    assertEquals(await bucket.list(""), []);
    assertEquals(await openUploads(), 0);
  });

  test(`leaves nothing of an upload ${kind} that is refused from the start`, async (given) => {
    const { source } = someBytes(size);
    const reason = new IntegrityError("refused");
    const visibleAfter = Promise.reject(reason);
    const options = { ...OPTIONS, visibleAfter };
    const upload = (): Promise<void> => given.bucket.upload("a.tgz", source, options);
    assertEquals(await assertRejects(upload, IntegrityError), reason);
    assertEquals([await given.bucket.list(""), await given.openUploads()], [[], 0]);
  });
}

function testRefusalMidway(test: Test): void {
  test("ends an upload at once that must not be visible, and tells that reason first", async ({ bucket, openUploads }) => {
    const { source } = someBytes(6 * PART);
    const { promise: visibleAfter, reject } = Promise.withResolvers<void>();
    const reason = new IntegrityError("refused");
    let reads = 0;
    const failing = {
      ...source,
      read: (offset: number, length: number): Uint8Array<ArrayBuffer> => {
        if (++reads < 2) return source.read(offset, length);
        // A moment after the error, while the upload is being taken back.
        queueMicrotask(() => reject(reason));
        throw new Error("the file cannot be read either");
      },
    };
    const options = { ...OPTIONS, concurrency: 1, visibleAfter };
    const upload = (): Promise<void> => bucket.upload("a.tgz", failing, options);
    assertEquals(await assertRejects(upload, Error), reason);
    assertEquals(reads, 2);
    assertEquals(await bucket.list(""), []);
    assertEquals(await openUploads(), 0);
  });

  test("does not wait for what its object waits for when the upload fails", async ({ bucket, openUploads }) => {
    const { source } = someBytes(2 * PART);
    const failing = {
      ...source,
      read: (): never => {
        throw new IntegrityError("the file cannot be read");
      },
    };
    const never = { ...OPTIONS, visibleAfter: new Promise<void>(() => {}) };
    const upload = (): Promise<void> => bucket.upload("a.tgz", failing, never);
    await assertRejects(upload, IntegrityError, "cannot be read");
    assertEquals([await bucket.list(""), await openUploads()], [[], 0]);
  });
}

/** Bytes that no part repeats, as a source of an upload in parts of 5 MiB. */
export function someBytes(size: number): { source: UploadSource; bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) + (i >> 16)) & 0xff;
  const partSize = Math.min(size, PART);
  const parts: UploadPart[] = [];
  for (let offset = 0; offset < size; offset += partSize) {
    const part = bytes.subarray(offset, offset + partSize);
    const sha256 = createHash("sha256").update(part).digest("base64");
    parts.push({ offset, length: part.length, sha256 });
  }
  const read = (offset: number, length: number): Uint8Array<ArrayBuffer> =>
    bytes.slice(offset, offset + length);
  return { source: { size, parts, read }, bytes };
}

export async function sha256Of(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk);
  return hash.digest("hex");
}
