/**
 * Makes patches. The fresh side is looked at in windows of 8 MiB, each against 20 MiB of the old
 * side, so that the memory does not depend on the sizes.
 */
import { zstdCompressSync } from "node:zlib";
import type { RevisionTree } from "../tree/tree.ts";
import { BlockIndex } from "./block_index.ts";
import type { RandomBytes } from "./bytes.ts";
import { entriesDelta } from "./entries.ts";
import { formatHead, MAX_WINDOW, type PatchHead, type PatchPart } from "./patch_head.ts";
import { type Sides, sidesOf } from "./sides.ts";
import { whereabouts } from "./whereabouts.ts";
import { type OldWindow, WindowDeltaMaker } from "./window_delta.ts";

export interface PatchInput {
  readonly head: Omit<PatchHead, "parts">;
  readonly base: RevisionTree;
  readonly next: RevisionTree;
  /** What `sidesOf` makes of the two trees, if it is known already. */
  readonly sides?: Sides | undefined;
  /** The bytes of the old side. Undefined: the patch has whole files. */
  readonly old: RandomBytes | undefined;
  /** The bytes of the fresh side. */
  readonly fresh: RandomBytes;
  /** The most bytes that the patch may have. */
  readonly limit?: number | undefined;
  /** Bytes of the fresh side and of the old side that are looked at together, for tests. */
  readonly windows?: Windows | undefined;
}

interface Windows {
  readonly fresh: number;
  readonly old: number;
}

const WINDOWS: Windows = { fresh: MAX_WINDOW, old: 20 << 20 };

/**
 * Makes a patch. Undefined if it would have more bytes than the limit, which is found out early.
 * Throws what reading the sides throws.
 */
export function makePatch(input: PatchInput): Uint8Array<ArrayBuffer> | undefined {
  const steps = patchSteps(input);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same, with a pause after each window: one may take a second. */
export function* patchSteps(
  input: PatchInput,
): Generator<undefined, Uint8Array<ArrayBuffer> | undefined> {
  const frames = new Frames(input.limit ?? Infinity);
  frames.put("entries", entriesDelta(input.base, input.next));
  for (const { bytes, delta } of deltasOf(input)) {
    if (frames.isOver) return undefined;
    if (delta === undefined) frames.put("add", bytes);
    else frames.putSmaller(delta, bytes);
    yield;
  }
  return frames.end(input.head);
}

interface Contents {
  readonly ops: Uint8Array;
  readonly diff: Uint8Array;
  readonly add: Uint8Array;
}

/** The windows of the fresh side, each with its delta if it has something of the old side. */
function* deltasOf(
  { base, next, sides = sidesOf(base, next), old, fresh, windows = WINDOWS }: PatchInput,
): Generator<{ bytes: Uint8Array; delta: Contents | undefined }> {
  const placeOf = whereabouts(sides);
  const room = new Uint8Array(Math.min(windows.fresh, sides.fresh.size));
  const olds = old === undefined || old.size === 0 ? undefined : new OldWindows(old, windows.old);
  const maker = olds && new WindowDeltaMaker(room.length);
  for (let start = 0; start < sides.fresh.size; start += room.length) {
    const bytes = room.subarray(0, sides.fresh.size - start);
    fresh.read(start, bytes);
    const middle = (placeOf(start) + placeOf(start + bytes.length)) / 2;
    const delta = olds && maker?.make(bytes, olds.around(middle));
    yield {
      bytes,
      delta: delta === undefined || delta.add.length === bytes.length ? undefined : delta,
    };
  }
}

/** Windows of the old side. Each takes the memory of the one before. */
class OldWindows {
  readonly #old: RandomBytes;
  readonly #room: Uint8Array;
  readonly #index: BlockIndex;
  #window: OldWindow | undefined;

  constructor(old: RandomBytes, size: number) {
    this.#old = old;
    this.#room = new Uint8Array(Math.min(size, old.size));
    this.#index = new BlockIndex(this.#room.length);
  }

  around(place: number): OldWindow {
    const { length } = this.#room;
    const wanted = Math.round(place - length / 2);
    const start = Math.max(0, Math.min(wanted, this.#old.size - length));
    if (this.#window?.start === start) return this.#window;
    this.#old.read(start, this.#room);
    this.#index.index(this.#room);
    return this.#window = { bytes: this.#room, start, index: this.#index };
  }
}

interface Frame {
  readonly part: PatchPart;
  readonly bytes: Uint8Array;
}

/** The parts of a patch that is being made. */
class Frames {
  readonly #frames: Frame[] = [];
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isOver(): boolean {
    return this.#size > this.#limit;
  }

  put(name: PatchPart["name"], content: Uint8Array): void {
    this.#push([frameOf(name, content)]);
  }

  /** Puts a window: its delta, or all its bytes if they are smaller. */
  putSmaller({ ops, diff, add }: Contents, bytes: Uint8Array): void {
    const delta = [frameOf("ops", ops), frameOf("diff", diff), frameOf("add", add)];
    // If it is small, the whole cannot be much smaller, and need not be tried.
    if (sizeOf(delta) < bytes.length / 8 && ops.length <= MAX_WINDOW) return this.#push(delta);
    const whole = [frameOf("add", bytes)];
    this.#push(sizeOf(whole) <= sizeOf(delta) || ops.length > MAX_WINDOW ? whole : delta);
  }

  /** The patch. Undefined if it is over the limit. */
  end(head: Omit<PatchHead, "parts">): Uint8Array<ArrayBuffer> | undefined {
    const line = formatHead({ ...head, parts: this.#frames.map(({ part }) => part) });
    if (line.length + this.#size > this.#limit) return undefined;
    const patch = new Uint8Array(line.length + this.#size);
    patch.set(line);
    let at = line.length;
    for (const { bytes } of this.#frames) {
      patch.set(bytes, at);
      at += bytes.length;
    }
    return patch;
  }

  #push(frames: readonly Frame[]): void {
    this.#frames.push(...frames);
    this.#size += sizeOf(frames);
  }
}

function frameOf(name: PatchPart["name"], content: Uint8Array): Frame {
  const bytes = content.length === 0 ? content.slice() : zstdCompressSync(content);
  return { part: { name, size: bytes.length, raw: content.length }, bytes };
}

function sizeOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
