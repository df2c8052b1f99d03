/**
 * Decides fast that most trees may be put on the disk. The rules of archives, `../rules.ts`, are for every order of entries
 * and every path. A tree is sorted, so that a folder comes before what is in it, and most of its paths are plain.
 */
import { MAX_TREE_ENTRIES, type TreeEntry } from "./tree.ts";

/** Characters of a path or a target. No more bytes than a name may have, if each is one byte; far less than a path's. */
const LONGEST = 255;

const [SLASH, DOT, FIRST, LAST] = [0x2f, 0x2e, 0x20, 0x7e];

/**
 * Whether it is certain that the rules admit all of them. False says nothing. It knows files, folders and links with ASCII
 * names, which are sorted, each below folders that have an entry.
 */
export function isPlainTree(entries: readonly TreeEntry[]): boolean {
  if (entries.length > MAX_TREE_ENTRIES) return false;
  const folders = new Set([""]);
  let folder = "";
  let before: string | undefined;
  let bytes = 0;
  let linked: ReadonlySet<string> | undefined;
  for (const entry of entries) {
    const { path, kind } = entry;
    if (path === "") {
      // It is the first one, or out of order.
      if (before !== undefined || kind !== "folder" || (entry.mode & 0o700) !== 0o700) return false;
      before = path;
      continue;
    }
    // Of ASCII names the order of UTF-16 units is that of the bytes.
    if (!isPlainPath(path) || (before !== undefined && before >= path)) return false;
    before = path;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (parent !== folder && !folders.has(parent)) return false;
    folder = parent;
    if (kind === "folder") folders.add(path);
    else if (kind === "symlink") {
      if (!isPlainTarget(entry.target)) return false;
    } else if (kind === "hardlink") {
      // What sorts before is earlier.
      if (entry.target >= path || !(linked ??= linkable(entries)).has(entry.target)) return false;
    }
    if (kind === "file" && (bytes += entry.size) > Number.MAX_SAFE_INTEGER) return false;
  }
  return true;
}

/** The paths that a hard link may lead to. */
function linkable(entries: readonly TreeEntry[]): Set<string> {
  const paths = new Set<string>();
  for (const { kind, path } of entries) if (kind === "file" || kind === "symlink") paths.add(path);
  return paths;
}

/** Short, of printable ASCII, and each of its parts is a name, not empty, `.` or `..`. */
function isPlainPath(path: string): boolean {
  const { length } = path;
  if (length === 0 || length > LONGEST) return false;
  let start = 0;
  for (let i = 0; i <= length; i++) {
    const unit = i === length ? SLASH : path.charCodeAt(i);
    if (unit < FIRST || unit > LAST) return false;
    if (unit !== SLASH) continue;
    const size = i - start;
    const isDots = path.charCodeAt(start) === DOT &&
      (size === 1 || (size === 2 && path.charCodeAt(start + 1) === DOT));
    if (size === 0 || isDots) return false;
    start = i + 1;
  }
  return true;
}

function isPlainTarget(target: string): boolean {
  if (target.length === 0 || target.length > LONGEST) return false;
  for (let i = 0; i < target.length; i++) {
    const unit = target.charCodeAt(i);
    if (unit < FIRST || unit > LAST) return false;
  }
  return true;
}
