/** Decides whether a tree that was read may be put on the disk: by the rules of archives, and in order. */
import { IntegrityError } from "../../errors.ts";
import { type Entry, type EntryKind, shown } from "../entry.ts";
import { Tree } from "../rules.ts";
import { comparePaths } from "./path_order.ts";
import { isPlainTree } from "./plain_tree.ts";
import { MAX_TREE_ENTRIES, type TreeEntry } from "./tree.ts";

const KINDS: Readonly<Record<TreeEntry["kind"], EntryKind>> = {
  file: "file",
  folder: "directory",
  symlink: "symlink",
  hardlink: "hardlink",
};

/** A path with an empty name, `.` or `..` in it. */
const LONGER = /(^|\/)\.{0,2}(\/|$)/;

/** Throws IntegrityError unless the entries are those of a tree that an archive can have. */
export function checkTree(entries: readonly TreeEntry[]): void {
  if (!isPlainTree(entries)) checkByRules(entries);
}

/** The rules of archives decide, and tell what is wrong. */
export function checkByRules(entries: readonly TreeEntry[]): void {
  const limits = { entries: MAX_TREE_ENTRIES, bytes: Number.MAX_SAFE_INTEGER };
  const tree = new Tree("a tree", limits);
  const links = new Set<string>();
  let before: string | undefined;
  for (const entry of entries) {
    const { path } = entry;
    if (before !== undefined && comparePaths(before, path) >= 0) refuse(path, "it is out of order");
    before = path;
    if (!path.isWellFormed()) refuse(path, "its path is not UTF-8");
    const { path: safe, parents } = tree.admit(entryOf(entry));
    if (safe !== path) refuse(path, "its path is not in its shortest form");
    if (parents.length > 0) refuse(path, "its folder is missing");
    if (entry.kind === "hardlink") {
      if (LONGER.test(entry.target)) refuse(path, "its target is not in its shortest form");
      if (links.has(entry.target)) refuse(path, "it is a hard link to a hard link");
      links.add(path);
    } else if (entry.kind === "symlink" && !entry.target.isWellFormed()) {
      refuse(path, "its target is not UTF-8");
    } else if (path === "" && entry.kind === "folder" && (entry.mode & 0o700) !== 0o700) {
      refuse(path, "it denies its owner");
    }
  }
}

function entryOf(entry: TreeEntry): Entry {
  return {
    name: entry.path === "" ? "." : entry.path,
    kind: KINDS[entry.kind],
    mode: 0,
    mtime: undefined,
    size: entry.kind === "file" ? entry.size : 0,
    target: "target" in entry ? entry.target : "",
  };
}

function refuse(path: string, why: string): never {
  throw new IntegrityError(`Refused ${shown(path)} in a tree: ${why}`);
}
