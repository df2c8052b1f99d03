/**
 * Public keys of SSH, as `.pub` files and SSHSIG have them:
 *
 *     ssh-ed25519                          string key                                    RFC 8709
 *     ecdsa-sha2-nistp256, -nistp384       string curve, string point                    RFC 5656
 *     ssh-rsa                              mpint e, mpint n                              RFC 4253
 *     sk-ssh-ed25519@openssh.com           string key, string application                PROTOCOL.u2f of OpenSSH
 *     sk-ecdsa-sha2-nistp256@openssh.com   string curve, string point, string application
 *
 * Each after a string with its type. Those that begin with `sk-` are on a FIDO token.
 */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { IntegrityError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import { decodeBase64, encodeBase64, encodeBase64Url } from "./base64.ts";
import { WireReader } from "./wire.ts";

export interface PublicKey {
  readonly type: KeyType;
  /** In SSH's encoding. There is only one for a key. */
  readonly blob: Uint8Array;
  /** As `ssh-keygen -l` prints it: `SHA256:` and base64. */
  readonly fingerprint: string;
  readonly material: KeyMaterial;
}

/** What verifies signatures. */
export type KeyMaterial =
  | { readonly kind: "ed25519"; readonly key: KeyObject; readonly application?: Uint8Array }
  | {
    readonly kind: "ecdsa";
    readonly key: KeyObject;
    readonly curve: Curve;
    readonly application?: Uint8Array;
  }
  /** `size` is that of the modulus, in bytes. */
  | { readonly kind: "rsa"; readonly key: KeyObject; readonly size: number };

export interface Curve {
  /** As SSH and JWK call it. */
  readonly name: string;
  readonly jwk: string;
  /** Of a coordinate, and of each half of a signature, in bytes. */
  readonly size: number;
  /** Of the signed data. */
  readonly hash: string;
}

const P256: Curve = { name: "nistp256", jwk: "P-256", size: 32, hash: "sha256" };
const P384: Curve = { name: "nistp384", jwk: "P-384", size: 48, hash: "sha384" };

const ED25519_SIZE = 32;
/** Bits of a modulus. Deno's `node:crypto` takes no larger one. */
const RSA_SMALLEST = 2048;
const RSA_LARGEST = 4096;

const READERS = {
  "ssh-ed25519": (reader) => readEd25519(reader),
  "ecdsa-sha2-nistp256": (reader) => readEcdsa(reader, P256),
  "ecdsa-sha2-nistp384": (reader) => readEcdsa(reader, P384),
  "ssh-rsa": (reader) => readRsa(reader),
  "sk-ssh-ed25519@openssh.com": (reader) => {
    return { ...readEd25519(reader), application: reader.string() };
  },
  "sk-ecdsa-sha2-nistp256@openssh.com": (reader) => {
    return { ...readEcdsa(reader, P256), application: reader.string() };
  },
} as const satisfies Record<string, (reader: WireReader) => KeyMaterial>;

export type KeyType = keyof typeof READERS;

function isKeyType(type: string): type is KeyType {
  return Object.hasOwn(READERS, type);
}

/** Throws `IntegrityError` if it is no key of a type above, or too weak. */
export function parsePublicKey(blob: Uint8Array): PublicKey {
  const reader = new WireReader(blob, "The key");
  const type = reader.text();
  if (!isKeyType(type)) {
    throw reader.malformed(`is of the type ${quote(type)}, which FTL does not know`);
  }
  const material = READERS[type](reader);
  reader.end();
  return { type, blob, fingerprint: fingerprintOf(blob), material };
}

/**
 * The key in a line of a `.pub` file, without the line's end: its type, its bytes in base64, and maybe a comment.
 * Throws `IntegrityError`.
 */
export function parsePublicKeyText(text: string): PublicKey {
  const [type = "", base64 = ""] = text.split(/[ \t]+/, 2);
  if (!isKeyType(type)) {
    throw new IntegrityError(`${quote(type)} is no type of key that FTL knows`);
  }
  const blob = decodeBase64(base64);
  if (blob === undefined) throw new IntegrityError("The key is not in base64");
  const key = parsePublicKey(blob);
  if (key.type === type) return key;
  throw new IntegrityError(`The key is said to be ${type}, and is ${key.type}`);
}

/** As in a line of a `.pub` file, without a comment. */
export function formatPublicKey(key: PublicKey): string {
  return `${key.type} ${encodeBase64(key.blob)}`;
}

export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function readEd25519(reader: WireReader): KeyMaterial & { readonly kind: "ed25519" } {
  const point = reader.string();
  if (point.length !== ED25519_SIZE) throw reader.malformed("has the wrong length");
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64Url(point) };
  return { kind: "ed25519", key: importKey(reader, jwk) };
}

function readEcdsa(reader: WireReader, curve: Curve): KeyMaterial & { readonly kind: "ecdsa" } {
  if (reader.text() !== curve.name) {
    throw reader.malformed("is on another curve than its type says");
  }
  const point = reader.string();
  const { size } = curve;
  // 4 begins a point with both coordinates: SEC 1, section 2.3.3. OpenSSH writes no other form.
  if (point.length !== 1 + 2 * size || point[0] !== 4) {
    throw reader.malformed("has a point of the wrong form");
  }
  const jwk = {
    kty: "EC",
    crv: curve.jwk,
    x: encodeBase64Url(point.subarray(1, 1 + size)),
    y: encodeBase64Url(point.subarray(1 + size)),
  };
  return { kind: "ecdsa", key: importKey(reader, jwk), curve };
}

function readRsa(reader: WireReader): KeyMaterial & { readonly kind: "rsa" } {
  const e = reader.mpint();
  const n = reader.mpint();
  const bits = 8 * n.length - Math.clz32(n[0] ?? 0) + 24;
  if (bits < RSA_SMALLEST) throw reader.malformed(`has ${bits} bits: fewer than ${RSA_SMALLEST}`);
  if (bits > RSA_LARGEST) throw reader.malformed(`has ${bits} bits: more than ${RSA_LARGEST}`);
  const isOdd = ((e.at(-1) ?? 0) & (n.at(-1) ?? 0) & 1) === 1;
  const isOne = e.length === 1 && e[0] === 1;
  // 65537 is usual. More than 8 bytes have no use, and only take time.
  if (!isOdd || isOne || e.length > 8) throw reader.malformed("has numbers that no RSA key has");
  const jwk = { kty: "RSA", e: encodeBase64Url(e), n: encodeBase64Url(n) };
  return { kind: "rsa", key: importKey(reader, jwk), size: n.length };
}

/** Throws if the point is not on its curve. */
function importKey(reader: WireReader, jwk: Readonly<Record<string, string>>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch (cause) {
    throw new IntegrityError(reader.malformed("is not possible").message, { cause });
  }
}
