/** A patch: what makes the next revision of the base that a machine has. */
import type { RevisionTree } from "../tree/tree.ts";
import type { RandomBytes } from "./bytes.ts";
import type { Sides } from "./sides.ts";

/** What a patch says about itself. */
export interface PatchHead {
  readonly package: string;
  readonly from: {
    /** The revision id of the base. */
    readonly id: string;
    /** The SHA-256 of its tree's text. */
    readonly tree: string;
  };
  readonly to: {
    readonly id: string;
    readonly tree: string;
    /** SHA-256 and bytes of the revision's object in S3. */
    readonly sha256: string;
    readonly size: number;
  };
  readonly parts: readonly PatchPart[];
}

/** A part of a patch: one zstd frame. */
export interface PatchPart {
  readonly name: "entries" | "ops" | "diff" | "add";
  /** Bytes of the frame. */
  readonly size: number;
  /** Bytes of its content. */
  readonly raw: number;
}

export interface PatchInput {
  readonly head: Omit<PatchHead, "parts">;
  readonly base: RevisionTree;
  readonly next: RevisionTree;
  /** The bytes of the old side. Undefined: the patch has whole files. */
  readonly old: RandomBytes | undefined;
  /** The bytes of the fresh side. */
  readonly fresh: RandomBytes;
  /** The most bytes that the patch may have. */
  readonly limit?: number | undefined;
  /** Bytes of the fresh side and of the old side that are looked at together, for tests. */
  readonly windows?: { readonly fresh: number; readonly old: number } | undefined;
}

/**
 * Makes a patch. Undefined if it would have more bytes than the limit, which is found out early.
 * Throws what reading the sides throws.
 */
export function makePatch(_input: PatchInput): Uint8Array<ArrayBuffer> | undefined {
  throw new Error("not made yet");
}

/** A patch that was read. Nothing of it is believed. */
export class Patch {
  readonly head: PatchHead;

  private constructor(head: PatchHead) {
    this.head = head;
  }

  /** Throws IntegrityError if it is damaged or of an unknown format. */
  static parse(_bytes: Uint8Array): Patch {
    throw new Error("not made yet");
  }

  /** Whether the fresh side is made without any byte of the old side. */
  get isWhole(): boolean {
    throw new Error("not made yet");
  }

  /**
   * The next tree, of the base's tree. Throws IntegrityError if its hash is not `head.to.tree`, or
   * if it must not be unpacked.
   */
  nextTree(_base: RevisionTree): { tree: RevisionTree; text: Uint8Array<ArrayBuffer> } {
    throw new Error("not made yet");
  }

  /**
   * The bytes of the fresh side, piece by piece. A piece is valid until the next one is asked for.
   * Their hashes are not checked: `partsOfSide` does that. Throws IntegrityError if they do not fit
   * the size of the side, and what reading the old side throws.
   */
  // deno-lint-ignore require-yield -- it is not made yet
  *fresh(_sides: Sides, _old: RandomBytes): Generator<Uint8Array> {
    throw new Error("not made yet");
  }
}
