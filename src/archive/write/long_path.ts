/**
 * Handles paths that are too long for the system. An archive may have names of 4,096 bytes. With
 * the target folder in front, they exceed what a system call takes (PATH_MAX, 4,096 bytes with the
 * NUL at the end). A process can still reach such a path in steps, by changing its working
 * directory.
 *
 * The working directory belongs to the whole process. So it is changed back before anything else
 * can run: `step` is synchronous. FTL's other threads use only absolute paths.
 */

const PATH_MAX = 4096;
/** Each step goes forward by at most so many characters, each of which has at most three bytes. */
const STRIDE = 1000;

const encoder = new TextEncoder();

/**
 * Calls `step` with the absolute path `path`, or with a short path to the same place from the
 * working directory.
 */
export function withShortPath<T>(path: string, step: (path: string) => T): T {
  if (!isTooLong(path)) return step(path);
  const home = Deno.cwd();
  try {
    return step(approach(path));
  } finally {
    Deno.chdir(home);
  }
}

/**
 * Makes a hard link even if one path or both are too long. It uses `between`, a short path on the
 * same disk.
 */
export function linkByWayOf(between: string, { from, to }: { from: string; to: string }): void {
  if (!isTooLong(from) && !isTooLong(to)) return Deno.linkSync(from, to);
  withShortPath(from, (path) => Deno.linkSync(path, between));
  withShortPath(to, (path) => Deno.renameSync(between, path));
}

/** Whether a system call would refuse the path because of its length. */
export function isTooLong(path: string): boolean {
  return path.length * 3 >= PATH_MAX && encoder.encode(path).length >= PATH_MAX;
}

/** Changes into the folder of `path`, step by step, and returns the rest of the path. */
function approach(path: string): string {
  let rest = path;
  while (isTooLong(rest)) {
    const slash = rest.lastIndexOf("/", STRIDE);
    if (slash <= 0) break; // one name is longer than a step: the system refuses it
    Deno.chdir(rest.slice(0, slash));
    rest = rest.slice(slash + 1);
  }
  return rest;
}
