/** A hold: a local jump away from the blessed revision, which syncs respect. */

/** A local choice away from the blessed revision, and what was blessed when it was made. */
export interface Hold {
  readonly id: string;
  readonly blessed: string | undefined;
  /** Of the pointer that said so: the same revision may be blessed anew, after another one. */
  readonly version: string | undefined;
}

/** What decides whether a hold is in force. All ids; what is not there is undefined. */
export interface HoldFacts {
  readonly active: string | undefined;
  readonly blessed: string | undefined;
  /** Of the pointer that says so. */
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
