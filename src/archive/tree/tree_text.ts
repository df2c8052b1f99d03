/**
 * The text of a tree, of which lines are read only when they are asked for: of two trees most lines are the same, and
 * to read a line takes longer than to compare it.
 */
import { Buffer } from "node:buffer";
import { safePath } from "../paths/safe_path.ts";
import { comparePaths } from "./path_order.ts";
import {
  damagedTree,
  MAX_TREE_BYTES,
  MAX_TREE_ENTRIES,
  type RevisionTree,
  TREE_HEAD,
  type TreeEntry,
} from "./tree.ts";
import { parseLine } from "./tree_line.ts";

/** Lines that are compared at once. */
const MOST_COMPARED = 1024;
const NEWLINE = 10;
/** `f <mode> <mtime> <size> <sha256> <path>` is the line of a file. */
const FILE = 0x66;
const SPACE = 0x20;
const WORDS_BEFORE_HASH = 4;
const HASH_LENGTH = 64;
const latin1 = new TextDecoder("latin1");
const head = new TextEncoder().encode(`${TREE_HEAD}\n`);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class TreeText {
  readonly bytes: Uint8Array;
  /** How many lines it has, without the first one. */
  readonly count: number;
  /** Where each line begins, and where the last one ends. */
  readonly #starts: Uint32Array;

  /** Throws IntegrityError if the text is none of a tree, or out of bounds. Its lines may be anything. */
  constructor(bytes: Uint8Array) {
    if (bytes.length > MAX_TREE_BYTES) throw damagedTree("it is too large");
    if (!head.every((byte, i) => byte === bytes[i])) {
      throw damagedTree("it is none, or of a version that this ftl does not know");
    }
    if (bytes.at(-1) !== NEWLINE) throw damagedTree("its last line is cut off");
    this.bytes = bytes;
    const starts = new Uint32Array(MAX_TREE_ENTRIES + 1);
    let count = 0;
    for (let at = head.length; at < bytes.length; at = bytes.indexOf(NEWLINE, at) + 1) {
      if (count === MAX_TREE_ENTRIES) throw damagedTree("it has too many entries");
      starts[count++] = at;
    }
    starts[count] = bytes.length;
    this.count = count;
    this.#starts = starts.slice(0, count + 1);
  }

  /** The first line, with its end. */
  get head(): Uint8Array {
    return this.bytes.subarray(0, head.length);
  }

  /** The lines from one to another, each with its end. */
  lines(from: number, to: number): Uint8Array {
    return this.bytes.subarray(this.#start(from), this.#start(to));
  }

  /** The entry of a line. Throws IntegrityError if it has none. */
  entry(line: number): TreeEntry {
    let text: string;
    try {
      text = utf8.decode(this.bytes.subarray(this.#start(line), this.#start(line + 1) - 1));
    } catch {
      throw damagedTree("it is not UTF-8");
    }
    return parseLine(text);
  }

  /** The SHA-256 of all contents of files. A line that is none of a tree's adds nothing, or what no content has. */
  contents(): Set<string> {
    const found = new Set<string>();
    for (let line = 0; line < this.count; line++) {
      if (this.bytes[this.#start(line)] !== FILE) continue;
      // No further than the line: in what is none of a tree's, the next space may be far away.
      const bytes = this.lines(line, line + 1);
      let at = 0;
      for (let word = 0; word < WORDS_BEFORE_HASH; word++) at = bytes.indexOf(SPACE, at) + 1;
      found.add(latin1.decode(bytes.subarray(at, at + HASH_LENGTH)));
    }
    return found;
  }

  /** How many lines from one on are the same as those of another tree, up to a number that is not for the caller. */
  countSame(
    line: number,
    { other, at }: { readonly other: TreeText; readonly at: number },
  ): number {
    let count = Math.min(MOST_COMPARED, this.count - line, other.count - at);
    // One call for many lines takes as long as one for a line.
    while (count > 0 && !isEqual(this.lines(line, line + count), other.lines(at, at + count))) {
      count >>= 1;
    }
    return count;
  }

  #start(line: number): number {
    return this.#starts[line] ?? 0;
  }
}

/** The entries of a tree, and what another tree has in their place. */
export interface MatchedTree {
  readonly tree: RevisionTree;
  /** For each entry the one with the same path in the other tree. */
  readonly matches: readonly (TreeEntry | undefined)[];
}

/**
 * Reads a tree that has most of its lines in common with another one, which was checked. Throws IntegrityError unless
 * its entries are in order and their paths safe. A path may lead through what is no folder.
 */
export function readLike(
  text: TreeText,
  other: { readonly text: TreeText; readonly tree: RevisionTree },
): MatchedTree {
  const entries: TreeEntry[] = [];
  const matches: (TreeEntry | undefined)[] = [];
  let at = 0;
  const add = (entry: TreeEntry, match: TreeEntry | undefined): void => {
    const before = entries.at(-1);
    if (before !== undefined && comparePaths(before.path, entry.path) >= 0) {
      throw damagedTree("it is out of order");
    }
    entries.push(entry);
    matches.push(match);
  };
  while (entries.length < text.count) {
    const count = text.countSame(entries.length, { other: other.text, at });
    const same = other.tree.entries.slice(at, at + count);
    at += count;
    // Among themselves they are in order, as they are in the other tree.
    same.splice(0, 1).forEach((entry) => add(entry, entry));
    for (const entry of same) {
      entries.push(entry);
      matches.push(entry);
    }
    if (count > 0) continue;
    const entry = checked(text.entry(entries.length));
    let match = other.tree.entries[at];
    while (match !== undefined && comparePaths(match.path, entry.path) < 0) {
      match = other.tree.entries[++at];
    }
    const isThere = match?.path === entry.path;
    if (isThere) at++;
    add(entry, isThere ? match : undefined);
  }
  return { tree: { entries }, matches };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function checked(entry: TreeEntry): TreeEntry {
  const refuse = (why: string): never => {
    throw damagedTree(why);
  };
  if (safePath(entry.path, refuse) !== entry.path) refuse("a path is not in its shortest form");
  return entry;
}
