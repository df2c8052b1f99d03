/**
 * The links `current` and `previous`. They are relative, and rename(2) replaces them, so `current` is never
 * missing.
 */
import { StorageError } from "../errors.ts";
import { faultPoint } from "../fault_point.ts";
import { isRevisionId, type RevisionId } from "../revision/names.ts";
import { explainDiskError, systemCode } from "../disk_errors.ts";
import { freeTemporary, madeChange, removeFile, syncDirectory } from "./disk/durable.ts";
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

/**
 * When a link was switched to its target: ISO 8601, UTC. A copy of a disk may have another time. Undefined if there is
 * no link.
 */
export function linkedSince(pkg: PackageDir, name: LinkName): string | undefined {
  try {
    return Deno.lstatSync(pkg[name]).mtime?.toISOString();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw explainDiskError(error, `Cannot read ${pkg[name]}`);
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
  flushLinks(pkg);
}

/**
 * Puts both links back as they were before a jump, and flushes them. Without a `previous`, or if that is not
 * here any more, the link goes. It needs no room on the disk, not even for one more link.
 */
export function restoreLinks(
  pkg: PackageDir,
  { current, previous }: { current: RevisionId; previous: RevisionId | undefined },
): void {
  if (!madeChange(() => replaceLink(pkg, "current", current))) moveToCurrent(pkg, current);
  if (previous !== undefined && pkg.has(previous)) replaceLink(pkg, "previous", previous);
  else if (readLink(pkg, "previous") !== undefined) removeFile(pkg.previous, { durable: false });
  flushLinks(pkg);
}

function flushLinks(pkg: PackageDir): void {
  try {
    syncDirectory(pkg.path);
  } catch (error) {
    throw explainDiskError(error, `Cannot flush ${pkg.path}`);
  }
}

/**
 * Makes `previous` the new `current`, for a disk that has no room for another link. The caller then makes
 * `previous` anew: what `current` was has made room for it.
 */
function moveToCurrent(pkg: PackageDir, id: RevisionId): void {
  if (readLink(pkg, "previous") !== id) return replaceLink(pkg, "current", id);
  try {
    Deno.renameSync(pkg.previous, pkg.current);
  } catch (error) {
    throw explainDiskError(error, `Cannot replace the link ${pkg.current}`);
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
