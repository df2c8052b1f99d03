/**
 * Paths that are too long for the system. An archive may hold names of 4,096 bytes, and with the folder
 * that it is unpacked into in front they pass what a system call takes (PATH_MAX, 4,096 bytes with the
 * NUL at the end). A process can still get there in steps: by changing its working directory.
 *
 * That is the whole process's, so it is changed back before anything else can run: `step` is synchronous.
 * What FTL does on other threads uses absolute paths only.
 */

const PATH_MAX = 4096;
/** Characters to go forward at once, of three bytes at most. */
const STRIDE = 1000;

const encoder = new TextEncoder();

/** Calls `step` with `path`, an absolute one, or with what stands for it in the working directory. */
export function withShortPath<T>(path: string, step: (path: string) => T): T {
  if (!isTooLong(path)) return step(path);
  const home = Deno.cwd();
  try {
    return step(approach(path));
  } finally {
    Deno.chdir(home);
  }
}

/** A hard link where one path or both may be too long: by way of `between`, a short path on the same disk. */
export function linkByWayOf(between: string, { from, to }: { from: string; to: string }): void {
  if (!isTooLong(from) && !isTooLong(to)) return Deno.linkSync(from, to);
  withShortPath(from, (path) => Deno.linkSync(path, between));
  withShortPath(to, (path) => Deno.renameSync(between, path));
}

/** Whether a system call would refuse it for its length alone. */
export function isTooLong(path: string): boolean {
  return path.length * 3 >= PATH_MAX && encoder.encode(path).length >= PATH_MAX;
}

/** Changes into the folder of `path`, stride by stride, and returns what is left. */
function approach(path: string): string {
  let rest = path;
  while (isTooLong(rest)) {
    const slash = rest.lastIndexOf("/", STRIDE);
    if (slash <= 0) break; // one name of more than a stride: the system refuses it
    Deno.chdir(rest.slice(0, slash));
    rest = rest.slice(slash + 1);
  }
  return rest;
}
