/** Judges what may be signed: a revision, or the blessing that names it. */
import type { Config } from "../../config.ts";
import { UntrustedError } from "../../errors.ts";
import { type BlessingVerdict, SIGN_TOO } from "../../revision/blessing_verdict.ts";
import type { Metadata } from "../../revision/metadata.ts";
import type { PackageName } from "../../revision/names.ts";
import type { BlessingCircumstances } from "../../trust/judge_blessing.ts";
import type { JudgedObject } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import type { Refusal } from "../../trust/verdict.ts";
import type { TrustOptions } from "./verify.ts";

/** `unchecked`: nobody is trusted here, so signatures are only counted. */
export type PartVerdict = BlessingVerdict | "unchecked";

/** A signature that counts. */
export interface SignedBy {
  /** Among all signatures, from 1. */
  readonly signature: number;
  /** Whose key it is, as the trust names them. */
  readonly principals: string;
  /** Of the key. */
  readonly fingerprint: string;
}

/** A signature that does not count. */
export interface RefusedSignature {
  /** Among all signatures, from 1. */
  readonly signature: number;
  /** Whose key it is; undefined if the key is unknown. */
  readonly principals: string | undefined;
  /** Of the key; undefined if the signature is malformed. */
  readonly fingerprint: string | undefined;
  /** Why, in a sentence that is safe to print. */
  readonly why: string;
}

/** What was found out about the signatures of a revision or of a blessing. */
export interface JudgedPart {
  /** What is signed. */
  readonly of: "revision" | "blessing";
  /** The result. */
  readonly verdict: PartVerdict;
  /** Why it is not trusted, in words that are safe to print. */
  readonly why: string | undefined;
  /** How many signatures there are. */
  readonly signatures: number;
  /** Those that count. */
  readonly by: readonly SignedBy[];
  /** Those that do not. */
  readonly refused: readonly RefusedSignature[];
}

/** A pointer as it is stored. */
export interface StoredPointer {
  readonly package: PackageName;
  readonly text: string;
  readonly metadata: Metadata;
}

/** Whom this command trusts. Undefined if signatures are not looked at. */
export async function readPolicy(
  config: Config,
  { trust }: TrustOptions,
): Promise<TrustPolicy | undefined> {
  if (trust === undefined && config.trust === undefined) return undefined;
  const { readTrustPolicy, readTrustPolicyOf } = await import("../../trust/trust.ts");
  return trust === undefined
    ? await readTrustPolicy(config)
    : await readTrustPolicyOf(config, trust);
}

export async function judgedRevision(
  policy: TrustPolicy | undefined,
  object: JudgedObject,
): Promise<JudgedPart> {
  const of = "revision";
  if (policy === undefined) return unchecked(of, object.metadata);
  const { judgeRevision } = await import("../../trust/trust.ts");
  return await toPart(of, object.metadata, judgeRevision(policy, object));
}

export async function judgedBlessing(
  policy: TrustPolicy | undefined,
  pointer: StoredPointer,
  circumstances: BlessingCircumstances,
): Promise<JudgedPart> {
  const of = "blessing";
  if (policy === undefined) return unchecked(of, pointer.metadata);
  const { judgeBlessing } = await import("../../trust/trust.ts");
  return await toPart(of, pointer.metadata, judgeBlessing(policy, pointer, circumstances));
}

/** The error for what is not trusted. Undefined if it is trusted, or if nobody is asked. */
export function untrusted(
  name: string,
  { verdict, why }: Pick<JudgedPart, "verdict" | "why">,
): UntrustedError | undefined {
  if (verdict === "trusted" || verdict === "unchecked") return undefined;
  return new UntrustedError(`${name} is not trusted: ${why ?? verdict}`, {
    verdict,
    hint: verdict === "too-few"
      ? SIGN_TOO
      : "Find out who wrote it. 'ftl verify --master' with --show DIR writes what was signed",
  });
}

async function unchecked(of: JudgedPart["of"], metadata: Metadata): Promise<JudgedPart> {
  const signatures = await countIn(metadata);
  return { of, verdict: "unchecked", why: undefined, signatures, by: [], refused: [] };
}

async function toPart(
  of: JudgedPart["of"],
  metadata: Metadata,
  { verdict, why, by, refused }:
    & Pick<JudgedPart, "why" | "by">
    & { readonly verdict: BlessingVerdict; readonly refused: readonly Refusal[] },
): Promise<JudgedPart> {
  const { explainRefusal } = await import("../../trust/trust.ts");
  return {
    ...{ of, verdict, why, by, signatures: await countIn(metadata) },
    refused: refused.map((refusal) => {
      const { signature, principals, fingerprint } = refusal;
      return { signature, principals, fingerprint, why: explainRefusal(refusal) };
    }),
  };
}

async function countIn(metadata: Metadata): Promise<number> {
  const { signaturesIn } = await import("../../trust/trust.ts");
  return signaturesIn(metadata).length;
}
