/** Folders that FTL makes in a package's folder, where links are not followed. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { StorageError } from "../../errors.ts";

/**
 * Makes a folder for FTL if it is missing. The package's folder and the modes in the revision decide who may
 * read a revision: a web server and another user's `ftl list` must reach it, even under the umask of a hardened
 * unit. An existing folder stays as it is.
 */
export function makeFolder(path: string): void {
  // The folder nearly always exists, and an error takes longer than a look.
  if (kindOf(path) === "folder") return;
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    Deno.chmodSync(path, 0o755);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw explainDiskError(error, `Cannot make ${path}`);
    }
    requireNoLink(path);
    if (kindOf(path) === "folder") return;
    throw new StorageError(`${path} is not a folder`, {
      hint: "FTL did not make this: move it away, then run the command again",
    });
  }
}

/** Throws `StorageError` if the path, which lies in a package's folder, is a link. */
export function requireNoLink(path: string): void {
  if (kindOf(path) !== "link") return;
  throw new StorageError(`${path} is a link, and FTL follows none in a package's folder`, {
    hint:
      "Remove it. To keep a package on another disk, put its whole folder there and link to that",
  });
}

/** Whether a folder is at the path, or a link leads to one. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** What is at a path; links are not followed. Undefined if nothing is there. */
export function kindOf(path: string): "folder" | "file" | "link" | "other" | undefined {
  try {
    const { isDirectory, isFile, isSymlink } = Deno.lstatSync(path);
    return isDirectory ? "folder" : isFile ? "file" : isSymlink ? "link" : "other";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
