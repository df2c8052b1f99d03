/** Takes the tree of an archive during its check. */
import { createHash, type Hash } from "node:crypto";
import type { EntryWatcher } from "../check.ts";
import type { Entry } from "../entry.ts";
import { parentOf, safePath } from "../paths/safe_path.ts";
import { ROOT } from "../paths/path_table.ts";
import { folderMode, IMPLIED_MODE } from "../write/folder_mode.ts";
import { storedMtime } from "../write/mtime.ts";
import { ContentKeeper } from "./content_keeper.ts";
import type { ContentStore } from "./content_store.ts";
import { sortPaths } from "./path_order.ts";
import {
  formatTree,
  MAX_TREE_BYTES,
  MAX_TREE_ENTRIES,
  type RevisionTree,
  type TreeEntry,
} from "./tree.ts";

interface TakerOptions {
  /** Asked when a file's content is complete. If true, the store keeps its bytes. */
  readonly keep?: ((sha256: string) => boolean) | undefined;
  readonly store?: ContentStore | undefined;
}

/** A file or symlink, as an inode on the disk: hard links make it one at several paths. */
interface Inode {
  readonly kind: "file" | "symlink";
  readonly mode: number;
  readonly mtime: number | undefined;
  size: number;
  sha256: string;
  readonly target: string;
}

type Node = Inode | {
  readonly kind: "folder";
  readonly mode: number;
  readonly mtime: number | undefined;
};

const IMPLIED: Node = { kind: "folder", mode: IMPLIED_MODE, mtime: undefined };

/** A line without paths has at most so many bytes. A UTF-16 unit takes at most six in JSON. */
const LONGEST_REST = 150;
const LONGEST_UNIT = 6;

/**
 * Follows what unpacking the same entries leaves on the disk: later entries replace earlier ones,
 * and a hard link keeps the content that it was made for. Contents are hashed as they come.
 *
 * When the tree exceeds the bounds of a tree's text, it forgets everything and does nothing more.
 */
export class TreeTaker implements EntryWatcher {
  readonly #nodes = new Map<string, Node>();
  readonly #keeper: ContentKeeper | undefined;
  /** UTF-16 units of all paths and targets. */
  #units = 0;
  #isOver = false;
  /** Its folder is known, and so are those of the paths beside it. */
  #lastParent = "";
  #file: Inode | undefined;
  /** The file's bytes, if they are told before. */
  #size: number | undefined;
  #hash: Hash | undefined;

  constructor({ keep, store }: TakerOptions = {}) {
    if (keep !== undefined && store !== undefined) this.#keeper = new ContentKeeper(store, keep);
  }

  begin(entry: Entry, path: string): void {
    this.#finish();
    if (this.#isOver) return;
    this.#addParents(path);
    const node = this.#nodeOf(entry, path);
    if (node === undefined) return;
    this.#add(path, node, entry.kind === "symlink" ? entry.target.length : path.length);
    if (node.kind !== "file" || entry.kind !== "file") return;
    this.#file = node;
    this.#size = entry.size;
  }

  data(piece: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    file.size += piece.length;
    if (piece.length === this.#size) {
      file.sha256 = sha256Of(piece);
      this.#keeper?.whole(file.sha256, piece);
      this.#file = undefined;
    } else {
      this.#hash ??= createHash("sha256");
      this.#hash.update(piece);
      this.#keeper?.add(piece);
    }
  }

  end(): void {
    this.#finish();
  }

  /**
   * The tree, which it forgets: call it once, after `end`. Undefined if the tree exceeds the bounds
   * of a tree's text.
   */
  tree(): RevisionTree | undefined {
    if (this.#isOver) return undefined;
    const firsts = new Map<Inode, string>();
    const entries = sortPaths([...this.#nodes.keys()]).map((path) => this.#entryOf(path, firsts));
    this.#giveUp();
    const longest = this.#units * LONGEST_UNIT + entries.length * LONGEST_REST;
    const isSmall = longest < MAX_TREE_BYTES || formatTree({ entries }).length <= MAX_TREE_BYTES;
    return isSmall ? { entries } : undefined;
  }

  /** What the entry makes. Undefined if it changes nothing. */
  #nodeOf(entry: Entry, path: string): Node | undefined {
    const { kind } = entry;
    const mode = entry.mode & 0o777;
    const mtime = storedMtime(entry.mtime);
    if (kind === "directory") {
      return { kind: "folder", mode: path === "" ? folderMode(ROOT, mode) : mode, mtime };
    }
    if (kind !== "hardlink") {
      return { kind, mode, mtime, size: 0, sha256: "", target: entry.target };
    }
    const target = safePath(entry.target, unexpected);
    return target === path ? undefined : this.#nodes.get(target);
  }

  /** Adds the folders of a path that have no entry of their own. */
  #addParents(path: string): void {
    const parent = parentOf(path);
    if (parent === this.#lastParent) return;
    this.#lastParent = parent;
    for (let at = parent; at !== "" && !this.#nodes.has(at); at = parentOf(at)) {
      this.#add(at, IMPLIED, 0);
    }
  }

  #add(path: string, node: Node, units: number): void {
    this.#nodes.set(path, node);
    this.#units += path.length + units;
    // A path that is taken stays taken. So what is too much now is too much at the end.
    if (this.#nodes.size > MAX_TREE_ENTRIES) this.#giveUp();
    // Those that were replaced count too. An archive that has so many more of them needs no delta.
    if (this.#units > 2 * MAX_TREE_BYTES) this.#giveUp();
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#nodes.clear();
  }

  #finish(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    file.sha256 = this.#hash?.digest("hex") ?? sha256Of(new Uint8Array());
    this.#hash = undefined;
    this.#keeper?.end(file.sha256);
  }

  /** @param firsts the paths of the inodes whose entries are made */
  #entryOf(path: string, firsts: Map<Inode, string>): TreeEntry {
    const node = this.#nodes.get(path) ?? IMPLIED;
    const { kind, mode, mtime } = node;
    if (kind === "folder") return { kind, path, mode, mtime };
    const target = firsts.get(node);
    if (target !== undefined) return { kind: "hardlink", path, target };
    firsts.set(node, path);
    if (kind === "symlink") return { kind, path, mtime, target: node.target };
    return { kind, path, mode, mtime, size: node.size, sha256: node.sha256 };
  }
}

function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function unexpected(why: string): never {
  throw new Error(`The rules admitted a hard link although ${why}`);
}
