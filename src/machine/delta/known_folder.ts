/** A revision's folder of which FTL knows what it was: its tree, and how its entries looked. */
import type { RevisionTree, TreeEntry } from "../../archive/tree/tree.ts";
import { IMPLIED_MODE } from "../../archive/write/folder_mode.ts";
import type { Sameness, StatRecord } from "./stat_record.ts";

/** Who owns what FTL makes. */
export interface Owner {
  readonly uid: number | null;
  readonly gid: number | null;
}

/** An entry, with its number in the record. */
export interface Numbered {
  readonly entry: TreeEntry;
  readonly index: number;
}

export class KnownFolder {
  readonly tree: RevisionTree;
  /** All but the folder itself, in their order. */
  readonly below: readonly TreeEntry[];
  /** The mode of the folder itself. */
  readonly mode: number;
  readonly #record: StatRecord | undefined;
  /** How many more names the tree gives a file or symlink. */
  readonly #names: ReadonlyMap<string, number>;

  /** @param record counts only if it is of this tree */
  constructor(readonly path: string, tree: RevisionTree, record: StatRecord | undefined) {
    this.tree = tree;
    this.below = entriesBelow(tree);
    this.mode = rootModeOf(tree);
    this.#record = record?.isOf(this.below) ? record : undefined;
    this.#names = moreNames(tree);
  }

  /** Whether it is known how its entries looked. */
  get isRecorded(): boolean {
    return this.#record !== undefined;
  }

  /**
   * How an entry looks now. An inode with more names than the tree gives it has changed: somebody else may write to it by
   * another name.
   */
  compare({ entry, index }: Numbered, info: Deno.FileInfo): Sameness {
    if (this.#record === undefined || !isKind(entry, info)) return "changed";
    if (entry.kind !== "folder" && info.nlink !== this.linksOf(entry)) return "changed";
    return this.#record.compare(index, info);
  }

  /** How many names the inode of an entry must have. */
  linksOf(entry: TreeEntry): number {
    return linksIn(this.#names, entry);
  }
}

/** How many names the tree gives the inodes that have several, beside the first, by their first path. */
export function moreNames({ entries }: RevisionTree): Map<string, number> {
  const names = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === "hardlink") names.set(entry.target, (names.get(entry.target) ?? 0) + 1);
  }
  return names;
}

export function linksIn(names: ReadonlyMap<string, number>, entry: TreeEntry): number {
  if (names.size === 0) return 1;
  return 1 + (names.get(entry.kind === "hardlink" ? entry.target : entry.path) ?? 0);
}

/** Whether it is a file, folder or symlink as the tree says. A hard link is another name of a file or a symlink. */
export function isKind({ kind }: TreeEntry, info: Deno.FileInfo): boolean {
  if (kind === "folder") return info.isDirectory;
  if (kind === "hardlink") return info.isFile || info.isSymlink;
  return kind === "file" ? info.isFile : info.isSymlink;
}

/** All but the revision's own folder. */
export function entriesBelow({ entries }: RevisionTree): readonly TreeEntry[] {
  return entries[0]?.path === "" ? entries.slice(1) : entries;
}

export function rootModeOf({ entries: [first] }: RevisionTree): number {
  return first?.path === "" && first.kind === "folder" ? first.mode : IMPLIED_MODE;
}

/**
 * Whether a folder is as FTL made it, apart from what is in it: nobody but its owner and his group may change that
 * while FTL is at work in it.
 */
export function isUntouched(info: Deno.FileInfo, mode: number, owner: Owner): boolean {
  const bits = (info.mode ?? 0) & 0o7777;
  return info.isDirectory && info.uid === owner.uid && info.gid === owner.gid && bits === mode &&
    (bits & 0o002) === 0;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
