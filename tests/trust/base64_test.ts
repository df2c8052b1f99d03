/** Base64, which has one text only for the same bytes. */
import fc from "fast-check";
import { assertEquals } from "../assert.ts";
import { decodeBase64, encodeBase64, encodeBase64Url } from "../../src/trust/base64.ts";

const GOOD: [text: string, bytes: number[]][] = [
  ["", []],
  ["AA==", [0]],
  ["AAE=", [0, 1]],
  ["AAEC", [0, 1, 2]],
  ["+/+/", [0xfb, 0xff, 0xbf]],
];

for (const [text, bytes] of GOOD) {
  Deno.test(`${JSON.stringify(text)} is base64`, () => {
    assertEquals(decodeBase64(text), new Uint8Array(bytes));
    assertEquals(encodeBase64(new Uint8Array(bytes)), text);
  });
}

const BAD = [
  ...["A", "AA", "AA=", "AAA", "AAAAA", "=", "====", "AA==AA==", "A===", "AAEC=", "AAE=="],
  ...["AB==", "AAF=", "AA==\n", " AAEC", "AA EC", "AA\nEC", "-_-_", "AA\u00e9=", "AAE\u0000"],
];

for (const text of BAD) {
  Deno.test(`${JSON.stringify(text)} is not base64`, () =>
    assertEquals(decodeBase64(text), undefined));
}

Deno.test("decodeBase64() reads what encodeBase64() writes, and no other text", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assertEquals(decodeBase64(encodeBase64(bytes)), bytes);
    assertEquals(
      encodeBase64Url(bytes),
      btoa(String.fromCharCode(...bytes))
        .replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_"),
    );
  }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
    const bytes = decodeBase64(text);
    if (bytes !== undefined) assertEquals(encodeBase64(bytes), text);
  }));
});
