/** Signs what lies in a bucket, as somebody with a key would: the object stays, and gets one more signature. */
import { createHash, generateKeyPairSync } from "node:crypto";
import type { Bucket, UploadSource } from "../../src/bucket/bucket.ts";
import { parseKey } from "../../src/revision/keys.ts";
import { encodeBase64 } from "../../src/trust/base64.ts";
import { parsePrivateKey, type SigningKey, signWith } from "../../src/trust/private_key.ts";
import { formatPublicKey, parsePublicKey } from "../../src/trust/public_key.ts";
import {
  blessingStatement,
  nextSignatureName,
  revisionStatement,
  type Statement,
} from "../../src/trust/statement.ts";
import { joinBytes, wireString } from "../../src/trust/wire.ts";
import { PRIVATE_KEY } from "./vectors.ts";

/** The key `ed25519` of the vectors. */
export const ANN = parsePrivateKey(PRIVATE_KEY);

/** A new key, of somebody else. */
export function newSigner(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const blob = joinBytes(wireString("ssh-ed25519"), wireString(fromBase64Url(x)));
  return { publicKey: parsePublicKey(blob), privateKey };
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")),
    (char) => char.charCodeAt(0),
  );
}

/** A line of a file of allowed signers. */
export function allowedLine(principals: string, key: SigningKey, options = ""): string {
  const words = [principals, options, formatPublicKey(key.publicKey)];
  return `${words.filter((word) => word !== "").join(" ")}\n`;
}

/** Adds a signature to a pointer or a revision. */
export async function signObject(
  bucket: Bucket,
  key: string,
  by: SigningKey = ANN,
): Promise<void> {
  const found = await bucket.head(key);
  const parsed = parseKey(key);
  if (found === undefined || parsed === undefined) throw new Error(`There is no ${key} to sign`);
  const { metadata, etag, size } = found;
  const { body } = await bucket.read(key, { etag });
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  const facts = { bucket: bucket.name, metadata };
  const statement: Statement = parsed.kind === "revision"
    ? revisionStatement({ ...facts, key, size })
    : blessingStatement({
      ...facts,
      package: parsed.package,
      text: new TextDecoder().decode(bytes),
    });
  const { namespace, bytes: message } = statement;
  const signature = encodeBase64(signWith(by, { message, namespace }));
  await bucket.upload(key, sourceOf(bytes), {
    metadata: { ...metadata, [nextSignatureName(metadata)]: signature },
    concurrency: 1,
  });
}

function sourceOf(bytes: Uint8Array<ArrayBuffer>): UploadSource {
  const sha256 = createHash("sha256").update(bytes).digest("base64");
  return {
    size: bytes.length,
    partSize: bytes.length,
    partSha256: [sha256],
    read: (offset, length) => bytes.slice(offset, offset + length),
  };
}
