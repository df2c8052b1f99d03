/** Signers and bytes of the vectors, as the tests need them. */
import { type AllowedSigner, parseAllowedSigners } from "../../src/trust/allowed_signers.ts";
import { decodeBase64 } from "../../src/trust/base64.ts";
import { blessingStatement, revisionStatement, type Statement } from "../../src/trust/statement.ts";
import { BLESSING, REVISION } from "./statements.ts";
import { type KeyName, KEYS, type Vector, VECTORS } from "./vectors.ts";

/** The bytes of base64 that a test knows to be right. */
export function bytesOf(base64: string): Uint8Array {
  const bytes = decodeBase64(base64);
  if (bytes === undefined) throw new Error(`${base64} is not base64`);
  return bytes;
}

export function statementOf({ statement }: Pick<Vector, "statement">): Statement {
  return statement === "blessing" ? blessingStatement(BLESSING) : revisionStatement(REVISION);
}

/** A line of a file of allowed signers. */
export function line(principals: string, key: KeyName, options = ""): string {
  return [principals, options, KEYS[key]].filter((word) => word !== "").join(" ");
}

/** The signers of lines that must all be good. */
export function signersOf(...lines: string[]): readonly AllowedSigner[] {
  const { signers, skipped } = parseAllowedSigners(lines.join("\n"));
  if (skipped.length > 0) throw new Error(`${JSON.stringify(skipped)} in ${lines.join("\n")}`);
  return signers;
}

/** The same with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte);
}

/** The good signature of the blessing by a key. */
export function goodBy(key: KeyName): string {
  const vector = VECTORS.find((one) => one.key === key && one.statement === "blessing");
  if (vector === undefined) throw new Error(`There is no vector of ${key}`);
  return vector.signature;
}
