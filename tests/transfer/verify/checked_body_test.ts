import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { assertEquals } from "../../assert.ts";
import type { Checksum } from "../../../src/bucket/bucket.ts";
import { CheckedBody } from "../../../src/transfer/verify/checked_body.ts";
import { Crc64Nvme } from "../../../src/transfer/verify/crc64nvme.ts";

const BYTES = new Uint8Array(5000).map((_, i) => i % 253);

async function* pieces(bytes = BYTES): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 700);
  }
}

function sumsOf(bytes: Uint8Array): Checksum[] {
  const crc64 = new Crc64Nvme();
  crc64.update(bytes);
  return [
    { algorithm: "sha256", hex: createHash("sha256").update(bytes).digest("hex") },
    { algorithm: "md5", hex: createHash("md5").update(bytes).digest("hex") },
    { algorithm: "crc32", hex: crc32(bytes).toString(16).padStart(8, "0") },
    { algorithm: "crc64nvme", hex: crc64.digest() },
  ];
}

Deno.test("CheckedBody tells by each checksum whether the bytes are those that were expected", async () => {
  const other = BYTES.slice();
  other[4999] = (other[4999] ?? 0) ^ 1;
  for (const expected of sumsOf(BYTES)) {
    for (const [bytes, fits] of [[BYTES, true], [other, false]] as const) {
      const body = new CheckedBody(pieces(bytes), expected);
      await body.readToEnd();
      assertEquals([body.fits, body.bytes], [fits, 5000], expected.algorithm);
    }
  }
});

Deno.test("CheckedBody without an expectation tells the SHA-256 and nothing else", async () => {
  const body = new CheckedBody(pieces(), undefined);
  await body.readToEnd();
  assertEquals([body.fits, body.sha256], [undefined, sumsOf(BYTES)[0]?.hex]);
});

Deno.test("CheckedBody goes on where a reader gave up", async () => {
  const body = new CheckedBody(pieces(), sumsOf(BYTES)[0]);
  for await (const piece of body) {
    assertEquals(piece.length, 700);
    break;
  }
  assertEquals(body.bytes, 700);
  await body.readToEnd();
  assertEquals([body.bytes, body.fits], [5000, true]);
});
