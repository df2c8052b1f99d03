/** Names for programs, one on a line. */

/** A revision, as a listing for programs shows it. */
export interface MarkedRevision {
  readonly revision: string;
  readonly active: boolean;
  readonly rolloutPercent?: number | undefined;
}

/** The active revision has the mark of the Go original. */
export function nameLine({ revision, active, rolloutPercent }: MarkedRevision): string {
  const isRollingOut = rolloutPercent !== undefined;
  return `${revision}${active ? "\t(active)" : ""}${isRollingOut ? "\t(rolling out)" : ""}`;
}
