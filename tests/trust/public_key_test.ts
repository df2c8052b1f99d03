/** Public keys: those that FTL takes, and the many forms that it does not. */
import fc from "fast-check";
import { assertEquals, assertThrows } from "../assert.ts";
import { IntegrityError } from "../../src/errors.ts";
import { formatPublicKey, parsePublicKey, parsePublicKeyText } from "../../src/trust/public_key.ts";
import { joinBytes, wireString } from "../../src/trust/wire.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { flipped } from "./allowed.ts";
import { SSH_KEYGEN } from "./ssh_keygen.ts";
import { mpint } from "./software_token.ts";
import { KEYS } from "./vectors.ts";

const GOOD = Object.entries(KEYS).filter(([name]) => name !== "p521" && name !== "rsa1024");

for (const [name, text] of GOOD) {
  Deno.test(`the key ${name} is read and written, with and without a comment`, () => {
    const key = parsePublicKeyText(`${text} ann@laptop and more`);
    assertEquals(formatPublicKey(key), text);
    assertEquals(parsePublicKey(key.blob).fingerprint, key.fingerprint);
  });

  Deno.test(`the key ${name} is refused if it is cut short or too long`, () => {
    const { blob } = parsePublicKeyText(text);
    for (let length = 0; length < blob.length; length++) {
      assertThrows(() => parsePublicKey(blob.subarray(0, length)), IntegrityError);
    }
    assertThrows(() => parsePublicKey(joinBytes(blob, new Uint8Array(1))), IntegrityError);
  });

  Deno.test(`the key ${name} with a bit turned over is none, or another one`, () => {
    const { blob, fingerprint } = parsePublicKeyText(text);
    for (let bit = 0; bit < 8 * blob.length; bit += 7) {
      try {
        assertEquals(parsePublicKey(flipped(blob, bit)).fingerprint === fingerprint, false);
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
      }
    }
  });
}

Deno.test("an RSA key of 4096 bits is the largest that is read", () => {
  assertEquals(parsePublicKey(rsa(E, positive(new Uint8Array(512).fill(0xff)))).type, "ssh-rsa");
});

testWith(SSH_KEYGEN, "fingerprints are those of ssh-keygen -l", () => {
  using folder = new TempFolder();
  for (const [name, text] of GOOD) {
    const path = folder.write(`${name}.pub`, `${text}\n`);
    const { stdout } = new Deno.Command("ssh-keygen", { args: ["-l", "-f", path] }).outputSync();
    const [, fingerprint] = new TextDecoder().decode(stdout).split(" ");
    assertEquals(parsePublicKeyText(text).fingerprint, fingerprint ?? "", name);
  }
});

const ascii = (text: string): Uint8Array => wireString(text);
const N = new Uint8Array(256).fill(0xab);
const E = new Uint8Array([1, 0, 1]);
const rsa = (e: Uint8Array, n: Uint8Array): Uint8Array =>
  joinBytes(ascii("ssh-rsa"), wireString(e), wireString(n));
const positive = (n: Uint8Array): Uint8Array => joinBytes(new Uint8Array(1), n);
const POINT = new Uint8Array(65).fill(1, 1).fill(4, 0, 1);
const p256 = (curve: string, point: Uint8Array): Uint8Array =>
  joinBytes(ascii("ecdsa-sha2-nistp256"), ascii(curve), wireString(point));

const BAD: [why: string, blob: Uint8Array, message: string][] = [
  ["nothing", new Uint8Array(), "cut short"],
  ["a length that is too long", new Uint8Array([0xff, 0xff, 0xff, 0xff]), "cut short"],
  ["an unknown type", joinBytes(ascii("ssh-dss"), ascii("x")), "'ssh-dss'"],
  ["a name of Object", joinBytes(ascii("toString"), ascii("x")), "'toString'"],
  ["a certificate", ascii("ssh-ed25519-cert-v01@openssh.com"), "does not know"],
  [
    "Ed25519 with 31 bytes",
    joinBytes(ascii("ssh-ed25519"), wireString(new Uint8Array(31))),
    "wrong length",
  ],
  [
    "Ed25519 with 33 bytes",
    joinBytes(ascii("ssh-ed25519"), wireString(new Uint8Array(33))),
    "wrong length",
  ],
  ["another curve", p256("nistp384", POINT), "another curve"],
  ["a point that is not on the curve", p256("nistp256", POINT), "is not possible"],
  ["a compressed point", p256("nistp256", POINT.with(0, 2).subarray(0, 33)), "wrong form"],
  ["a point of another form", p256("nistp256", POINT.with(0, 6)), "wrong form"],
  ["the point at infinity", p256("nistp256", new Uint8Array(1)), "wrong form"],
  ["a modulus of 2047 bits", rsa(E, N.with(0, 0x7f)), "2047 bits"],
  ["a negative modulus", rsa(E, N), "negative"],
  ["a modulus with zeros in front", rsa(E, positive(positive(N))), "zero too many"],
  ["a modulus of 4104 bits", rsa(E, positive(new Uint8Array(513).fill(0xff))), "more than 4096"],
  ["an even modulus", rsa(E, positive(N.with(255, 2))), "no RSA key"],
  ["an exponent of 1", rsa(new Uint8Array([1]), positive(N)), "no RSA key"],
  ["an exponent of 0", rsa(new Uint8Array(), positive(N)), "no RSA key"],
  ["an even exponent", rsa(new Uint8Array([2]), positive(N)), "no RSA key"],
  ["a large exponent", rsa(new Uint8Array(9).fill(1), positive(N)), "no RSA key"],
];

for (const [why, blob, message] of BAD) {
  Deno.test(`a key is refused: ${why}`, () => {
    assertThrows(() => parsePublicKey(blob), IntegrityError, message);
  });
}

Deno.test("parsePublicKey() throws nothing but IntegrityError, whatever it reads", () => {
  const types = [...GOOD.map(([, text]) => text.split(" ")[0] ?? ""), "ssh-dss"];
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 70 }).map(wireString),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map(wireString),
    fc.uint8Array({ minLength: 64, maxLength: 64 })
      .map((bytes) => wireString(joinBytes(new Uint8Array([4]), bytes))),
    fc.uint8Array({ minLength: 256, maxLength: 300 }).map(mpint),
    fc.constantFrom("nistp256", "nistp384", "ssh:").map(ascii),
    fc.uint8Array({ maxLength: 9 }),
  );
  const blob = fc.tuple(fc.constantFrom(...types), fc.array(part, { maxLength: 4 }))
    .map(([type, parts]) => joinBytes(ascii(type), ...parts));
  fc.assert(
    fc.property(fc.oneof(blob, fc.uint8Array()), (bytes) => {
      try {
        assertEquals(parsePublicKey(bytes).blob, bytes);
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
