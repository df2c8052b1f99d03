/** New Ed25519 keys, as texts that `FTL_SIGN_KEY` and `FTL_TRUST` take. */
import { generateKeyPairSync } from "node:crypto";
import { encodeArmor } from "../../src/trust/base64.ts";
import { formatPublicKey, parsePublicKey } from "../../src/trust/public_key.ts";
import { joinBytes, wireString, wireUint32 } from "../../src/trust/wire.ts";
import { fromBase64Url } from "./software_token.ts";

export interface NewKey {
  /** The text of the private key, as `ssh-keygen` writes it. */
  readonly secret: string;
  /** As in a `.pub` file, without a comment. */
  readonly line: string;
}

export function newKey(): NewKey {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [point, seed] = [fromBase64Url(x), fromBase64Url(d)];
  const blob = joinBytes(wireString("ssh-ed25519"), wireString(point));
  const check = wireUint32(7);
  const inside = joinBytes(
    ...[check, check, blob, wireString(joinBytes(seed, point)), wireString("")],
  );
  const padding = Uint8Array.from({ length: (8 - inside.length % 8) % 8 }, (_, i) => i + 1);
  const outside = joinBytes(
    ...[new TextEncoder().encode("openssh-key-v1\0"), wireString("none"), wireString("none")],
    ...[wireString(""), wireUint32(1), wireString(blob), wireString(joinBytes(inside, padding))],
  );
  return {
    secret: encodeArmor(outside, "OPENSSH PRIVATE KEY"),
    line: formatPublicKey(parsePublicKey(blob)),
  };
}
