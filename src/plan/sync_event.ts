/** Decides whether the sync of a package is worth a notification, and what it is called. */

/** What happened to a package. */
export const SYNC_EVENTS = [
  "rolled-back",
  "quarantined",
  "failed",
  "recovered",
  "activated",
] as const;
export type SyncEvent = typeof SYNC_EVENTS[number];

export interface SyncNews {
  readonly hasActivated: boolean;
  readonly hasRolledBack: boolean;
  /** Whether the blessed revision is in quarantine, and since when. */
  readonly quarantine: "new" | "known" | undefined;
  /** The messages of the failures. That of a known quarantine is left out. */
  readonly failures: readonly string[];
  /** The first failure's message of the last sync. */
  readonly lastFailure: string | undefined;
  /** Whether the next sync will know how this one ended. If not, it would tell the same again. */
  readonly isRemembered: boolean;
}

/**
 * The first line that fits counts. Undefined: nothing is worth a notification, as after most syncs.
 *
 *     rolled-back   the health of a revision failed, and the machine went back
 *     quarantined   a rollback that was cut short before has ended now
 *     failed        the first failure is another one than that of the last sync
 *     recovered     the last sync failed, this one did not
 *     activated     a revision became active
 */
export function syncEventOf(news: SyncNews): SyncEvent | undefined {
  const { failures: [failure], lastFailure, quarantine, isRemembered } = news;
  if (news.hasRolledBack) return "rolled-back";
  if (quarantine === "new") return "quarantined";
  if (isRemembered && failure !== undefined && !isSameFailure(failure, lastFailure)) {
    return "failed";
  }
  const isWell = failure === undefined && quarantine === undefined;
  if (isRemembered && isWell && lastFailure !== undefined) return "recovered";
  return news.hasActivated ? "activated" : undefined;
}

/** Numbers differ from sync to sync: seconds, attempts, processes. The ids of revisions are no numbers. */
export function isSameFailure(now: string, last: string | undefined): boolean {
  const withoutNumbers = (text: string): string => text.replace(/\b\d+(\.\d+)?\b/g, "#");
  return last !== undefined && withoutNumbers(now) === withoutNumbers(last);
}
