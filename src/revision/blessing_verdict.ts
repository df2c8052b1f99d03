/** What FTL found of the signatures of a pointer. Machines keep it and report it; `src/trust/` finds it. */

/**
 * - `trusted`: enough people who may bless have signed it, and it is the newest that this machine has seen.
 * - `unsigned`: nobody has signed it.
 * - `refused`: no signature counts.
 * - `too-few`: fewer people than `FTL_TRUST_THRESHOLD` have signed it.
 * - `too-old`: it is from before `FTL_TRUST_SINCE`.
 * - `from-the-future`: its time is more than a day ahead of this machine's clock.
 * - `older`: this machine has obeyed a newer one.
 * - `another`: this machine has obeyed one of the same time that says something else.
 */
export const BLESSING_VERDICTS = [
  "trusted",
  "unsigned",
  "refused",
  "too-few",
  "too-old",
  "from-the-future",
  "older",
  "another",
] as const;
/** One of these. */
export type BlessingVerdict = typeof BLESSING_VERDICTS[number];

/** Undefined if it is none, or one of a later version of FTL. */
export function readBlessingVerdict(text: string | undefined): BlessingVerdict | undefined {
  return BLESSING_VERDICTS.find((verdict) => verdict === text);
}

/** What to do about `too-few`. */
export const SIGN_TOO = "Another person signs it, too, by the same 'ftl jump --master'";
