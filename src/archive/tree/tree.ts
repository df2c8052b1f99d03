/**
 * The tree of a revision: what unpacking leaves on the disk, entry by entry, as text.
 *
 * The text is canonical, so its SHA-256 names the tree. The first line is `ftl-tree 1`. Each entry
 * has a line, and the lines are sorted by the bytes of the paths:
 *
 *     f <mode octal> <mtime> <size> <sha256> <path>
 *     d <mode octal> <mtime> <path>
 *     l <mtime> <path> <target>
 *     h <path> <path of a file or symlink>
 *
 * Paths and targets are JSON strings. An mtime is in whole milliseconds since 1970, or `-` if the
 * archive does not tell it: see `storedMtime` in `../write/mtime.ts`. The revision's own folder has
 * the path "", and a line only if the archive has an entry for it.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { IntegrityError } from "../../errors.ts";
import { checkTree } from "./check_tree.ts";
import { formatLine, parseLine } from "./tree_line.ts";

/** What is at a path. `mtime` in Unix milliseconds, undefined if the archive does not tell it. */
export type TreeEntry =
  | {
    readonly kind: "file";
    readonly path: string;
    readonly mode: number;
    readonly mtime: number | undefined;
    /** Bytes. */
    readonly size: number;
    /** Of the content, in hex. */
    readonly sha256: string;
  }
  | {
    readonly kind: "folder";
    readonly path: string;
    readonly mode: number;
    readonly mtime: number | undefined;
  }
  | {
    readonly kind: "symlink";
    readonly path: string;
    readonly mtime: number | undefined;
    readonly target: string;
  }
  | {
    readonly kind: "hardlink";
    readonly path: string;
    /** The path of a file or symlink entry, which sorts before this one. */
    readonly target: string;
  };

/** An entry that has content. */
export type TreeFile = Extract<TreeEntry, { readonly kind: "file" }>;

export interface RevisionTree {
  /** Sorted by the bytes of the path. */
  readonly entries: readonly TreeEntry[];
}

/** A tree that exceeds one of these has no text, and so no delta. */
export const MAX_TREE_ENTRIES = 100_000;
export const MAX_TREE_BYTES = 32 << 20;

const HEAD = "ftl-tree 1";
const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The canonical text. The entries must be sorted. */
export function formatTree({ entries }: RevisionTree): Uint8Array<ArrayBuffer> {
  let text = `${HEAD}\n`;
  for (const entry of entries) text += `${formatLine(entry)}\n`;
  return encoder.encode(text);
}

/**
 * The tree of a text. Throws IntegrityError unless the text is canonical, within the bounds, and
 * could be unpacked by the rules of `../rules.ts`.
 */
export function parseTree(text: Uint8Array): RevisionTree {
  const tree = parseLines(text);
  if (!isSame(formatTree(tree), text)) throw damaged("a line is not in its canonical form");
  checkTree(tree.entries);
  return tree;
}

/**
 * The same for a text of which only the hash counts. Who uses its paths for more than to look at what is there must
 * check them: see `checkTree`. Throws IntegrityError if it is no tree.
 */
export function parseLines(text: Uint8Array): RevisionTree {
  if (text.length > MAX_TREE_BYTES) throw damaged("it is too large");
  const lines = linesOf(text);
  if (lines.shift() !== HEAD) {
    throw damaged("it is none, or of a version that this ftl does not know");
  }
  if (lines.length > MAX_TREE_ENTRIES + 1) throw damaged("it has too many entries");
  if (lines.pop() !== "") throw damaged("its last line is cut off");
  return { entries: lines.map(parseLine) };
}

/** The SHA-256 of a tree's text, in hex. */
export function hashTree(text: Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The compressed form of a tree's text, as it is stored: one zstd frame. */
export function packTree(text: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zstdCompressSync(text));
}

/** The text of the compressed form. Throws IntegrityError if it is damaged or too large. */
export function unpackTree(object: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(zstdDecompressSync(object, { maxOutputLength: MAX_TREE_BYTES }));
  } catch (error) {
    throw new IntegrityError("A tree cannot be decompressed", { cause: error });
  }
}

/** The lines, and what is after the last one. No more than is needed to see that they are too many. */
function linesOf(text: Uint8Array): string[] {
  try {
    return utf8.decode(text).split("\n", MAX_TREE_ENTRIES + 3);
  } catch {
    throw damaged("it is not UTF-8");
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function damaged(why: string): IntegrityError {
  return new IntegrityError(`The text of a tree is damaged: ${why}`);
}

/** Bytes of all files of the tree. A file with two names counts once. */
export function bytesOfTree({ entries }: RevisionTree): number {
  return entries.reduce((sum, entry) => entry.kind === "file" ? sum + entry.size : sum, 0);
}
