/** People with a key of their own, made for one test. */
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { encodeArmor, encodeBase64 } from "../../src/trust/base64.ts";
import { parsePrivateKey, type SigningKey, signWith } from "../../src/trust/private_key.ts";
import type { Statement } from "../../src/trust/statement.ts";
import { joinBytes, wireString, wireUint32 } from "../../src/trust/wire.ts";

export interface Person {
  readonly name: string;
  /** The text of the private key, as `FTL_SIGN_KEY` takes it. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA...` */
  readonly publicKey: string;
  /** In base64, as metadata has it. */
  readonly sign: (statement: Pick<Statement, "bytes" | "namespace">) => string;
}

/** @param name as in a file of allowed signers: `ann@example.com` */
export function aPerson(name: string): Person {
  const privateKey = newPrivateKey(name);
  const key: SigningKey = parsePrivateKey(privateKey);
  return {
    name,
    privateKey,
    publicKey: `ssh-ed25519 ${encodeBase64(key.publicKey.blob)}`,
    sign: ({ bytes: message, namespace }) => encodeBase64(signWith(key, { message, namespace })),
  };
}

/** A line of a file of allowed signers. */
export function lineOf({ name, publicKey }: Person, options = ""): string {
  return [name, options, publicKey].filter((word) => word !== "").join(" ");
}

/** As `ssh-keygen -t ed25519 -N ''` writes it. */
function newPrivateKey(comment: string): string {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [d, x].map((text) => new Uint8Array(Buffer.from(text, "base64url")));
  if (seed === undefined || point === undefined) throw new Error("no key was made");
  const blob = joinBytes(wireString("ssh-ed25519"), wireString(point));
  const check = wireUint32(0x5eed);
  const secret = joinBytes(
    check,
    check,
    blob,
    wireString(joinBytes(seed, point)),
    wireString(comment),
  );
  const padding = new Uint8Array((8 - secret.length % 8) % 8).map((_, i) => i + 1);
  const none = wireString("none");
  const parts = [none, none, wireString(""), wireUint32(1), wireString(blob)];
  const magic = new TextEncoder().encode("openssh-key-v1\0");
  return encodeArmor(
    joinBytes(magic, ...parts, wireString(joinBytes(secret, padding))),
    "OPENSSH PRIVATE KEY",
  );
}
