/** Sets modification times, in seconds since 1970, as far as the runtime can set them. */
import { lutimesSync } from "node:fs";

/** Sets the mtime of a file or folder. */
export function setMtime(place: string, mtime: number | undefined): void {
  if (mtime === undefined) return;
  try {
    Deno.utimeSync(place, mtime, mtime);
  } catch (error) {
    // Deno 2.7, unlike 2.9, supports no fractions of a second before 1970.
    if (mtime >= 0 || Number.isInteger(mtime)) throw error;
    Deno.utimeSync(place, Math.floor(mtime), Math.floor(mtime));
  }
}

/** The last second since 1970 that a Date supports. File systems support fewer. */
const LAST_DATE = 8.64e12;

/**
 * Sets the mtime of a symlink itself. The runtime needs a Date for it: it takes a negative number
 * for now, and refuses a fraction of a second before 1970.
 */
export function setLinkMtime(place: string, mtime: number | undefined): void {
  if (mtime === undefined) return;
  const seconds = Math.max(-LAST_DATE, Math.min(LAST_DATE, mtime));
  const time = new Date((seconds < 0 ? Math.floor(seconds) : seconds) * 1000);
  lutimesSync(place, time, time);
}

/** The first and the last second since 1970 of file systems, which store those for times beyond. */
const LIMITS: readonly number[] = [
  ...[-(2 ** 31), 0, 2 ** 31 - 1, 2 ** 32 - 1], // 32 bits, signed or not
  15_032_385_535, // ext4
  16_299_260_424, // XFS
];

/**
 * Whether a file, folder or link that has this mtime got `mtime` from the functions above.
 *
 * @param found Unix milliseconds
 */
export function isMtimeOf(found: number, mtime: number): boolean {
  // The runtime cuts off what is less than a millisecond, of a number that may not be exact.
  if ([Math.floor, Math.trunc, Math.round].some((whole) => whole(mtime * 1000) === found)) {
    return true;
  }
  const seconds = found / 1000;
  if (mtime < 0 && seconds === Math.floor(mtime)) return true;
  const isBeyond = seconds < 2 ** 31 - 1 ? mtime < Math.min(0, seconds) : mtime > seconds;
  return isBeyond && LIMITS.includes(seconds);
}
