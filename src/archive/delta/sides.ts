/**
 * The two sides of a delta between contents. Both who makes a patch and who applies it compute them
 * from the two trees.
 *
 * - Old: the base's files whose path has another content in the next tree, or is not in it.
 * - Fresh: the contents of the next tree's files that no file of the base has.
 *
 * Each side is the concatenation of its contents, in the order of their paths, each content once.
 */
import type { RevisionTree } from "../tree/tree.ts";
import type { RandomBytes } from "./bytes.ts";

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
export function sidesOf(_base: RevisionTree, _next: RevisionTree): Sides {
  throw new Error("not made yet");
}

/**
 * The bytes of a side.
 *
 * @param read fills `into` with the part's bytes from `offset` on, or throws. `into` never reaches
 * beyond the part's end.
 */
export function bytesOfSide(
  _side: Side,
  _read: (part: SidePart, at: { readonly offset: number; readonly into: Uint8Array }) => void,
): RandomBytes {
  throw new Error("not made yet");
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
// deno-lint-ignore require-yield -- it is not made yet
export function* partsOfSide(_side: Side, _pieces: Iterable<Uint8Array>): Generator<PartPiece> {
  throw new Error("not made yet");
}
