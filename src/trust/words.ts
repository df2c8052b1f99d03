/** Says in words why something is not trusted. They are safe to print. */
import { escapeControls } from "../foreign_text.ts";
import type { KnownBlessing, ReplayVerdict } from "./replay.ts";
import type { Refusal, RefusalReason, Verdict } from "./verdict.ts";

const REASONS: Readonly<Record<RefusalReason, string>> = {
  malformed: "it is malformed",
  "unknown-key": "nobody who is trusted has the key",
  wrong: "it is of something else, or what it signed was changed",
  algorithm: "its algorithm is too weak, or is not its key's",
  "no-touch": "nobody touched the token",
  RSA: "an RSA key signs revisions only",
  "other-namespace": "the key may not sign this",
  "other-time": "the key was not valid at that time",
};

/** For a verdict other than `trusted`. */
export function explainVerdict({ verdict, by, needed, refused }: Verdict): string {
  if (verdict === "unsigned") return "it is not signed";
  if (verdict !== "too-few") return refused.map(explainRefusal).join("; ");
  const names = by.map(({ principals }) => escapeControls(principals)).join(", ");
  return [
    `${by.length} of ${needed} people have signed it: ${names}`,
    ...refused.map(explainRefusal),
  ]
    .join("; ");
}

/** `signature 1 (ann@example.com, SHA256:...): the key may not sign this` */
export function explainRefusal({ signature, reason, fingerprint, principals }: Refusal): string {
  const whose = [principals, fingerprint].filter((name) => name !== undefined).map(escapeControls);
  const about = whose.length === 0 ? "" : ` (${whose.join(", ")})`;
  return `signature ${signature}${about}: ${REASONS[reason]}`;
}

export interface ReplayWords {
  readonly verdict: ReplayVerdict;
  readonly serial: number;
  readonly follows?: number | undefined;
  readonly known: KnownBlessing | undefined;
  readonly floor: number | undefined;
}

/** For a verdict other than `current`. */
export function explainReplay({ verdict, serial, follows, known, floor }: ReplayWords): string {
  const goesOn = follows === undefined || known === undefined || serial < known.serial
    ? ""
    : ` and goes on from one of ${timeOf(follows)}`;
  const of = `it is of ${timeOf(serial)}${goesOn}`;
  switch (verdict) {
    case "older":
      return `${of}, and this machine has obeyed one of ${timeOf(known?.serial)}`;
    case "another":
      return `${of}, as the one that this machine has obeyed, and says something else`;
    case "too-old":
      return `${of}, before FTL_TRUST_SINCE, ${timeOf(floor)}`;
    case "from-the-future":
      return `${of}, more than a day ahead of this machine's clock`;
    case "current":
      return of;
  }
}

/** A serial has at most 15 digits, which every `Date` can hold. */
function timeOf(time: number | undefined): string {
  return time === undefined ? "an unknown time" : new Date(time).toISOString();
}
