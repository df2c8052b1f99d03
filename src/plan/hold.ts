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
   * another.
   */
  readonly version: string | undefined;
}

/** What decides whether a hold is in force. An absent value is undefined. */
export interface HoldFacts {
  readonly active: RevisionId | undefined;
  readonly blessed: RevisionId | undefined;
  /** The version of the pointer that names `blessed`. */
  readonly version: string | undefined;
  readonly hold: Hold | undefined;
}

/** Whether a hold keeps the active revision active although another one is blessed. */
export function holdInForce(
  { hold, blessed, version, active }: HoldFacts,
): boolean {
  return hold !== undefined && hold.id === active && active !== blessed &&
    hold.blessed === blessed && hold.version === version;
}
