/** Judges what was spooled: whether somebody who may spool has signed it, and what bytes it must have. */
import { IntegrityError } from "../errors.ts";
import { escapeControls } from "../foreign_text.ts";
import { type Metadata, readSha256, treeIn } from "../revision/metadata.ts";
import type { TrustPolicy } from "./policy.ts";
import { revisionStatement, signaturesIn, type Statement } from "./statement.ts";
import { judge, type Verdict } from "./verdict.ts";
import { explainVerdict } from "./words.ts";

/** An object as S3 describes it. */
export interface JudgedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly metadata: Metadata;
}

export interface JudgedRevision extends Pick<Verdict, "by" | "refused"> {
  readonly verdict: "trusted" | "unsigned" | "refused";
  /** Why it is not trusted, in words that are safe to print. */
  readonly why: string | undefined;
  /** What the object must have. Undefined if it is not trusted. */
  readonly content: SignedContent | undefined;
}

/** What was signed of an object's bytes. */
export interface SignedContent {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  /** SHA-256 of its tree's text, in hexadecimal. Absent if it was not signed. */
  readonly tree?: string | undefined;
}

/** Never throws. */
export function judgeRevision(
  policy: Pick<TrustPolicy, "bucket" | "signers">,
  { key, size, metadata }: JudgedObject,
): JudgedRevision {
  const signatures = signaturesIn(metadata);
  const refused = { verdict: "refused", by: [], refused: [], content: undefined } as const;
  if (signatures.length === 0) return { ...refused, verdict: "unsigned", why: "it is not signed" };
  let statement: Statement;
  try {
    statement = revisionStatement({ bucket: policy.bucket, key, size, metadata });
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return { ...refused, why: escapeControls(error.message) };
  }
  const judged = judge({ statement, signatures, signers: policy.signers, threshold: 1 });
  const { by } = judged;
  const sha256 = readSha256(metadata["ftl-sha256"]);
  if (judged.verdict !== "trusted" || sha256 === undefined) {
    return { ...refused, refused: judged.refused, why: explainVerdict(judged) };
  }
  return {
    verdict: "trusted",
    by,
    refused: judged.refused,
    why: undefined,
    content: { sha256, size, ...treeIn(metadata, "ftl-tree") },
  };
}
