/** Shows whom a file of allowed signers trusts. */
import { readTrustFile } from "../../trust/trust.ts";

/** A key that may sign. */
export interface ListedSigner {
  /** Whose it is, as the file names them. */
  readonly principals: string;
  /** `SHA256:...`, as ssh-keygen shows it. */
  readonly fingerprint: string;
  /** Its type, as `ssh-ed25519`. */
  readonly type: string;
  /** Patterns of what it may sign. Undefined if it may sign anything. */
  readonly namespaces: string | undefined;
  /** The first second in which it may sign, in Unix milliseconds. Undefined if there is none. */
  readonly validAfter: number | undefined;
  /** The last second in which it may sign, in Unix milliseconds. Undefined if there is none. */
  readonly validBefore: number | undefined;
  /** In the file, from 1. */
  readonly line: number;
}

/** Whom a file trusts. */
export interface TrustedSigners {
  /** The file. */
  readonly path: string;
  /** In the order of the file. */
  readonly signers: readonly ListedSigner[];
  /** Lines that nobody is trusted by, and what is wrong with them. */
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
}

export async function readSigners(path: string): Promise<TrustedSigners> {
  const { signers, skipped } = await readTrustFile(path);
  const inMilliseconds = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : seconds * 1000;
  return {
    path,
    signers: signers.map(({ principals, key, namespaces, validAfter, validBefore, line = 0 }) => ({
      ...{ principals, fingerprint: key.fingerprint, type: key.type, namespaces, line },
      validAfter: inMilliseconds(validAfter),
      validBefore: inMilliseconds(validBefore),
    })),
    skipped,
  };
}
