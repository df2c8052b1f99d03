import { Crc64Nvme } from "../../../src/transfer/verify/crc64nvme.ts";
import { assertEquals } from "../../assert.ts";

function crcOf(...pieces: string[]): string {
  const crc = new Crc64Nvme();
  for (const piece of pieces) crc.update(new TextEncoder().encode(piece));
  return crc.digest();
}

Deno.test("Crc64Nvme gives the check value of the catalogue", () => {
  assertEquals(crcOf("123456789"), "ae8b14860a799888");
  assertEquals(crcOf(""), "0000000000000000");
});

Deno.test("Crc64Nvme gives the same in whatever pieces the bytes come", () => {
  const text = "The quick brown fox jumps over the lazy dog, twice or more";
  const whole = crcOf(text);
  for (let cut = 0; cut <= text.length; cut++) {
    assertEquals(crcOf(text.slice(0, cut), text.slice(cut)), whole);
  }
});
