/** Modes and mtimes, as a tree tells them. */
import type { TreeEntry } from "../../archive/tree/tree.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { isStoredMtime, setLinkMtime, setMtime } from "../../archive/write/mtime.ts";

/** All but hard links, which have none of their own. */
type Attributed = Exclude<TreeEntry, { readonly kind: "hardlink" }>;

/** Sets what differs. `info` tells how the entry at the path is now. Returns whether anything was set. */
export function setAttributes(place: string, entry: Attributed, info: Deno.FileInfo): boolean {
  const { mtime } = entry;
  // Not `hasMtime`: what a file system stores for another time may be what it is to become now.
  const setsMtime = mtime !== undefined && info.mtime?.getTime() !== mtime;
  const setsMode = entry.kind !== "symlink" && !hasMode(info, entry.mode);
  if (!setsMtime && !setsMode) return false;
  withShortPath(place, (path) => {
    if (setsMtime) {
      if (entry.kind === "symlink") setLinkMtime(path, mtime);
      else setMtime(path, mtime);
    }
    if (setsMode) Deno.chmodSync(path, entry.mode);
  });
  return true;
}

export function hasMode(info: Deno.FileInfo, mode: number): boolean {
  return ((info.mode ?? 0) & 0o7777) === mode;
}

/** @param mtime Unix milliseconds; undefined: any */
export function hasMtime(info: Deno.FileInfo, mtime: number | undefined): boolean {
  return mtime === undefined ||
    (info.mtime !== null && isStoredMtime(info.mtime.getTime(), mtime));
}
