/**
 * Decides which revision is blessed for one machine while a staged rollout is under way. `planSync`
 * then obeys the answer as if the pointer had said it.
 *
 * B is the revision that the pointer blesses, N the candidate. The first row that fits counts; "-"
 * fits everything:
 *
 *     rollout   N here    N in         in   marks     active   turn      blessed    waiting
 *               or in S3  quarantine                  is N               /replaced
 *     no        -         -            -    -         -        -         B/replaced
 *     yes       no        -            -    -         -        -         B/replaced missing
 *     yes       yes       yes          -    -         -        -         B/replaced quarantined
 *     yes       yes       no           -    -         yes      -         N/B
 *     yes       yes       no           no   -         no       -         B/replaced paused or rank
 *     yes       yes       no           yes  halted    no       -         B/replaced halted
 *     yes       yes       no           yes  unknown   no       -         B/replaced marks unknown
 *     yes       yes       no           yes  go on     no       waiting   B/replaced turn
 *     yes       yes       no           yes  go on     no       have or   N/B
 *                                                              no need
 *
 * - rollout: the pointer has words and a candidate that is not B itself.
 * - in: by `isIn` of `src/plan/rollout.ts`. A machine that runs N is always in.
 * - marks: what other machines wrote of this rollout. If they are unknown, only a rollout without
 *   `halt` and `at-once` goes on, as it does not ask for them.
 *
 * The candidate is wanted in every row but the first, so that it is ready when its time comes. N's
 * blessing is named by the rollout, so that a quarantine ends with it. A hold is compared with what
 * the pointer says, not with this answer: a rollout step ends no hold.
 */
import type { Candidate, PointerState } from "../revision/pointer.ts";
import type { RevisionId } from "../revision/names.ts";
import { type Rollout, rolloutName } from "../revision/rollout.ts";
import { cutAt, isIn, rankOf, type RolloutMember } from "./rollout.ts";

/** What the pointer says. */
export interface StagedPointer extends Pick<PointerState, "blessed" | "replaced" | "blessing"> {
  readonly next?: Candidate | undefined;
  readonly rollout?: Rollout | undefined;
}

/** The machine, and what it knows of the candidate and of its rollout. */
export interface EffectiveFacts extends Omit<RolloutMember, "next"> {
  /** Whether the candidate is on this machine or in S3. */
  readonly has: boolean;
  /** Whether the candidate is in quarantine on this machine. */
  readonly quarantined: boolean;
  /**
   * Whether so many machines have failed that no other one may take the candidate. "unknown" if
   * the marks were not listed, or could not be.
   */
  readonly halted: boolean | "unknown";
  /** Of the turns that `at-once` limits. A machine that runs nothing yet needs none. */
  readonly turn: "none needed" | "have" | "waiting";
}

/** Why a machine is not to run the candidate now. */
export type Waiting =
  | { readonly reason: "missing" | "quarantined" | "paused" | "halted" | "marks unknown" | "turn" }
  /** Both are 0 to 1. The machine may take the candidate once the cut is greater than the rank. */
  | { readonly reason: "rank"; readonly rank: number; readonly cut: number };

/** What is blessed for one machine. */
export interface Effective {
  readonly blessed: RevisionId;
  readonly replaced: RevisionId | undefined;
  /** Names the blessing, for quarantines. Undefined if the pointer's state does not tell it. */
  readonly blessing: string | undefined;
  /** To be fetched and prepared, whether it is to run now or not. Undefined without a rollout. */
  readonly candidate?: Candidate;
  readonly waiting?: Waiting;
}

/** A staged rollout that is under way. */
export interface Staged {
  /** The candidate. */
  readonly next: Candidate;
  readonly rollout: Rollout;
}

/** Undefined if the pointer has no words of one, or if its candidate is the blessed revision. */
export function stagedIn(
  pointer: Pick<StagedPointer, "blessed" | "next" | "rollout"> | undefined,
): Staged | undefined {
  const { blessed, next, rollout } = pointer ?? {};
  if (next === undefined || rollout === undefined || next.id === blessed) return undefined;
  return { next, rollout };
}

/** What this machine is to take as blessed, by the table above. */
export function effective(pointer: StagedPointer, facts: EffectiveFacts): Effective {
  const { blessed, replaced, blessing } = pointer;
  const stable = { blessed, replaced, blessing };
  const staged = stagedIn(pointer);
  if (staged === undefined) return stable;
  const { next, rollout } = staged;
  const waiting = reasonToWait(rollout, { ...facts, next: next.id });
  if (waiting !== undefined) return { ...stable, candidate: next, waiting };
  return { blessed: next.id, replaced: blessed, blessing: rolloutName(rollout), candidate: next };
}

/** Whether the machine may take the candidate, as far as the pointer tells: others may be a reason to wait. */
export function isInByPointer({ candidate, waiting }: Effective): boolean {
  if (candidate === undefined) return false;
  return waiting === undefined || waiting.reason === "marks unknown" || waiting.reason === "turn";
}

function reasonToWait(
  rollout: Rollout,
  facts: EffectiveFacts & RolloutMember,
): Waiting | undefined {
  if (!facts.has) return { reason: "missing" };
  if (facts.quarantined) return { reason: "quarantined" };
  if (facts.active === facts.next) return undefined;
  if (!isIn(rollout, facts)) return reasonToBeOut(rollout, facts);
  if (facts.halted === true) return { reason: "halted" };
  const asksMarks = rollout.halt !== undefined || rollout.atOnce !== undefined;
  if (facts.halted === "unknown" && asksMarks) return { reason: "marks unknown" };
  return facts.turn === "waiting" ? { reason: "turn" } : undefined;
}

function reasonToBeOut(rollout: Rollout, facts: RolloutMember): Waiting {
  if (rollout.state === "paused") return { reason: "paused" };
  const rank = rankOf(facts.machine, { package: facts.package, id: rollout.id });
  return { reason: "rank", rank, cut: cutAt(rollout, facts.now) };
}
