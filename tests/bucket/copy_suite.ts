/** The part of the contract of `Bucket` that is about uploads of which parts are copied. */
import { createHash } from "node:crypto";
import { assertEquals } from "../assert.ts";
import type { Bucket, CopySource, UploadSource } from "../../src/bucket/bucket.ts";
import type { Test } from "./suite.ts";
import { OPTIONS, PART, sha256Of, someBytes } from "./upload_suite.ts";

/** Where else a part is said to be. */
type Misleads = (copy: CopySource) => CopySource;

export function testCopies(test: Test): void {
  test("copies parts of an upload from another object", async ({ bucket }) => {
    const { copy, source, upload } = await uploadBase(bucket);
    const copied = { sent: [1], copied: source.size - PART };
    // Without the store's checksum nobody knows what it has copied.
    const sent = { sent: [0, 1, 2], copied: 0 };
    assertEquals(await upload("new.tgz", copy), bucket.lacks("checksums") ? sent : copied);
  });

  test("sends the parts of an upload that are not where they are thought to be", async ({ bucket }) => {
    const { source, upload } = await uploadBase(bucket);
    const cases: [why: string, misleads: Misleads][] = [
      ["another version", (copy) => ({ ...copy, etag: '"0"' })],
      ["no such object", (copy) => ({ ...copy, key: "gone" })],
      ["other bytes", (copy) => ({ ...copy, start: copy.start === 0 ? 1 : 0 })],
      ["beyond the end", (copy) => ({ ...copy, start: source.size })],
    ];
    for (const [why, misleads] of cases) {
      assertEquals(await upload(why, misleads), { sent: [0, 1, 2], copied: 0 }, why);
    }
  });
}

/** Uploads an object, and then others with the same bytes: their second part is sent, the others may be copied. */
async function uploadBase(bucket: Bucket): Promise<{
  source: UploadSource;
  copy: Misleads;
  upload: (key: string, misleads: Misleads) => Promise<{ sent: number[]; copied: number }>;
}> {
  const { source, bytes } = someBytes(2 * PART + 17);
  await bucket.upload("old.tgz", source, OPTIONS);
  const { etag = "" } = await bucket.head("old.tgz") ?? {};
  const upload = async (
    key: string,
    misleads: Misleads,
  ): Promise<{ sent: number[]; copied: number }> => {
    const sent: number[] = [];
    let copied = 0;
    await bucket.upload(key, {
      size: source.size,
      parts: source.parts.map((part, index) => {
        const copy = misleads({ key: "old.tgz", etag, start: part.offset });
        return index === 1 ? part : { ...part, copy };
      }),
      read: (offset, length) => {
        sent.push(offset / PART);
        return source.read(offset, length);
      },
    }, { ...OPTIONS, onProgress: (_done, bytes) => copied = bytes });
    const { etag: now = "" } = await bucket.head(key) ?? {};
    const { body } = await bucket.read(key, { etag: now });
    assertEquals(await sha256Of(body), createHash("sha256").update(bytes).digest("hex"));
    return { sent: sent.sort(), copied };
  };
  return { source, upload, copy: (copy) => copy };
}
