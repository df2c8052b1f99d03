/**
 * A patch: what makes the next revision of the base that a machine has. First comes the head, a line
 * of JSON, and then its parts one after the other: see `patch_head.ts`.
 */
import { zstdDecompressSync } from "node:zlib";
import { IntegrityError } from "../../errors.ts";
import { hashTree, MAX_TREE_BYTES, parseSafe, type RevisionTree } from "../tree/tree.ts";
import { TreeText } from "../tree/tree_text.ts";
import { applyWindow } from "./apply_window.ts";
import { cached, type RandomBytes } from "./bytes.ts";
import { nextLines, type TreeChange } from "./entries.ts";
import { MAX_WINDOW, parseHead, type PatchHead, type PatchPart } from "./patch_head.ts";
import type { Sides } from "./sides.ts";

export { makePatch, type PatchInput, patchSteps } from "./make_patch.ts";
export type { PatchHead, PatchPart } from "./patch_head.ts";

/** A part, and its frame. */
interface Frame extends PatchPart {
  readonly bytes: Uint8Array;
}

/** The frames of a window. Without `ops` it is all in `add`. */
interface Window {
  readonly ops?: Frame;
  readonly diff?: Frame;
  readonly add: Frame;
}

/** What a patch makes of the base's tree. */
export interface NextTree {
  readonly tree: RevisionTree;
  readonly text: TreeText;
  readonly change: TreeChange;
}

/** A patch that was read. Nothing of it is believed. */
export class Patch {
  readonly head: PatchHead;
  readonly #entries: Frame;
  readonly #windows: readonly Window[];

  private constructor(head: PatchHead, [entries, ...frames]: readonly Frame[]) {
    if (entries?.name !== "entries") throw damaged("it does not begin with entries");
    this.head = head;
    this.#entries = entries;
    this.#windows = windowsOf(frames);
  }

  /**
   * Reads a patch, which must stay as it is. Throws IntegrityError if it is damaged or of an unknown
   * format. What the head says of revisions is for the caller to compare.
   */
  static parse(bytes: Uint8Array): Patch {
    const { head, length } = parseHead(bytes);
    const frames: Frame[] = [];
    let at = length;
    for (const part of head.parts) {
      frames.push({ ...part, bytes: bytes.subarray(at, at + part.size) });
      at += part.size;
    }
    if (at !== bytes.length) throw damaged("its parts have another size");
    return new Patch(head, frames);
  }

  /** Whether the fresh side is made without any byte of the old side. */
  get isWhole(): boolean {
    return this.#windows.every(({ ops }) => ops === undefined);
  }

  /**
   * The next tree, of the base's tree. Throws IntegrityError if its hash is not `head.to.tree`, or
   * if it must not be unpacked.
   */
  nextTree(base: TreeText): NextTree {
    const { text: bytes, ...change } = nextLines(base, contentOf(this.#entries));
    if (bytes.length > MAX_TREE_BYTES) throw damaged("its tree is too large");
    if (hashTree(bytes) !== this.head.to.tree) {
      throw damaged("it does not make its tree of this base");
    }
    return { tree: parseSafe(bytes), text: new TreeText(bytes), change };
  }

  /**
   * The bytes of the fresh side, piece by piece. A piece is valid until the next one is asked for,
   * and has up to 8 MiB. Their hashes are not checked: `partsOfSide` does that. Throws
   * IntegrityError if they do not fit the size of the side, and what reading the old side throws.
   *
   * @param old is not used if the patch is whole
   */
  *fresh(sides: Sides, old: RandomBytes | undefined): Generator<Uint8Array> {
    const source = old && cached(old);
    const room = new Uint8Array(Math.min(MAX_WINDOW, sides.fresh.size));
    let left = sides.fresh.size;
    for (const window of this.#windows) {
      const length = makeWindow(window, source, room.subarray(0, left));
      if (length === 0) throw damaged("a window is empty");
      if (rawBytesOf(window) > MOST_RAW * length + LEAST_RAW) {
        throw damaged("a window makes too little of its bytes");
      }
      left -= length;
      yield room.subarray(0, length);
    }
    if (left > 0) throw damaged("it makes too few bytes");
  }
}

function windowsOf(frames: readonly Frame[]): Window[] {
  const windows: Window[] = [];
  for (let i = 0; i < frames.length;) {
    const [first, diff, add] = frames.slice(i, i + 3);
    if (first?.name === "add") windows.push({ add: first });
    else if (first?.name === "ops" && diff?.name === "diff" && add?.name === "add") {
      windows.push({ ops: first, diff, add });
    } else throw damaged("its parts are out of order");
    i += first.name === "add" ? 1 : 3;
  }
  return windows;
}

/** A window has no more bytes than so many for each that it makes, and these. Others only cost time. */
const MOST_RAW = 8;
const LEAST_RAW = 1024;

function rawBytesOf({ ops, diff, add }: Window): number {
  return (ops?.raw ?? 0) + (diff?.raw ?? 0) + add.raw;
}

/** Writes a window into `into` and returns its bytes. */
function makeWindow(
  { ops, diff, add }: Window,
  old: RandomBytes | undefined,
  into: Uint8Array,
): number {
  const added = contentOf(add);
  if (ops === undefined || diff === undefined) {
    if (added.length > into.length) throw damaged("it makes too many bytes");
    into.set(added);
    return added.length;
  }
  if (old === undefined) throw new Error("A patch needs the old side, which it was not given");
  const delta = { ops: contentOf(ops), diff: contentOf(diff), add: added };
  return applyWindow(delta, old, into);
}

/** What is in a frame. Never more than the head says, which is within bounds. */
function contentOf({ bytes, raw, name }: Frame): Uint8Array {
  if (raw === 0) {
    if (bytes.length > 0) throw damaged(`its ${name} should be empty`);
    return bytes;
  }
  const content = decompressed(bytes, raw);
  if (content.length !== raw) throw damaged(`its ${name} cannot be decompressed`);
  return content;
}

function decompressed(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: most });
  } catch (error) {
    throw new IntegrityError("A patch is damaged: a part cannot be decompressed", { cause: error });
  }
}

function damaged(why: string): IntegrityError {
  return new IntegrityError(`A patch is damaged: ${why}`);
}
