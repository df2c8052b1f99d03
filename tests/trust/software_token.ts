/**
 * A FIDO token in software: it signs as PROTOCOL.u2f of OpenSSH says that a real one does. A test has
 * ssh-keygen verify what it signs.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { parsePublicKey, type PublicKey } from "../../src/trust/public_key.ts";
import { formatSshSignature, type MessageHash, signedData } from "../../src/trust/sshsig.ts";
import { joinBytes, wireString, wireUint32 } from "../../src/trust/wire.ts";

export type TokenType = "sk-ssh-ed25519@openssh.com" | "sk-ecdsa-sha2-nistp256@openssh.com";

export interface Token {
  readonly publicKey: PublicKey;
  readonly application: string;
  readonly privateKey: KeyObject;
}

export interface TokenRequest {
  readonly message: Uint8Array;
  readonly namespace: string;
  readonly hash?: MessageHash;
  /** 1: somebody touched it. 4: and gave its PIN. */
  readonly flags?: number;
  readonly counter?: number;
}

export function newToken(type: TokenType, application = "ssh:"): Token {
  const isEd25519 = type === "sk-ssh-ed25519@openssh.com";
  const { publicKey, privateKey } = isEd25519
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const point = isEd25519 ? [wireString(fromBase64Url(x))] : [
    wireString("nistp256"),
    wireString(joinBytes(new Uint8Array([4]), fromBase64Url(x), fromBase64Url(y))),
  ];
  const blob = joinBytes(wireString(type), ...point, wireString(application));
  return { publicKey: parsePublicKey(blob), application, privateKey };
}

/** An SSHSIG blob. */
export function signWithToken(token: Token, request: TokenRequest): Uint8Array {
  const { message, namespace, hash = "sha512", flags = 1, counter = 7 } = request;
  const state = joinBytes(new Uint8Array([flags]), wireUint32(counter));
  const data = joinBytes(
    sha256(new TextEncoder().encode(token.application)),
    state,
    sha256(signedData(message, { namespace, hash })),
  );
  const { type, blob } = token.publicKey;
  const bytes = type === "sk-ssh-ed25519@openssh.com"
    ? sign(null, data, token.privateKey)
    : ecdsaSignature(data, token.privateKey);
  const signature = joinBytes(wireString(type), wireString(bytes), state);
  return formatSshSignature({ publicKey: blob, namespace, hash, signature });
}

/** Both numbers as SSH encodes them. */
function ecdsaSignature(data: Uint8Array, key: KeyObject): Uint8Array {
  const halves = sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
  return joinBytes(mpint(halves.subarray(0, 32)), mpint(halves.subarray(32)));
}

export function mpint(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? new Uint8Array() : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? new Uint8Array(1) : new Uint8Array();
  return wireString(joinBytes(sign, digits));
}

export function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")),
    (char) => char.charCodeAt(0),
  );
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
