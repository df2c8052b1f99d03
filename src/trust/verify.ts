/**
 * Verifies the signature in an SSHSIG by the public key that it must be of. By type of the key, the
 * signature is a string with the algorithm's name, and then:
 *
 *     ssh-ed25519                          string of 64 bytes
 *     ecdsa-sha2-nistp256, -nistp384       string of (mpint r, mpint s)
 *     ssh-rsa                              string; the algorithm is rsa-sha2-256 or rsa-sha2-512
 *     sk-ssh-ed25519@openssh.com           string of 64 bytes, byte flags, uint32 counter
 *     sk-ecdsa-sha2-nistp256@openssh.com   string of (mpint r, mpint s), byte flags, uint32 counter
 *
 * A token does not sign the data itself but SHA-256 of the application, flags, counter, and SHA-256 of the
 * data. One of the flags says that a person touched it. OpenSSH signs without a touch if the key was made
 * with `no-touch-required`; FTL takes no such signature.
 */
import { createHash, verify } from "node:crypto";
import type { Curve, KeyMaterial, PublicKey } from "./public_key.ts";
import { signedData, type SshSignature } from "./sshsig.ts";
import { isSameBytes, joinBytes, padStart, WireReader, wireUint32 } from "./wire.ts";

/**
 * Why a signature is not good.
 *
 * - `key`: it is of another key.
 * - `algorithm`: of one that its key does not have, or that is too weak, such as RSA with SHA-1.
 * - `no touch`: nobody touched the token.
 * - `wrong`: it is not the key's signature of this message for this namespace.
 */
export type SignatureFlaw = "key" | "algorithm" | "no-touch" | "wrong";

export interface SignedMessage {
  readonly message: Uint8Array;
  /** What the signature must be for. The one that it names itself must be the same. */
  readonly namespace: string;
  /** The key that it must be of. */
  readonly key: PublicKey;
}

const RSA_HASHES: Readonly<Record<string, string>> = {
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
};
const USER_PRESENT = 0x01;
const ED25519_SIZE = 64;

/** Undefined if it is good. Throws `IntegrityError` if it is malformed. */
export function flawOf(
  signature: SshSignature,
  { message, namespace, key }: SignedMessage,
): SignatureFlaw | undefined {
  if (!isSameBytes(signature.publicKey, key.blob)) return "key";
  if (signature.namespace !== namespace) return "wrong";
  const data = signedData(message, { namespace, hash: signature.hash });
  const reader = new WireReader(signature.signature, "The signature");
  const algorithm = reader.text();
  const { material } = key;
  if (material.kind === "rsa") {
    const hash = Object.hasOwn(RSA_HASHES, algorithm) ? RSA_HASHES[algorithm] : undefined;
    if (hash === undefined) return "algorithm";
    return flawIf(!verifyRsa(reader, data, { ...material, hash }));
  }
  if (algorithm !== key.type) return "algorithm";
  const bytes = reader.string();
  const { application } = material;
  const touch = application === undefined ? undefined : readTouch(reader, application);
  reader.end();
  if (touch?.isPresent === false) return "no-touch";
  const signed = touch === undefined ? data : joinBytes(touch.before, sha256(data));
  return flawIf(!verifyBytes(bytes, signed, material));
}

function flawIf(isWrong: boolean): SignatureFlaw | undefined {
  return isWrong ? "wrong" : undefined;
}

/** What a token says of itself, and the bytes that it signs before the hash of the data. */
function readTouch(
  reader: WireReader,
  application: Uint8Array,
): { readonly isPresent: boolean; readonly before: Uint8Array } {
  const flags = reader.byte();
  const counter = reader.uint32();
  return {
    isPresent: (flags & USER_PRESENT) !== 0,
    before: joinBytes(sha256(application), new Uint8Array([flags]), wireUint32(counter)),
  };
}

function verifyBytes(
  bytes: Uint8Array,
  signed: Uint8Array,
  material: Exclude<KeyMaterial, { readonly kind: "rsa" }>,
): boolean {
  if (material.kind === "ed25519") {
    return bytes.length === ED25519_SIZE && verify(null, signed, material.key, bytes);
  }
  const { key, curve } = material;
  const halves = readHalves(bytes, curve);
  return halves !== undefined &&
    verify(curve.hash, signed, { key, dsaEncoding: "ieee-p1363" }, halves);
}

/**
 * Both numbers with the same length, one after the other (IEEE P1363). Undefined if one is too large. Deno 2.7.11
 * panics if it is given any other length.
 */
function readHalves(bytes: Uint8Array, { size }: Curve): Uint8Array | undefined {
  const reader = new WireReader(bytes, "The signature");
  const r = padStart(reader.mpint(), size);
  const s = padStart(reader.mpint(), size);
  reader.end();
  return r && s && joinBytes(r, s);
}

function verifyRsa(
  reader: WireReader,
  data: Uint8Array,
  { key, size, hash }: KeyMaterial & { readonly kind: "rsa" } & { readonly hash: string },
): boolean {
  // Some agents leave out zeros in front. OpenSSH puts them back, too.
  const bytes = padStart(reader.string(), size);
  reader.end();
  return bytes !== undefined && verify(hash, data, key, bytes);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
