/**
 * The difference between a window of the fresh side and one of the old side.
 *
 * A block that both have is where a copy begins. It is extended in both directions over bytes that
 * differ, as long as more are equal than not: so a program that was built again, in which all
 * addresses have moved, is a few long copies with small differences (Percival, "Naive differences of
 * executable code", 2003). The bytes that differ are stored as differences, which repeat.
 *
 * Each step of the ops has these numbers:
 *
 *     bytes of `add` that come first
 *     how far the old place is from the end of the last copy, signed
 *     bytes of the copy
 *     until they are that many: bytes that are equal, and bytes that differ
 */
import { BLOCK, type BlockIndex, hashBlock, rollHash } from "./block_index.ts";
import { VarintWriter } from "./varint.ts";

/** An extension ends when it has so many more unequal bytes than equal ones since it was best. */
const PATIENCE = 16;
/**
 * It also ends when it has not become better over more bytes than it has, and these. Else a copy of few bytes may look
 * through the whole window, and so may the next one.
 */
const FAR = 512;
/** So many equal bytes are enough to go on at the same distance. */
const RESUME = 8;
/** Fewer equal bytes between unequal ones are stored as differences of 0: a run costs as much. */
const FEW = 3;

/** A window of the old side. */
export interface OldWindow {
  readonly bytes: Uint8Array;
  /** Where it begins in the side. */
  readonly start: number;
  /** Has been made of the bytes. */
  readonly index: BlockIndex;
}

/** What `applyWindow` makes the window of the fresh side of. */
export interface WindowDelta {
  readonly ops: Uint8Array;
  /** Differences of bytes, fresh less old, modulo 256. */
  readonly diff: Uint8Array;
  /** Bytes that are new. */
  readonly add: Uint8Array;
}

/** Makes deltas of windows. Its memory is used again for each. */
export class WindowDeltaMaker {
  readonly #ops = new VarintWriter();
  /** `diff` grows from the front and `add` from the back. Each fresh byte is at most in one. */
  readonly #room: Uint8Array;
  #diff = 0;
  #add = 0;
  /** Where the last copy ended in the old side. */
  #place = 0;

  /** @param size the most bytes of a fresh window */
  constructor(size: number) {
    this.#room = new Uint8Array(size);
  }

  /** The delta is valid until the next call. */
  make(fresh: Uint8Array, old: OldWindow): WindowDelta {
    this.#ops.clear();
    this.#diff = 0;
    this.#add = 0;
    this.#place = 0;
    let done = 0;
    for (const copy of copiesOf(fresh, old)) {
      this.#step({ fresh, old, done, copy });
      done = copy.at + copy.length;
    }
    if (done < fresh.length) {
      this.#step({
        fresh,
        old,
        done,
        copy: { at: fresh.length, from: this.#place - old.start, length: 0 },
      });
    }
    const { length } = this.#room;
    const add = this.#room.subarray(length - this.#add).reverse();
    return { ops: this.#ops.bytes, diff: this.#room.subarray(0, this.#diff), add };
  }

  #step(
    { fresh, old, done, copy }: { fresh: Uint8Array; old: OldWindow; done: number; copy: Copy },
  ): void {
    this.#ops.put(copy.at - done);
    const end = this.#room.length - 1;
    for (let i = done; i < copy.at; i++) this.#room[end - this.#add++] = fresh[i] as number;
    this.#ops.putSigned(old.start + copy.from - this.#place);
    this.#ops.put(copy.length);
    this.#place = old.start + copy.from + copy.length;
    this.#putRuns(fresh, old.bytes, copy);
  }

  #putRuns(fresh: Uint8Array, old: Uint8Array, { at, from, length }: Copy): void {
    const isEqual = (i: number): boolean => fresh[at + i] === old[from + i];
    for (let i = 0; i < length;) {
      const begin = i;
      while (i < length && isEqual(i)) i++;
      this.#ops.put(i - begin);
      const unequal = i;
      let last = i; // after the last unequal byte
      for (; i < length && i - last < FEW; i++) if (!isEqual(i)) last = i + 1;
      i = last;
      this.#ops.put(last - unequal);
      for (let k = unequal; k < last; k++) {
        this.#room[this.#diff++] = (fresh[at + k] as number) - (old[from + k] as number);
      }
    }
  }
}

/** Bytes of the fresh window that are much like some of the old window. */
interface Copy {
  /** Where they begin in the fresh window, and in the old one. */
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

/** In the order of the fresh window. They do not overlap there. */
function* copiesOf(fresh: Uint8Array, old: OldWindow): Generator<Copy> {
  const search = new Search(fresh, old);
  for (let copy = search.next(); copy !== undefined; copy = search.next()) yield copy;
}

class Search {
  readonly #fresh: Uint8Array;
  readonly #old: Uint8Array;
  readonly #index: BlockIndex;
  /** What is before is settled. */
  #done = 0;
  /** How far the last copy's place in the old window is from that in the fresh one. */
  #distance = 0;

  constructor(fresh: Uint8Array, { bytes, index }: OldWindow) {
    this.#fresh = fresh;
    this.#old = bytes;
    this.#index = index;
  }

  next(): Copy | undefined {
    const fresh = this.#fresh;
    const last = fresh.length - BLOCK;
    let hash = this.#done <= last ? hashBlock(fresh, this.#done) : 0;
    for (let at = this.#done; at <= last; at++) {
      const from = this.#resumes(at) ? at + this.#distance : this.#index.find(fresh, at, hash);
      if (from >= 0) return this.#extend(at, from);
      if (at < last) hash = rollHash(hash, fresh[at] as number, fresh[at + BLOCK] as number);
    }
    return undefined;
  }

  /** Whether the bytes are equal at the distance of the last copy. */
  #resumes(at: number): boolean {
    const from = at + this.#distance;
    if (from < 0 || from + RESUME > this.#old.length) return false;
    for (let i = 0; i < RESUME; i++) if (this.#fresh[at + i] !== this.#old[from + i]) return false;
    return true;
  }

  #extend(at: number, from: number): Copy {
    const back = this.#reach(at, from, -1);
    const length = back + this.#reach(at, from, 1);
    this.#distance = from - at;
    this.#done = at - back + length;
    return { at: at - back, from: from - back, length };
  }

  /** How many bytes in one direction are more equal than not. */
  #reach(at: number, from: number, direction: 1 | -1): number {
    const [fresh, old] = [this.#fresh, this.#old];
    const most = direction > 0
      ? Math.min(fresh.length - at, old.length - from)
      : Math.min(at - this.#done, from);
    const shift = direction > 0 ? 0 : -1;
    let best = 0;
    let bestScore = 0;
    let score = 0;
    for (let i = 0; i < most && i <= 2 * best + FAR && score > bestScore - PATIENCE; i++) {
      const step = shift + direction * i;
      score += fresh[at + step] === old[from + step] ? 1 : -1;
      if (score > bestScore) {
        best = i + 1;
        bestScore = score;
      }
    }
    return best;
  }
}
