/**
 * Modification times: what FTL stores on the disk for what an archive tells, and whether that is
 * what is there.
 */
import { lutimesSync } from "node:fs";

/** The last second since 1970 that a Date supports. File systems support fewer. */
const LAST_DATE = 8.64e12;

export function storedMtime(mtime: number): number;
export function storedMtime(mtime: number | undefined): number | undefined;
/**
 * What FTL stores for an mtime of an archive: whole Unix milliseconds, because the runtime sets no
 * more of it. Before 1970 they are whole seconds: Deno 2.7, unlike 2.9, supports no fractions there.
 *
 * @param mtime seconds since 1970
 */
export function storedMtime(mtime: number | undefined): number | undefined {
  if (mtime === undefined) return undefined;
  const seconds = Math.max(-LAST_DATE, Math.min(LAST_DATE, mtime));
  return (seconds < 0 ? Math.floor(seconds) * 1000 : Math.trunc(seconds * 1000)) + 0; // never -0
}

/** Whether `storedMtime` can give these Unix milliseconds. */
export function canBeStored(stored: number): boolean {
  return Number.isSafeInteger(stored) && Math.abs(stored) <= LAST_DATE * 1000 &&
    (stored >= 0 || stored % 1000 === 0);
}

/**
 * Sets the mtime of a file or folder.
 *
 * @param stored of `storedMtime`. Undefined: the mtime stays as it is
 */
export function setMtime(place: string, stored: number | undefined): void {
  if (stored === undefined) return;
  const time = new Date(stored); // exact, unlike a number of seconds
  Deno.utimeSync(place, time, time);
}

/**
 * Sets the mtime of a symlink itself. The runtime takes a negative number for now, so it needs a
 * Date for that. But it turns a Date into seconds, and then cuts off what is less than a
 * millisecond of a number that is not exact. So a fraction gets some microseconds more.
 */
export function setLinkMtime(place: string, stored: number | undefined): void {
  if (stored === undefined) return;
  const time = stored % 1000 === 0 ? new Date(stored) : (stored + 0.004) / 1000;
  lutimesSync(place, time, time);
}

/** The first and the last second since 1970 of file systems, which store those for times beyond. */
const LIMITS: readonly number[] = [
  ...[-(2 ** 31), 0, 2 ** 31 - 1, 2 ** 32 - 1], // 32 bits, signed or not
  15_032_385_535, // ext4
  16_299_260_424, // XFS
];

/**
 * Whether a file, folder or link that has this mtime got `stored` from the functions above.
 *
 * @param found Unix milliseconds
 * @param stored Unix milliseconds of `storedMtime`
 */
export function isStoredMtime(found: number, stored: number): boolean {
  return found === stored || isLimitFor(found / 1000, stored / 1000);
}

/**
 * The same for an mtime as the archive tells it. FTL stored some a little differently before.
 *
 * @param found Unix milliseconds
 * @param mtime seconds since 1970
 */
export function isMtimeOf(found: number, mtime: number): boolean {
  // The runtime cuts off what is less than a millisecond, of a number that may not be exact.
  if ([Math.floor, Math.trunc, Math.round].some((whole) => whole(mtime * 1000) === found)) {
    return true;
  }
  return isStoredMtime(found, storedMtime(mtime)) || isLimitFor(found / 1000, mtime);
}

/** Whether a file system may have stored the limit `found` for a time beyond it, both in seconds. */
function isLimitFor(found: number, mtime: number): boolean {
  const isBeyond = found < 2 ** 31 - 1 ? mtime < Math.min(0, found) : mtime > found;
  return isBeyond && LIMITS.includes(found);
}
