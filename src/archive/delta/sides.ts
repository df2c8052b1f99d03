/**
 * The two sides of a delta between contents. Both who makes a patch and who applies it compute them
 * from the two trees.
 *
 * - Old: the base's files whose path has another content in the next tree, or is not in it.
 * - Fresh: the contents of the next tree's files that no file of the base has.
 *
 * Each side is the concatenation of its contents, in the order of their paths, each content once.
 */
import { createHash } from "node:crypto";
import { IntegrityError } from "../../errors.ts";
import { shown } from "../entry.ts";
import { comparePaths } from "../tree/path_order.ts";
import type { RevisionTree, TreeEntry, TreeFile } from "../tree/tree.ts";
import type { RandomBytes } from "./bytes.ts";
import type { TreeChange } from "./entries.ts";

/** A content in a side. */
export interface SidePart {
  readonly sha256: string;
  /** Bytes. May be 0. */
  readonly size: number;
  /** The first path that has the content. */
  readonly path: string;
  /** Where it begins in the side. */
  readonly start: number;
}

export interface Side {
  /** Bytes of all parts. */
  readonly size: number;
  readonly parts: readonly SidePart[];
}

export interface Sides {
  readonly old: Side;
  readonly fresh: Side;
}

/** Throws IntegrityError if the trees give one content two sizes. */
export function sidesOf(base: RevisionTree, next: RevisionTree): Sides {
  const sizes = new Map<string, number>();
  for (const { sha256, size } of filesOf(base)) checkSize(sizes, sha256, size);
  const freshSizes = new Map<string, number>();
  const fresh: TreeFile[] = [];
  for (const file of filesOf(next)) {
    const { sha256, size } = file;
    const isFresh = !sizes.has(sha256);
    checkSize(isFresh ? freshSizes : sizes, sha256, size);
    if (isFresh) fresh.push(file);
  }
  return { old: sideOf(changedIn(next, base)), fresh: sideOf(fresh) };
}

/**
 * The same, of what has changed between the two trees: one look at each content of the next one, without the base.
 * Throws IntegrityError if the trees give one content of them two sizes.
 */
export function sidesOfChange(next: RevisionTree, { added, removed }: TreeChange): Sides {
  const files = added.flatMap((i) => next.entries[i] ?? []).filter(isFile);
  const sizes = new Map<string, number>();
  for (const { sha256, size } of files) checkSize(sizes, sha256, size);
  const known = new Set<string>();
  const know = ({ sha256, size }: TreeFile): void => {
    if (!sizes.has(sha256)) return;
    checkSize(sizes, sha256, size);
    known.add(sha256);
  };
  const gone = removed.filter(isFile);
  gone.forEach(know);
  const isNew = new Set(added);
  next.entries.forEach((entry, i) => {
    if (entry.kind === "file" && !isNew.has(i)) know(entry);
  });
  const contents = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return {
    old: sideOf(gone.filter(({ path, sha256 }) => contents.get(path) !== sha256)),
    fresh: sideOf(files.filter(({ sha256 }) => !known.has(sha256))),
  };
}

function isFile(entry: TreeEntry): entry is TreeFile {
  return entry.kind === "file";
}

function* filesOf({ entries }: RevisionTree): Generator<TreeFile> {
  for (const entry of entries) if (entry.kind === "file") yield entry;
}

/** The base's files that the next tree does not have as they are: one walk through both. */
function changedIn(next: RevisionTree, base: RevisionTree): TreeFile[] {
  const changed: TreeFile[] = [];
  const others = filesOf(next);
  let other = others.next().value;
  for (const file of filesOf(base)) {
    while (other && comparePaths(other.path, file.path) < 0) other = others.next().value;
    if (other?.path !== file.path || other.sha256 !== file.sha256) changed.push(file);
  }
  return changed;
}

function checkSize(sizes: Map<string, number>, sha256: string, size: number): void {
  const known = sizes.get(sha256);
  if (known === undefined) sizes.set(sha256, size);
  else if (known !== size) {
    throw new IntegrityError(`Two trees give the content ${sha256} different sizes`);
  }
}

function sideOf(files: readonly TreeFile[]): Side {
  const parts: SidePart[] = [];
  const seen = new Set<string>();
  let size = 0;
  for (const file of files) {
    if (seen.has(file.sha256)) continue;
    seen.add(file.sha256);
    parts.push({ sha256: file.sha256, size: file.size, path: file.path, start: size });
    size += file.size;
  }
  return { size, parts };
}

/** The number of the part that has the byte at `offset`, which must be within the side. */
function partAt({ parts }: Side, offset: number): number {
  let low = 0;
  for (let high = parts.length; high - low > 1;) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The bytes of a side.
 *
 * @param read fills `into` with the part's bytes from `offset` on, or throws. `into` never reaches
 * beyond the part's end.
 */
export function bytesOfSide(
  side: Side,
  read: (part: SidePart, at: { readonly offset: number; readonly into: Uint8Array }) => void,
): RandomBytes {
  return {
    size: side.size,
    read: (offset, into) => {
      if (offset + into.length > side.size) throw new Error("A read beyond the end of a side");
      let number = partAt(side, offset);
      for (let at = 0; at < into.length;) {
        const part = side.parts[number++] as SidePart;
        const from = offset + at - part.start;
        const length = Math.min(part.size - from, into.length - at);
        if (length > 0) read(part, { offset: from, into: into.subarray(at, at + length) });
        at += length;
      }
    },
  };
}

/** A piece of a part's content. */
export interface PartPiece {
  readonly part: SidePart;
  /** Valid until the next one is asked for. Empty only if the whole part is. */
  readonly piece: Uint8Array;
  /** Whether the part ends with this piece. Then its SHA-256 has been checked. */
  readonly isLast: boolean;
}

/**
 * Cuts the bytes of a side into its parts, and checks the SHA-256 of each. Throws IntegrityError,
 * naming the part's path, if it does not fit or the bytes are too few or too many.
 */
export function* partsOfSide(side: Side, pieces: Iterable<Uint8Array>): Generator<PartPiece> {
  const source = pieces[Symbol.iterator]();
  try {
    let rest: Uint8Array = new Uint8Array();
    for (const part of side.parts) {
      const hash = createHash("sha256");
      let left = part.size;
      let isLast = false;
      while (!isLast) {
        while (left > 0 && rest.length === 0) {
          const { value, done } = source.next();
          if (done === true) throw misfit(part, "its content is cut off");
          rest = value;
        }
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        hash.update(piece);
        left -= piece.length;
        isLast = left === 0;
        if (isLast && hash.digest("hex") !== part.sha256) {
          throw misfit(part, "its content is not that of the tree");
        }
        yield { part, piece, isLast };
      }
    }
    const hasMore = rest.length > 0 || source.next().done !== true;
    if (hasMore) throw new IntegrityError("A patch has more content than its tree");
  } finally {
    source.return?.();
  }
}

function misfit({ path }: SidePart, why: string): IntegrityError {
  return new IntegrityError(`A patch does not make ${shown(path)}: ${why}`);
}
