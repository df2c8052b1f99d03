/** The private key that CI has as a text: what FTL signs with it, and what it refuses. */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { decodeArmor, encodeArmor } from "../../src/trust/base64.ts";
import { isPrivateKeyText } from "../../src/config.ts";
import { parsePrivateKey, signWith } from "../../src/trust/private_key.ts";
import { formatPublicKey } from "../../src/trust/public_key.ts";
import { addArmor, parseSshSignature } from "../../src/trust/sshsig.ts";
import { flawOf } from "../../src/trust/verify.ts";
import { joinBytes } from "../../src/trust/wire.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { bytesOf, flipped, statementOf } from "./allowed.ts";
import { SSH_KEYGEN, sshKeygen, verifies } from "./ssh_keygen.ts";
import { ECDSA_PRIVATE_KEY, KEYS, LOCKED_PRIVATE_KEY, PRIVATE_KEY, VECTORS } from "./vectors.ts";

const LABEL = "OPENSSH PRIVATE KEY";
const BLOB = decodeArmor(PRIVATE_KEY, LABEL) ?? new Uint8Array();

Deno.test("FTL signs with Ed25519 byte for byte as ssh-keygen does", () => {
  const key = parsePrivateKey(PRIVATE_KEY);
  assertEquals(formatPublicKey(key.publicKey), KEYS.ed25519);
  const vector = VECTORS.find(({ name }) => name === "ed25519 and sha512");
  assert(vector !== undefined);
  const message = statementOf(vector).bytes;
  const blob = signWith(key, { message, namespace: "ftl-bless:my_site" });
  assertEquals(blob, bytesOf(vector.signature));
});

Deno.test("a secret keeps its meaning with other line ends, and white space around it", () => {
  const { publicKey } = parsePrivateKey(PRIVATE_KEY);
  const texts = [
    PRIVATE_KEY.trim(),
    `\n  ${PRIVATE_KEY}\n`,
    PRIVATE_KEY.replaceAll("\n", "\r\n"),
    PRIVATE_KEY.replaceAll("\n", "\n    "),
  ];
  for (const text of texts) {
    assert(isPrivateKeyText(text));
    assertEquals(parsePrivateKey(text).publicKey.fingerprint, publicKey.fingerprint);
  }
  assert(!isPrivateKeyText("/home/ann/.ssh/id_ed25519"));
  assert(!isPrivateKeyText("exec:sign-with-kms"));
});

testWith(
  SSH_KEYGEN,
  "ssh-keygen verifies what FTL signs, with comments of any length in the key",
  () => {
    const { bytes: message, namespace } = statementOf({ statement: "revision" });
    for (const comment of ["", "c", "ci@example.com", "1234567", "12345678", "x".repeat(300)]) {
      using folder = new TempFolder();
      sshKeygen(folder, "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", "key");
      const key = parsePrivateKey(Deno.readTextFileSync(`${folder.path}/key`));
      const armored = addArmor(signWith(key, { message, namespace }));
      const allowed = `ci@example.com namespaces="ftl-spool:*" ${formatPublicKey(key.publicKey)}`;
      const request = { allowed, identity: "ci@example.com", namespace, armored, message };
      assert(verifies(request));
      assert(!verifies({ ...request, namespace: "ftl-bless:my_site" }));
      assert(!verifies({ ...request, message: flipped(message, 100) }));
    }
  },
);

const REFUSED: [why: string, text: string, message: string][] = [
  ["a passphrase", LOCKED_PRIVATE_KEY, "The private key has a passphrase"],
  ["another type", ECDSA_PRIVATE_KEY, "is of the type ecdsa-sha2-nistp256"],
  ["another format", PRIVATE_KEY.replaceAll(LABEL, "PRIVATE KEY"), "is not the whole text"],
  ["no end", PRIVATE_KEY.replace(/-----END.*/, ""), "is not the whole text"],
  ["a line is missing", PRIVATE_KEY.replace(/\n.{70}\n/, "\n"), "The private key"],
  ["on one line", PRIVATE_KEY.replaceAll("\n", " "), "is not the whole text"],
  ["nothing in it", encodeArmor(new Uint8Array(), LABEL), "is not the whole text"],
  ["something behind it", encodeArmor(joinBytes(BLOB, new Uint8Array(1)), LABEL), "is longer"],
];

for (const [why, text, message] of REFUSED) {
  Deno.test(`a private key is refused: ${why}`, () => {
    assertThrows(() => parsePrivateKey(text), UsageError, message);
  });
}

Deno.test("a private key with a damaged bit signs nothing that its public key does not verify", () => {
  const { bytes: message, namespace } = statementOf({ statement: "revision" });
  const good = parsePrivateKey(PRIVATE_KEY).publicKey;
  let read = 0;
  for (let bit = 0; bit < 8 * BLOB.length; bit++) {
    try {
      const key = parsePrivateKey(encodeArmor(flipped(BLOB, bit), LABEL));
      const blob = signWith(key, { message, namespace });
      // Only in the comment does a bit mean nothing.
      assertEquals(flawOf(parseSshSignature(blob), { message, namespace, key: good }), undefined);
      read++;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  assertEquals(read, 8 * "ed25519@example.com".length);
});

Deno.test("parsePrivateKey() throws nothing but UsageError, and never shows the key", () => {
  const secret = PRIVATE_KEY.split("\n")[3] ?? "";
  const damaged = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 20 })).map(([at, bytes]) => {
    const start = at % BLOB.length;
    const tail = BLOB.subarray(start + bytes.length);
    return encodeArmor(joinBytes(BLOB.subarray(0, start), bytes, tail), LABEL);
  });
  fc.assert(fc.property(fc.oneof(fc.string(), damaged), (text) => {
    try {
      parsePrivateKey(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      assert(!`${error.message} ${error.hint} ${error.stack}`.includes(secret.slice(0, 20)));
    }
  }));
});
