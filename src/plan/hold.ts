/**
 * Decides whether a hold is in force. A hold is a local jump away from the blessed revision, which
 * syncs respect.
 */
import type { RevisionId } from "../revision/names.ts";

/** A local jump away from the blessed revision, with what was blessed at that time. */
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
}

/** What decides whether a hold is in force. An absent value is undefined. */
export interface HoldFacts {
  readonly active: RevisionId | undefined;
  readonly blessed: RevisionId | undefined;
  /** The version of the pointer that names `blessed`. */
  readonly version: string | undefined;
  readonly blessing?: string | undefined;
  readonly hold: Hold | undefined;
}

/**
 * Whether a hold keeps the active revision active although another one is blessed. A pointer that is
 * rewritten with the same blessing does not end the hold.
 */
export function holdInForce(facts: HoldFacts): boolean {
  const { hold, blessed, active } = facts;
  return hold !== undefined && hold.id === active && active !== blessed &&
    hold.blessed === blessed && isSameBlessing(hold, facts);
}

/** What one of them does not know cannot be compared. The version is known to both. */
function isSameBlessing(hold: Hold, { version, blessing }: HoldFacts): boolean {
  if (hold.blessing === undefined || blessing === undefined) return hold.version === version;
  return hold.blessing === blessing;
}
