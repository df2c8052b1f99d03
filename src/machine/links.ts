/**
 * The links `current` and `previous`. They are relative, and rename(2) replaces them, so they are never
 * missing.
 */
import { StorageError } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { isRevisionId, type RevisionId } from "../revision/names.ts";
import { explainDiskError, systemCode } from "../disk_errors.ts";
import { freeTemporary, removeFile, syncDirectory } from "./disk/durable.ts";
import { type PackageDir, REVS } from "./package_dir.ts";

export type LinkName = "current" | "previous";

/**
 * The id that a link names. Undefined if there is no link, or if it leads elsewhere. Throws `StorageError` if
 * something other than a link is there.
 */
export function readLink(pkg: PackageDir, name: LinkName): RevisionId | undefined {
  const path = pkg[name];
  try {
    const [folder, id, ...more] = Deno.readLinkSync(path).replace(/\/+$/, "").split("/").slice(-2);
    if (folder !== REVS || id === undefined || more.length > 0) return undefined;
    return isRevisionId(id) ? id : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (systemCode(error) === "EINVAL") throw notALink(path);
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

/** Switches `previous`, then `current`, and flushes both. */
export function writeLinks(
  pkg: PackageDir,
  to: { current: RevisionId; previous?: RevisionId | undefined },
): void {
  // A crash between the two leaves `current` unchanged, and `previous` on a revision that is there.
  if (to.previous !== undefined) replaceLink(pkg, "previous", to.previous);
  faultPoint("previous-linked");
  replaceLink(pkg, "current", to.current);
  faultPoint("current-linked");
  try {
    syncDirectory(pkg.path);
  } catch (error) {
    throw explainDiskError(error, `Cannot flush ${pkg.path}`);
  }
}

/**
 * Puts both links back as they were before a jump, and flushes them. Without a `previous`, or if that is not
 * here any more, the link goes.
 */
export function restoreLinks(
  pkg: PackageDir,
  { current, previous }: { current: RevisionId; previous: RevisionId | undefined },
): void {
  restoreCurrent(pkg, current);
  if (previous !== undefined && pkg.has(previous)) replaceLink(pkg, "previous", previous);
  else if (readLink(pkg, "previous") !== undefined) removeFile(pkg.previous, { durable: false });
  try {
    syncDirectory(pkg.path);
  } catch (error) {
    throw explainDiskError(error, `Cannot flush ${pkg.path}`);
  }
}

/**
 * A link takes an inode, and the revision that the machine leaves may have used up all of them. `previous` is a
 * link to the same place mostly, and a rename takes none.
 */
function restoreCurrent(pkg: PackageDir, id: RevisionId): void {
  try {
    replaceLink(pkg, "current", id);
  } catch (error) {
    const isFull = error instanceof StorageError && error.reason === "full";
    if (!isFull || readLink(pkg, "previous") !== id) throw error;
    Deno.renameSync(pkg.previous, pkg.current);
  }
}

function replaceLink(pkg: PackageDir, name: LinkName, id: RevisionId): void {
  const path = pkg[name];
  try {
    const temporary = freeTemporary(`${pkg.own}/${name}`);
    // The target is relative to the link's final place, one folder above this one.
    Deno.symlinkSync(`${REVS}/${id}`, temporary);
    Deno.renameSync(temporary, path);
  } catch (error) {
    if (["EISDIR", "ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "")) throw notALink(path);
    throw explainDiskError(error, `Cannot replace the link ${path}`);
  }
}

function notALink(path: string): StorageError {
  return new StorageError(`${path} is not a link`, {
    hint: "FTL did not make this: move it away, then run the command again",
  });
}
