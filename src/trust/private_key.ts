/**
 * Signs with the text of a private key, as CI keeps it in a secret: an Ed25519 key without a passphrase, in
 * the format `openssh-key-v1`
 * (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key):
 *
 *     "openssh-key-v1" NUL, string cipher "none", string kdf "none", string kdf options (empty),
 *     uint32 1, string public key, string of
 *         uint32 check, uint32 check again, string type, string public key, string seed and public key,
 *         string comment, bytes 1, 2, 3, ... up to a multiple of 8
 *
 * Any other key is ssh-keygen's to sign with.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { IntegrityError, UsageError } from "../errors.ts";
import { decodeArmor, encodeBase64Url } from "./base64.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { formatSshSignature, signedData } from "./sshsig.ts";
import { isSameBytes, joinBytes, WireReader, wireString } from "./wire.ts";

const LABEL = "OPENSSH PRIVATE KEY";
const MAGIC = "openssh-key-v1\0";
const TYPE = "ssh-ed25519";
const SEED_SIZE = 32;
const BLOCK = 8;
/** The hash of messages that ssh-keygen takes, too. */
const HASH = "sha512";

/** A key that signs in this process. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

/** Throws `UsageError`, which never repeats anything of the key. */
export function parsePrivateKey(text: string): SigningKey {
  const blob = decodeArmor(text, LABEL);
  if (blob === undefined) {
    throw unusable(`is not the whole text of a file that begins with -----BEGIN ${LABEL}-----`);
  }
  try {
    return readKey(new WireReader(blob, "The private key"));
  } catch (error) {
    if (error instanceof IntegrityError) throw new UsageError(error.message);
    throw error;
  }
}

/** The text of a key in `FTL_SIGN_KEY`. Throws `UsageError` as `parsePrivateKey`, which names the variable. */
export function readSignKey(text: string): SigningKey {
  try {
    return parsePrivateKey(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const why = error.message.replace(/^The/, "the");
    throw new UsageError(`FTL_SIGN_KEY cannot sign: ${why}`, { hint: error.hint });
  }
}

/** An SSHSIG blob of the message. */
export function signWith(
  { publicKey, privateKey }: SigningKey,
  { message, namespace }: { readonly message: Uint8Array; readonly namespace: string },
): Uint8Array {
  const bytes = sign(null, signedData(message, { namespace, hash: HASH }), privateKey);
  const signature = joinBytes(wireString(TYPE), wireString(bytes));
  return formatSshSignature({ publicKey: publicKey.blob, namespace, hash: HASH, signature });
}

function readKey(reader: WireReader): SigningKey {
  if (String.fromCharCode(...reader.bytes(MAGIC.length)) !== MAGIC) {
    throw reader.malformed("is in an unknown format");
  }
  const cipher = reader.text();
  const kdf = reader.text();
  const options = reader.string();
  if (cipher !== "none") throw unusable("has a passphrase");
  if (kdf !== "none" || options.length > 0) throw reader.malformed("has options without a cipher");
  if (reader.uint32() !== 1) throw reader.malformed("is not alone in its file");
  const publicBlob = reader.string();
  const secret = reader.string();
  reader.end();
  const publicKey = parsePublicKey(publicBlob);
  if (publicKey.type !== TYPE) throw unusable(`is of the type ${publicKey.type}`);
  return { publicKey, privateKey: readSecret(secret, publicKey) };
}

function readSecret(secret: Uint8Array, publicKey: PublicKey): KeyObject {
  const reader = new WireReader(secret, "The private key");
  const check = reader.uint32();
  if (reader.uint32() !== check) throw reader.malformed("is damaged");
  const type = reader.string();
  const point = reader.string();
  const seed = reader.string();
  const isSameKey = isSameBytes(joinBytes(wireString(type), wireString(point)), publicKey.blob);
  if (
    !isSameKey || seed.length !== 2 * SEED_SIZE || !isSameBytes(seed.subarray(SEED_SIZE), point)
  ) {
    throw reader.malformed("does not belong to its public key");
  }
  reader.string();
  readPadding(reader, secret.length);
  const jwk = {
    kty: "OKP",
    crv: "Ed25519",
    x: encodeBase64Url(point),
    d: encodeBase64Url(seed.subarray(0, SEED_SIZE)),
  };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  // The import believes `x`. A seed of another key would sign what nobody can verify.
  if (createPublicKey(privateKey).export({ format: "jwk" }).x !== jwk.x) {
    throw reader.malformed("does not belong to its public key");
  }
  return privateKey;
}

function readPadding(reader: WireReader, total: number): void {
  if (total % BLOCK !== 0) throw reader.malformed("is damaged");
  for (let expected = 1; expected < BLOCK && !reader.isAtEnd(); expected++) {
    if (reader.byte() !== expected) throw reader.malformed("is damaged");
  }
  reader.end();
}

function unusable(how: string): UsageError {
  return new UsageError(`The private key ${how}`, {
    hint: "FTL itself signs with an Ed25519 key without a passphrase: " +
      "ssh-keygen -t ed25519 -N '' -f key; give the path of any other key, for ssh-keygen to sign",
  });
}
