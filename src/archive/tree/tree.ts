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

/** The canonical text. The entries must be sorted. */
export function formatTree(_tree: RevisionTree): Uint8Array<ArrayBuffer> {
  throw new Error("not made yet");
}

/**
 * The tree of a text. Throws IntegrityError unless the text is canonical, within the bounds, and
 * could be unpacked by the rules of `../rules.ts`.
 */
export function parseTree(_text: Uint8Array): RevisionTree {
  throw new Error("not made yet");
}

/** The SHA-256 of a tree's text, in hex. */
export function hashTree(_text: Uint8Array): string {
  throw new Error("not made yet");
}

/** The compressed form of a tree's text, as it is stored: one zstd frame. */
export function packTree(_text: Uint8Array): Uint8Array<ArrayBuffer> {
  throw new Error("not made yet");
}

/** The text of the compressed form. Throws IntegrityError if it is damaged or too large. */
export function unpackTree(_object: Uint8Array): Uint8Array<ArrayBuffer> {
  throw new Error("not made yet");
}
