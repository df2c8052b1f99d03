/**
 * Checks what `FTL_SIGN_KEY` made, before it is sent: a wrong key, and a fault of a program that signs, are found
 * by the person who signs and not by every machine.
 */
import { IntegrityError, UsageError } from "../errors.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { parseSshSignature } from "./sshsig.ts";
import type { Statement } from "./statement.ts";
import { flawOf, type SignatureFlaw } from "./verify.ts";

const WHY: Readonly<Record<SignatureFlaw, string>> = {
  key: "it is of another key",
  algorithm: "it is by an algorithm that FTL does not take from this key",
  "no-touch": "nobody touched the token, and FTL takes no key with no-touch-required",
  wrong: "it is of something else, or for another namespace",
};

/** The key that signed the statement. Throws `UsageError` if machines would not take the signature. */
export function requireOwnSignature(blob: Uint8Array, statement: Statement): PublicKey {
  try {
    const signature = parseSshSignature(blob);
    const key = parsePublicKey(signature.publicKey);
    const { bytes: message, namespace } = statement;
    const flaw = flawOf(signature, { message, namespace, key });
    if (flaw !== undefined) throw useless(WHY[flaw]);
    if (key.type === "ssh-rsa" && statement.kind === "blessing") {
      throw useless("an RSA key signs revisions only");
    }
    return key;
  } catch (error) {
    if (error instanceof IntegrityError) throw useless(error.message.replace(/^The/, "the"));
    throw error;
  }
}

function useless(why: string): UsageError {
  return new UsageError(`What FTL_SIGN_KEY signed is of no use: ${why}`, {
    hint:
      "Bless with a key of the types ed25519, ecdsa (256 or 384 bits), ed25519-sk or ecdsa-sk; " +
      "revisions may have rsa, too",
  });
}
