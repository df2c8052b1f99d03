/**
 * Finds blocks of the old side: a table of where blocks of 16 bytes begin, by a hash that can roll
 * on byte by byte. Only blocks at multiples of 16 are in the table, and of those with the same place
 * in the table the first one.
 */

/** Bytes of a block. */
export const BLOCK = 16;

const FACTOR = 0x01000193;
/** `FACTOR` to the power of `BLOCK`: the part of the byte that leaves the block. */
const LEAVING = power(FACTOR, BLOCK);
/** Spreads the hash over the table. */
const SPREAD = 0x9e3779b1;
const MOST_BITS = 21;

function power(base: number, exponent: number): number {
  let value = 1;
  for (let i = 0; i < exponent; i++) value = Math.imul(value, base);
  return value;
}

/** The hash of the block at `at`. */
export function hashBlock(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at; i < at + BLOCK; i++) hash = Math.imul(hash, FACTOR) + (bytes[i] as number) | 0;
  return hash;
}

/** The hash of the block one byte further. */
export function rollHash(hash: number, leaving: number, entering: number): number {
  return Math.imul(hash, FACTOR) + entering - Math.imul(LEAVING, leaving) | 0;
}

export class BlockIndex {
  /** Where a block begins, plus 1. */
  readonly #table: Int32Array;
  readonly #shift: number;
  #old: Uint8Array = new Uint8Array();

  /** @param size the most bytes that will be indexed */
  constructor(size: number) {
    const bits = Math.min(MOST_BITS, Math.max(8, Math.ceil(Math.log2(size / BLOCK + 1))));
    this.#table = new Int32Array(1 << bits);
    this.#shift = 32 - bits;
  }

  /** Makes the table anew. `old` must stay as it is. */
  index(old: Uint8Array): void {
    const table = this.#table;
    table.fill(0);
    this.#old = old;
    for (let at = 0; at + BLOCK <= old.length; at += BLOCK) {
      const slot = Math.imul(hashBlock(old, at), SPREAD) >>> this.#shift;
      if (table[slot] === 0) table[slot] = at + 1;
    }
  }

  /** Where the old bytes have the block of `fresh` at `at`, which has that hash. -1: nowhere known. */
  find(fresh: Uint8Array, at: number, hash: number): number {
    const place = (this.#table[Math.imul(hash, SPREAD) >>> this.#shift] as number) - 1;
    if (place < 0) return -1;
    const old = this.#old;
    for (let i = 0; i < BLOCK; i++) if (old[place + i] !== fresh[at + i]) return -1;
    return place;
  }
}
