/**
 * Decides whether a machine reports now. These are pure decisions. The first row that fits counts:
 *
 *     FTL_REPORT is 0 or not set                                  no
 *     it was denied less than ten minutes ago                     no
 *     no report was sent, or another machine sent it              yes
 *     it says something else than the last one                    yes
 *     the last one is older than `every`, spread by a fifth       yes
 *     the clock went back                                         yes
 *     else                                                        no
 *
 * The spread is always the same for a machine, so that a fleet that was started together does not report together.
 */
import { spreadOf } from "./poll.ts";

/** What a machine remembers of its reports: `$FTL_ROOT/.ftl/report.json`. */
export interface SentReport {
  /** Who sent it: a copied disk has the file of another machine. */
  readonly machine: string;
  /** Of the last report that was sent: `reportDigest`. Undefined if none was. */
  readonly digest: string | undefined;
  /** Unix milliseconds. */
  readonly sentAt: number | undefined;
  /** Unix milliseconds: when S3 denied a report, if that was the last answer. */
  readonly deniedAt: number | undefined;
  /** Unix milliseconds: when the user was warned of that. */
  readonly warnedAt: number | undefined;
}

export interface ReportFacts {
  /** `FTL_REPORT`, in seconds. */
  readonly every: number;
  readonly machine: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Of the report that could be sent now. */
  readonly digest: string;
  readonly last: SentReport | undefined;
}

/** Milliseconds. Each attempt costs as much as a report. */
const DENIED_PAUSE = 10 * 60_000;
/** Milliseconds. */
const WARN_EVERY = 60 * 60_000;

/** Whether the machine reports now. */
export function isReportDue({ every, machine, now, digest, last }: ReportFacts): boolean {
  if (every === 0) return false;
  if (last === undefined || last.machine !== machine) return true;
  if (last.deniedAt !== undefined && isWithin(DENIED_PAUSE, last.deniedAt, now)) return false;
  if (last.sentAt === undefined || last.digest !== digest) return true;
  const patience = every * 1000 * (0.8 + 0.4 * spreadOf(machine, ".report"));
  return !isWithin(patience, last.sentAt, now);
}

/** Whether the user is to be told that reports are denied. */
export function isWarningDue(last: SentReport | undefined, now: number): boolean {
  return last?.warnedAt === undefined || !isWithin(WARN_EVERY, last.warnedAt, now);
}

/** False also if the clock went back. */
function isWithin(time: number, since: number, now: number): boolean {
  return now >= since && now < since + time;
}
