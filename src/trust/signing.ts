/**
 * What the writers of pointers ask of this room. Only types: where nothing is signed, nothing of it is loaded.
 */
import type { Metadata } from "../revision/metadata.ts";
import type { PackageName, RevisionId } from "../revision/names.ts";
import type { OldTrust } from "../revision/pointer.ts";
import type { JudgedObject } from "./judge_revision.ts";
import type { PublicKey } from "./public_key.ts";
import type { Statement } from "./statement.ts";

/** What `FTL_SIGN_KEY` names. */
export interface Signer {
  /** Throws `UsageError` if it does not sign, or signs what machines would not take. */
  sign(statement: Statement): Promise<Signature>;
}

export interface Signature {
  /** SSHSIG in base64, as metadata has it. */
  readonly base64: string;
  /** The key that made it. */
  readonly key: PublicKey;
}

/** A pointer as it is stored. */
export interface PointerParts {
  readonly text: string;
  readonly metadata: Metadata;
}

/** The object of a revision that is blessed, or of a candidate. */
export interface Target extends JudgedObject {
  readonly id: RevisionId;
}

export interface SigningRequest<Made extends PointerParts> {
  readonly package: PackageName;
  /** The pointer that is replaced. Undefined if there is none, or if it names no revision. */
  readonly old: PointerParts | undefined;
  /** Whether the change follows what the old pointer says. Then that must be trusted. */
  readonly followsOld: boolean;
  /** What is vouched for. Undefined if the change only takes over what the old pointer says. */
  readonly target: Target | undefined;
  /** Unix milliseconds, by S3's clock. */
  readonly now: number;
  /** What S3 has of another revision that the pointer names. Undefined if it has none at that key. */
  readonly describe: (named: Pick<Target, "id" | "key">) => Promise<Target | undefined>;
  /**
   * The new pointer, unsigned. Undefined: the old one stays, and gets one more signature. It leaves out what it can do
   * without unless it leaves so many bytes for signatures.
   */
  readonly make: (trust: OldTrust, reserve: number) => Made | undefined;
}

export type SignedChange<Made extends PointerParts> =
  | {
    readonly kind: "changed";
    /** With its signature. */
    readonly made: Made;
    /** Of the old pointer. What fewer people have signed than must is refused. */
    readonly trust: OldTrust;
    /** How many more people must sign it, by `FTL_TRUST_THRESHOLD`. */
    readonly missing: number;
  }
  | {
    readonly kind: "same";
    /** Adds the signature to the pointer as it is by now. Throws `UsageError` if there is no room for it. */
    readonly addTo: (pointer: PointerParts) => Added;
  };

/**
 * - `added`: there is one more signature.
 * - `there`: this key had signed it already.
 * - `another`: the pointer says something else by now.
 */
export type Added =
  | {
    readonly result: "added";
    readonly metadata: Metadata;
    /** How many different people have signed it. */
    readonly people: number;
    readonly missing: number;
  }
  | { readonly result: "there" }
  | { readonly result: "another" };

/** Signs pointers, and vouches for nothing that the writer does not trust. */
export interface Signing {
  /**
   * Throws `UntrustedError` if the target, or an old pointer that is followed, is not trusted, and `UsageError` as
   * the signer does, or if nobody would trust the key.
   */
  sign<Made extends PointerParts>(request: SigningRequest<Made>): Promise<SignedChange<Made>>;
}
