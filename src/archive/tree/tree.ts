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
import { createHash } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { IntegrityError } from "../../errors.ts";
import { checkTree } from "./check_tree.ts";
import { joined } from "../joined.ts";
import { formatLine, parseLine, parseUsualFile } from "./tree_line.ts";

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

/** The first line of the text. */
export const TREE_HEAD = "ftl-tree 1";
const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** So many lines are encoded together: the strings of all lines at once would take much memory. */
const LINES = 256;

/** The canonical text. The entries must be sorted. */
export function formatTree({ entries }: RevisionTree): Uint8Array<ArrayBuffer> {
  const pieces = [encoder.encode(`${TREE_HEAD}\n`)];
  for (let at = 0; at < entries.length; at += LINES) {
    let text = "";
    for (const entry of entries.slice(at, at + LINES)) text += `${formatLine(entry)}\n`;
    pieces.push(encoder.encode(text));
  }
  return joined(pieces);
}

/**
 * The tree of a text. Throws IntegrityError unless the text is canonical, within the bounds, and
 * could be unpacked by the rules of `../rules.ts`.
 */
export function parseTree(text: Uint8Array): RevisionTree {
  const tree = linesOfTree(text, (entry, line) => {
    if (formatLine(entry) !== line) throw damagedTree("a line is not in its canonical form");
  });
  checkTree(tree.entries);
  return tree;
}

/** Line by line: an array of all lines takes several times the text. */
function linesOfTree(
  text: Uint8Array,
  check?: (entry: TreeEntry, line: string) => void,
): RevisionTree {
  if (text.length > MAX_TREE_BYTES) throw damagedTree("it is too large");
  const decoded = decode(text);
  if (!decoded.startsWith(`${TREE_HEAD}\n`)) {
    throw damagedTree("it is none, or of a version that this ftl does not know");
  }
  if (!decoded.endsWith("\n")) throw damagedTree("its last line is cut off");
  const entries: TreeEntry[] = [];
  for (let at = TREE_HEAD.length + 1; at < decoded.length;) {
    if (entries.length === MAX_TREE_ENTRIES) throw damagedTree("it has too many entries");
    const end = decoded.indexOf("\n", at);
    const entry = parseUsualFile(decoded, at) ?? parseLine(decoded.slice(at, end));
    check?.(entry, decoded.slice(at, end));
    entries.push(entry);
    at = end + 1;
  }
  return { entries };
}

/**
 * The same for a text of which the hash is known, and so the form does not count. Throws IntegrityError if it is no
 * tree, or could not be unpacked by the rules of `../rules.ts`.
 */
export function parseSafe(text: Uint8Array): RevisionTree {
  const tree = linesOfTree(text);
  checkTree(tree.entries);
  return tree;
}

/** The SHA-256 of a tree's text, in hex. */
export function hashTree(text: Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Half of a tree is hashes, which no level makes smaller: others take twice the time. */
const FAST = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Bytes. Most trees are made in one piece. */
const CHUNK = 1 << 22;

/** The compressed form of a tree's text, as it is stored: one zstd frame. */
export function packTree(text: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zstdCompressSync(text, { chunkSize: CHUNK, params: FAST }));
}

/** The text of the compressed form. Throws IntegrityError if it is damaged or too large. */
export function unpackTree(object: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(
      zstdDecompressSync(object, { maxOutputLength: MAX_TREE_BYTES, chunkSize: CHUNK }),
    );
  } catch (error) {
    throw new IntegrityError("A tree cannot be decompressed", { cause: error });
  }
}

function decode(text: Uint8Array): string {
  try {
    return utf8.decode(text);
  } catch {
    throw damagedTree("it is not UTF-8");
  }
}

/** The error for a text that is no tree. */
export function damagedTree(why: string): IntegrityError {
  return new IntegrityError(`The text of a tree is damaged: ${why}`);
}

/** Bytes of all files of the tree. A file with two names counts once. */
export function bytesOfTree({ entries }: RevisionTree): number {
  return entries.reduce((sum, entry) => entry.kind === "file" ? sum + entry.size : sum, 0);
}
