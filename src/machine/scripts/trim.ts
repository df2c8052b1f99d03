/**
 * The logs of scripts as other commands look at them. One that a daemon still writes to, after the `ftl` that
 * followed it, is cut by the next one.
 */
import type { PackageDir } from "../package_dir.ts";

/** Bytes of a log, after which it is cut. */
export const FILE_LIMIT = 8 << 20;

/** The names of the logs in a folder; none where it cannot be read. */
export function logNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ isFile, name }) => isFile && /^[0-9]{8}T.*\.log$/.test(name))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** The path of the newest log; null if there is no log, or this user may not look for it. */
export function newestLog(pkg: PackageDir): string | null {
  const [newest] = logNames(pkg.logs).sort().reverse();
  return newest === undefined ? null : `${pkg.logs}/${newest}`;
}

/** Cuts logs that are too large. Nothing depends on it: it never throws. */
export async function trimLogs(pkg: PackageDir): Promise<void> {
  try {
    if (!Deno.lstatSync(pkg.logs).isDirectory) return;
    for (const name of logNames(pkg.logs)) {
      const path = `${pkg.logs}/${name}`;
      const { size, nlink } = Deno.lstatSync(path);
      // With another name it may be another user's: the package's folder may be the application's.
      if (size <= FILE_LIMIT || (nlink ?? 1) > 1) continue;
      const [{ cut }, { openSync, closeSync, constants }] = await Promise.all([
        import("./log.ts"),
        import("node:fs"),
      ]);
      const { O_RDWR, O_APPEND, O_NOFOLLOW } = constants;
      const fd = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW);
      try {
        cut(fd);
      } finally {
        closeSync(fd);
      }
    }
  } catch {
    // There is no folder, or somebody removed a file meanwhile.
  }
}
