/** A hold: a local jump away from the blessed revision, which syncs respect. */
import type { RevisionId } from "../revision/names.ts";

/** A local choice away from the blessed revision, and what was blessed when it was made. */
export interface Hold {
  readonly id: RevisionId;
  readonly blessed: RevisionId | undefined;
  /** The version of the pointer that said so: the same revision may be blessed anew, after another one. */
  readonly version: string | undefined;
}

/** What decides whether a hold is in force. What is not there is undefined. */
export interface HoldFacts {
  readonly active: RevisionId | undefined;
  readonly blessed: RevisionId | undefined;
  /** The version of the pointer that says so. */
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
