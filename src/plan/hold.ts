/**
 * Decides whether a hold is in force. A hold is a local jump away from what a sync would activate,
 * which syncs respect. During a staged rollout that may be a jump to the blessed revision itself: it
 * holds against the candidate, and ends with the rollout.
 *
 *     held one is   what is blessed, and      the rollout is still   it is
 *     active        its blessing, as before   the same one
 *     no            -                         -                      over
 *     yes           no                        -                      over
 *     yes           yes                       -                      in force, if another one is blessed
 *     yes           yes                       no                     over, if it is the blessed one
 *     yes           yes                       yes                    in force
 */
import type { RevisionId } from "../revision/names.ts";

/** A local jump, with what was blessed at that time. */
export interface Hold {
  readonly id: RevisionId;
  readonly blessed: RevisionId | undefined;
  /**
   * The version of the pointer at that time. It tells if the same revision was blessed again after
   * another. FTL 0.1.0 knows only this.
   */
  readonly version: string | undefined;
  /** The name of the blessing at that time: `blessingName` of `src/revision/pointer.ts`. */
  readonly blessing?: string | undefined;
  /** The name of the rollout that was under way: `rolloutName` of `src/revision/rollout.ts`. */
  readonly rollout?: string | undefined;
}

/** What decides whether a hold is in force. An absent value is undefined. */
export interface HoldFacts {
  readonly active: RevisionId | undefined;
  readonly blessed: RevisionId | undefined;
  /** The version of the pointer that names `blessed`. */
  readonly version: string | undefined;
  readonly blessing?: string | undefined;
  /** The name of the rollout that is under way. */
  readonly rollout?: string | undefined;
  readonly hold: Hold | undefined;
}

/**
 * Whether a hold keeps the active revision active although another one is blessed, or is being rolled
 * out. A pointer that is rewritten with the same blessing does not end the hold.
 */
export function holdInForce(facts: HoldFacts): boolean {
  const { hold, blessed, active, rollout } = facts;
  if (hold === undefined || hold.id !== active || hold.blessed !== blessed) return false;
  const isAgainst = active !== blessed || (rollout !== undefined && hold.rollout === rollout);
  return isAgainst && isSameBlessing(hold, facts);
}

/** What one of them does not know cannot be compared. The version is known to both. */
function isSameBlessing(hold: Hold, { version, blessing }: HoldFacts): boolean {
  if (hold.blessing === undefined || blessing === undefined) return hold.version === version;
  return hold.blessing === blessing;
}
