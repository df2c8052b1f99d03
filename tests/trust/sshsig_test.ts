/** SSHSIG: vectors of ssh-keygen, every bit turned over, and bytes of anybody. */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { IntegrityError } from "../../src/errors.ts";
import { encodeBase64 } from "../../src/trust/base64.ts";
import { parsePublicKeyText } from "../../src/trust/public_key.ts";
import {
  addArmor,
  formatSshSignature,
  parseSshSignature,
  removeArmor,
} from "../../src/trust/sshsig.ts";
import { flawOf } from "../../src/trust/verify.ts";
import { joinBytes, WireReader, wireString, wireUint32 } from "../../src/trust/wire.ts";
import { bytesOf, flipped, statementOf } from "./allowed.ts";
import { SSH_KEYGEN, verifies } from "./ssh_keygen.ts";
import { newToken, signWithToken, type TokenType } from "./software_token.ts";
import { KEYS, REFUSED, type Vector, VECTORS } from "./vectors.ts";
import { testWith } from "../required_program.ts";

/** Undefined if it verifies. */
function flawIn(vector: Vector, blob: Uint8Array, message = statementOf(vector).bytes): unknown {
  const key = parsePublicKeyText(KEYS[vector.key]);
  try {
    return flawOf(parseSshSignature(blob), { message, namespace: namespaceOf(vector), key });
  } catch (error) {
    if (error instanceof IntegrityError) return "malformed";
    throw error;
  }
}

function namespaceOf({ role }: Vector): string {
  return `${role}:my_site`;
}

for (const vector of VECTORS) {
  Deno.test(`the signature of ssh-keygen verifies: ${vector.name}`, () => {
    assertEquals(flawIn(vector, bytesOf(vector.signature)), undefined);
  });

  Deno.test(`no signature verifies if one bit of its blob is turned over: ${vector.name}`, () => {
    const blob = bytesOf(vector.signature);
    for (let bit = 0; bit < 8 * blob.length; bit++) {
      assert(flawIn(vector, flipped(blob, bit)) !== undefined, `bit ${bit}`);
    }
  });

  Deno.test(`a signature that is cut short or too long is malformed: ${vector.name}`, () => {
    const blob = bytesOf(vector.signature);
    for (let length = 0; length < blob.length; length++) {
      assertEquals(flawIn(vector, blob.subarray(0, length)), "malformed");
    }
    assertEquals(flawIn(vector, joinBytes(blob, new Uint8Array(1))), "malformed");
  });

  Deno.test(`what is too long within a signature is malformed: ${vector.name}`, () => {
    const parsed = parseSshSignature(bytesOf(vector.signature));
    const signature = joinBytes(parsed.signature, new Uint8Array(1));
    assertEquals(flawIn(vector, formatSshSignature({ ...parsed, signature })), "malformed");
  });

  Deno.test(`what parseSshSignature() reads is written again byte for byte: ${vector.name}`, () => {
    const blob = bytesOf(vector.signature);
    assertEquals(formatSshSignature(parseSshSignature(blob)), blob);
    assertEquals(removeArmor(addArmor(blob)), blob);
  });
}

for (const vector of VECTORS.filter(({ key }) => key === "ed25519")) {
  Deno.test(`no bit of a statement can be turned over: ${vector.name}`, () => {
    const { bytes } = statementOf(vector);
    const blob = bytesOf(vector.signature);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      assertEquals(flawIn(vector, blob, flipped(bytes, bit)), "wrong", `bit ${bit}`);
    }
  });
}

const FLAWS: [vector: Vector, flaw: string][] = [
  [{ ...REFUSED.otherRole, role: "ftl-bless" }, "wrong"],
  [REFUSED.untouchedEd25519, "no-touch"],
  [REFUSED.untouchedEcdsa, "no-touch"],
  [REFUSED.sha1, "algorithm"],
];

for (const [vector, flaw] of FLAWS) {
  Deno.test(`the flaw of ${vector.name} is: ${flaw}`, () => {
    assertEquals(flawIn(vector, bytesOf(vector.signature)), flaw);
  });
}

Deno.test("a signature that names the key of somebody else is not his", () => {
  const [vector] = VECTORS;
  assert(vector !== undefined);
  const parsed = parseSshSignature(bytesOf(vector.signature));
  const message = statementOf(vector).bytes;
  const namespace = namespaceOf(vector);
  const other = parsePublicKeyText(KEYS.other);
  assertEquals(flawOf(parsed, { message, namespace, key: other }), "key");
  const lying = { ...parsed, publicKey: other.blob };
  assertEquals(flawOf(lying, { message, namespace, key: other }), "wrong");
});

/** Numbers that no signature has. Deno 2.7.11 ends with a panic if it is given more bytes than the curve has. */
const NUMBERS = [
  new Uint8Array(),
  new Uint8Array([1]),
  new Uint8Array(32).fill(0x7f),
  new Uint8Array(33).fill(1),
  new Uint8Array(49).fill(1),
  new Uint8Array(1000).fill(1),
];

Deno.test("numbers of any length in an ECDSA signature do not verify, and end nothing", () => {
  for (const key of ["p256", "p384"] as const) {
    const vector = VECTORS.find((one) => one.key === key);
    assert(vector !== undefined);
    const parsed = parseSshSignature(bytesOf(vector.signature));
    const type = KEYS[key].split(" ")[0] ?? "";
    for (const r of NUMBERS) {
      for (const s of NUMBERS) {
        const numbers = joinBytes(wireString(r), wireString(s));
        const signature = joinBytes(wireString(type), wireString(numbers));
        assertEquals(flawIn(vector, formatSshSignature({ ...parsed, signature })), "wrong");
      }
    }
  }
});

Deno.test("what follows the numbers of an ECDSA signature is malformed", () => {
  const vector = VECTORS.find(({ key }) => key === "p256");
  assert(vector !== undefined);
  const parsed = parseSshSignature(bytesOf(vector.signature));
  const reader = new WireReader(parsed.signature, "The signature");
  const parts = [reader.string(), joinBytes(reader.string(), new Uint8Array(1))];
  const signature = joinBytes(...parts.map(wireString));
  assertEquals(flawIn(vector, formatSshSignature({ ...parsed, signature })), "malformed");
});

Deno.test("a version, hash or magic of another kind is refused by name", () => {
  const [vector] = VECTORS;
  assert(vector !== undefined);
  const blob = bytesOf(vector.signature);
  const parsed = parseSshSignature(blob);
  const { publicKey, namespace, signature } = parsed;
  const made = (version: number, hash: string, magic = "SSHSIG"): Uint8Array =>
    joinBytes(
      new TextEncoder().encode(magic),
      wireUint32(version),
      ...[publicKey, namespace, "", hash, signature].map(wireString),
    );
  assertEquals(made(1, parsed.hash), blob);
  assertThrows(() => parseSshSignature(made(0, "sha512")), IntegrityError, "version 0");
  assertThrows(() => parseSshSignature(made(2, "sha512")), IntegrityError, "version 2");
  assertThrows(() => parseSshSignature(made(1, "sha1")), IntegrityError, "'sha1'");
  assertThrows(() => parseSshSignature(made(1, "SHA512")), IntegrityError, "'SHA512'");
  assertThrows(() => parseSshSignature(made(1, "sha512", "SSHSIX")), IntegrityError, "is no SSH");
});

Deno.test("armour is taken with any line ends, and with nothing else around it", () => {
  const blob = bytesOf(VECTORS[0]?.signature ?? "");
  const armored = addArmor(blob);
  for (
    const good of [armored, armored.replaceAll("\n", "\r\n"), armored.trim(), `\n${armored}\n`]
  ) {
    assertEquals(removeArmor(good), blob);
  }
  const base64 = encodeBase64(blob);
  const bad = [
    ...["", base64, `x\n${armored}`, `${armored}x`, armored.replace("BEGIN SSH", "BEGIN PGP")],
    ...[
      armored.replace(/-----END.*\n/, ""),
      armored.replace("U1NI", "U1N"),
      `${armored}${armored}`,
    ],
    armored.replace("U1NI", "U1-I"),
  ];
  for (const text of bad) assertThrows(() => removeArmor(text), IntegrityError);
});

Deno.test("parseSshSignature() throws nothing but IntegrityError, whatever it reads", () => {
  const blobs = VECTORS.map(({ signature }) => bytesOf(signature));
  const damaged = fc.tuple(fc.constantFrom(...blobs), fc.nat(), fc.uint8Array({ maxLength: 40 }))
    .map(([blob, at, bytes]) => {
      const start = at % blob.length;
      return joinBytes(blob.subarray(0, start), bytes, blob.subarray(start + bytes.length));
    });
  const vector = VECTORS[0];
  assert(vector !== undefined);
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (blob) => {
    const isSame = blobs.some((good) => encodeBase64(good) === encodeBase64(blob));
    assert(isSame || flawIn(vector, blob) !== undefined);
  }));
  fc.assert(
    fc.property(fc.string(), (text) => void assertThrows(() => removeArmor(text), IntegrityError)),
  );
});

for (const type of ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"] as const) {
  testWith(SSH_KEYGEN, `ssh-keygen takes what the token in software signs: ${type}`, () => {
    checkToken(type);
  });
}

function checkToken(type: TokenType): void {
  const token = newToken(type, "ssh:ftl");
  const message = statementOf({ statement: "blessing" }).bytes;
  const namespace = "ftl-bless:my_site";
  const blob = signWithToken(token, { message, namespace, flags: 5, counter: 0x80000000 });
  const { publicKey: key } = token;
  assertEquals(flawOf(parseSshSignature(blob), { message, namespace, key }), undefined);
  const allowed = `ann ${type} ${encodeBase64(key.blob)}`;
  const armored = addArmor(blob);
  const request = { allowed, identity: "ann", namespace, armored, message };
  assert(verifies(request));
  assert(!verifies({ ...request, message: flipped(message, 0) }));
}
