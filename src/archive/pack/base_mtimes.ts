/**
 * Keeps the mtimes of what has not changed since another revision, the base:
 *
 *     file       the base's file at that path has the same content and mode
 *     symlink    the base's symlink at that path has the same target
 *     folder     the base's folder at that path has the same names in it
 *
 * A fresh checkout has new mtimes everywhere. With this it gives the same bytes as the last one, and
 * web servers, which make ETags of mtimes, keep what browsers have cached.
 */
import type { RevisionTree, TreeEntry } from "../tree/tree.ts";
import type { FoundEntry } from "./walk.ts";

export class BaseMtimes {
  readonly #base = new Map<string, TreeEntry>();
  /** Folders that have the same names as the base's. */
  readonly #same = new Set<string>();

  /** @param base undefined: everything keeps the mtime that it has on the disk */
  constructor(base: RevisionTree | undefined, entries: readonly FoundEntry[]) {
    if (base === undefined) return;
    for (const entry of base.entries) this.#base.set(entry.path, entry);
    const before = namesByFolder(base.entries);
    for (const [folder, names] of namesByFolder(entries)) {
      if (before.get(folder) === names) this.#same.add(folder);
    }
  }

  /** Whether a file's mtime depends on its content. */
  dependsOnContent(entry: FoundEntry & { kind: "file" }): boolean {
    const base = this.#at(entry.path);
    return base?.kind === "file" && base.size === entry.size && base.mode === entry.mode;
  }

  /** Unix milliseconds. `sha256`: of a file's content, in hex. */
  of(entry: FoundEntry, sha256 = ""): number {
    const base = this.#at(entry.path);
    if (base === undefined || base.kind !== entry.kind) return entry.mtime;
    return this.#isSame(entry, { base, sha256 }) && "mtime" in base
      ? base.mtime ?? entry.mtime
      : entry.mtime;
  }

  /** Of a file's names, a tree may give the file to another one than the archive. */
  #at(path: string): TreeEntry | undefined {
    const entry = this.#base.get(path);
    return entry?.kind === "hardlink" ? this.#base.get(entry.target) : entry;
  }

  #isSame(entry: FoundEntry, { base, sha256 }: { base: TreeEntry; sha256: string }): boolean {
    switch (base.kind) {
      case "file":
        return base.mode === entry.mode && base.sha256 === sha256;
      case "symlink":
        return entry.kind === "symlink" && base.target === entry.target;
      case "folder":
        return this.#same.has(entry.path);
      default:
        return false;
    }
  }
}

/** The names in each folder, in their order, which is the same in a tree and in what was found. */
function namesByFolder(entries: readonly { path: string; kind: string }[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { path, kind } of entries) {
    if (path === "") continue;
    const slash = path.lastIndexOf("/");
    const folder = path.slice(0, Math.max(0, slash));
    names.set(folder, `${names.get(folder) ?? ""}/${path.slice(slash + 1)}`);
    if (kind === "folder" && !names.has(path)) names.set(path, "");
  }
  return names;
}
