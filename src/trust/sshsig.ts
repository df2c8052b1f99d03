/**
 * SSHSIG, the signatures of `ssh-keygen -Y sign`:
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
 *
 *     blob           "SSHSIG", uint32 version 1, string public key, string namespace, string reserved,
 *                    string hash algorithm, string signature
 *     signed data    "SSHSIG", string namespace, string reserved (empty), string hash algorithm,
 *                    string hash of the message
 *
 * The signature is a string of its algorithm's name and what the algorithm makes: see `public_key.ts`.
 */
import { createHash } from "node:crypto";
import { IntegrityError } from "../errors.ts";
import { quote } from "../foreign_text.ts";
import { decodeArmor, encodeArmor } from "./base64.ts";
import { joinBytes, WireReader, wireString, wireUint32 } from "./wire.ts";

const MAGIC = new TextEncoder().encode("SSHSIG");
const VERSION = 1;
const LABEL = "SSH SIGNATURE";

/** The hashes of messages that SSHSIG has. */
const HASHES = ["sha256", "sha512"] as const;
export type MessageHash = typeof HASHES[number];

/** A parsed blob. Nothing in it has been verified. */
export interface SshSignature {
  /** The public key of the signer, in SSH's encoding. Anybody can write any key here. */
  readonly publicKey: Uint8Array;
  /** What the signature is for. */
  readonly namespace: string;
  readonly hash: MessageHash;
  /** The algorithm's name and the bytes, still in SSH's encoding. */
  readonly signature: Uint8Array;
}

/** Throws `IntegrityError` if it is anything else, or not of version 1. */
export function parseSshSignature(blob: Uint8Array): SshSignature {
  const reader = new WireReader(blob, "The signature");
  if (String.fromCharCode(...reader.bytes(MAGIC.length)) !== "SSHSIG") {
    throw reader.malformed("is no SSH signature");
  }
  const version = reader.uint32();
  if (version !== VERSION) throw reader.malformed(`is of version ${version}, not ${VERSION}`);
  const publicKey = reader.string();
  const namespace = reader.text();
  // "Implementations should ignore the reserved field": what is signed has it empty in any case.
  reader.string();
  const hash = reader.text();
  const signature = reader.string();
  reader.end();
  if (!isMessageHash(hash)) throw reader.malformed(`is made with ${quote(hash)}, an unknown hash`);
  return { publicKey, namespace, hash, signature };
}

export function formatSshSignature(parsed: SshSignature): Uint8Array {
  return joinBytes(
    MAGIC,
    wireUint32(VERSION),
    wireString(parsed.publicKey),
    wireString(parsed.namespace),
    wireString(""),
    wireString(parsed.hash),
    wireString(parsed.signature),
  );
}

/** The bytes that the key signs. */
export function signedData(
  message: Uint8Array,
  { namespace, hash }: Pick<SshSignature, "namespace" | "hash">,
): Uint8Array {
  const digest = createHash(hash).update(message).digest();
  return joinBytes(
    MAGIC,
    wireString(namespace),
    wireString(""),
    wireString(hash),
    wireString(digest),
  );
}

/** The blob in the text that `ssh-keygen -Y sign` writes. Throws `IntegrityError` if there is none. */
export function removeArmor(text: string): Uint8Array {
  const blob = decodeArmor(text, LABEL);
  if (blob !== undefined) return blob;
  throw new IntegrityError("The signature does not have the form that 'ssh-keygen -Y sign' writes");
}

/** The text that `ssh-keygen -Y verify` reads. */
export function addArmor(blob: Uint8Array): string {
  return encodeArmor(blob, LABEL);
}

function isMessageHash(name: string): name is MessageHash {
  return HASHES.some((hash) => hash === name);
}
