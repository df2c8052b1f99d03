/**
 * Judges a pointer: whether enough people who may bless have signed it, and whether it may be obeyed now. All of it
 * is judged before anything of it is used or kept.
 */
import { IntegrityError, UntrustedError } from "../errors.ts";
import { escapeControls } from "../foreign_text.ts";
import { pointerKey } from "../revision/keys.ts";
import { type BlessingVerdict, SIGN_TOO } from "../revision/blessing_verdict.ts";
import { readCount } from "../revision/metadata.ts";
import type { PackageName } from "../revision/names.ts";
import type { TrustPolicy } from "./policy.ts";
import { judgeReplay, type KnownBlessing, type ReplayFacts, type ReplayVerdict } from "./replay.ts";
import {
  type BlessingFacts,
  blessingStatement,
  signaturesIn,
  type Statement,
} from "./statement.ts";
import { judge, type Verdict } from "./verdict.ts";
import { explainReplay, explainVerdict } from "./words.ts";

export interface JudgedBlessing extends Pick<Verdict, "by" | "refused" | "needed"> {
  readonly verdict: BlessingVerdict;
  /** Why it is not trusted, in words that are safe to print. */
  readonly why: string | undefined;
  /** To be kept on disk before the blessing is obeyed. Undefined if it is not trusted. */
  readonly known: KnownBlessing | undefined;
}

export interface JudgedPointer extends Pick<BlessingFacts, "text" | "metadata"> {
  readonly package: PackageName;
}

export interface BlessingCircumstances {
  /** What this machine has obeyed last. Undefined if it has obeyed none that was trusted, or is no machine. */
  readonly known: KnownBlessing | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Never throws. */
export function judgeBlessing(
  policy: Pick<TrustPolicy, "bucket" | "signers" | "threshold" | "since">,
  pointer: JudgedPointer,
  { known, now }: BlessingCircumstances,
): JudgedBlessing {
  const signatures = signaturesIn(pointer.metadata);
  const nobody = { by: [], refused: [], needed: policy.threshold, known: undefined } as const;
  if (signatures.length === 0) {
    const why = "it is not signed: was it written by an older ftl, or without FTL_SIGN_KEY?";
    return { ...nobody, verdict: "unsigned", why };
  }
  let statement: Statement;
  try {
    statement = blessingStatement({ bucket: policy.bucket, ...pointer });
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return { ...nobody, verdict: "refused", why: escapeControls(error.message) };
  }
  const { signers, threshold } = policy;
  const { verdict, ...judged } = judge({ statement, signatures, signers, threshold });
  if (verdict !== "trusted") {
    return { ...judged, verdict, why: explainVerdict({ ...judged, verdict }), known: undefined };
  }
  const follows = readCount(pointer.metadata["ftl-follows"]);
  const replay = replayOf(statement, { follows, known, now, floor: policy.since });
  if (replay.verdict !== "current") {
    return { ...judged, verdict: replay.verdict, why: explainReplay(replay), known: undefined };
  }
  const { serial } = replay;
  return {
    ...judged,
    verdict: "trusted",
    why: undefined,
    known: { serial, statement: statement.sha256 },
  };
}

function replayOf(
  { sha256, time: serial }: Statement,
  facts: Pick<ReplayFacts, "follows" | "known" | "floor" | "now">,
): { verdict: ReplayVerdict; serial: number } & typeof facts {
  if (serial === undefined) throw new Error("a blessing has a serial");
  return {
    ...facts,
    serial,
    verdict: judgeReplay({ statement: { sha256, time: serial }, ...facts }),
  };
}

/** For a pointer that is not trusted. What this machine runs stays. */
export function refusedBlessing(
  { package: name }: Pick<JudgedPointer, "package">,
  { verdict, why }: Pick<JudgedBlessing, "verdict" | "why">,
): UntrustedError {
  const advice = verdict === "too-few" ? SIGN_TOO : `Look at it: ftl verify --master ${name}`;
  return new UntrustedError(`${pointerKey(name)} is not trusted: ${why ?? verdict}`, {
    verdict,
    hint: `This machine keeps what it runs. ${advice}`,
  });
}
