/** What is checked of a signature before it is sent. */
import { assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { requireOwnSignature } from "../../src/trust/own_signature.ts";
import { formatPublicKey } from "../../src/trust/public_key.ts";
import { bytesOf, flipped, statementOf } from "./allowed.ts";
import { KEYS, REFUSED, VECTORS } from "./vectors.ts";

for (const vector of VECTORS) {
  const isRefused = vector.key.startsWith("rsa") && vector.statement === "blessing";
  Deno.test(`${vector.name} is ${isRefused ? "not sent: it is RSA" : "sent"}`, () => {
    const check = (): string =>
      formatPublicKey(requireOwnSignature(bytesOf(vector.signature), statementOf(vector)));
    if (isRefused) assertThrows(check, UsageError, "an RSA key signs revisions only");
    else assertEquals(check(), KEYS[vector.key]);
  });
}

const blob = bytesOf(VECTORS[0]?.signature ?? "");
const BAD: [why: string, blob: Uint8Array, message: string][] = [
  ["nothing", new Uint8Array(), "the signature is cut short"],
  ["for another namespace", bytesOf(REFUSED.otherRole.signature), "for another namespace"],
  ["without a touch", bytesOf(REFUSED.untouchedEcdsa.signature), "nobody touched the token"],
  ["by a curve that is not known", bytesOf(REFUSED.p521.signature), "does not know"],
  ["by a key that is too short", bytesOf(REFUSED.rsa1024.signature), "1024 bits"],
  ["by SHA-1", bytesOf(REFUSED.sha1.signature), "by an algorithm"],
  ["damaged", flipped(blob, 8 * blob.length - 1), "it is of something else"],
];

for (const [why, bytes, message] of BAD) {
  Deno.test(`a signature is not sent: ${why}`, () => {
    const statement = statementOf({ statement: "blessing" });
    assertThrows(() => requireOwnSignature(bytes, statement), UsageError, message);
  });
}
