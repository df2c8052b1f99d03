/** People with a key of their own, made for one test. */
import { encodeBase64 } from "../../src/trust/base64.ts";
import { parsePrivateKey, signWith } from "../../src/trust/private_key.ts";
import type { Statement } from "../../src/trust/statement.ts";
import { newKey } from "./new_key.ts";

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
  const { secret: privateKey, line: publicKey } = newKey();
  const key = parsePrivateKey(privateKey);
  return {
    name,
    privateKey,
    publicKey,
    sign: ({ bytes: message, namespace }) => encodeBase64(signWith(key, { message, namespace })),
  };
}

/** A line of a file of allowed signers. */
export function lineOf({ name, publicKey }: Person, options = ""): string {
  return [name, options, publicKey].filter((word) => word !== "").join(" ");
}
