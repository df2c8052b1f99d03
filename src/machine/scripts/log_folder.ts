/**
 * The folder with the logs of scripts, for commands that run none: the names of the logs, and their size. A
 * daemon may go on writing to a log after its `ftl` has ended. Then the next `ftl` cuts that log.
 */
import type { PackageDir } from "../package_dir.ts";

/** Bytes. A log that is longer is cut. */
export const FILE_LIMIT = 8 << 20;

/** The names of the logs in a folder. Empty if the folder cannot be read. */
export function logNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ isFile, name }) => isFile && /^[0-9]{8}T.*\.log$/.test(name))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** The path of the newest log. Undefined if there is no log, or if this user may not look for it. */
export function newestLog(pkg: PackageDir): string | undefined {
  const [newest] = logNames(pkg.logs).sort().reverse();
  return newest === undefined ? undefined : `${pkg.logs}/${newest}`;
}

/** Cuts logs that are too large. Nothing depends on it, so it never throws. */
export async function trimLogs(pkg: PackageDir): Promise<void> {
  try {
    if (!Deno.lstatSync(pkg.logs).isDirectory) return;
    for (const name of logNames(pkg.logs)) {
      const path = `${pkg.logs}/${name}`;
      const { size, nlink } = Deno.lstatSync(path);
      // A file with a second name may belong to another user: the package's folder may be the application's.
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
