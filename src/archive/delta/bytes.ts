/** Bytes that can be read at any place. */

export interface RandomBytes {
  readonly size: number;
  /** Fills all of `into` with the bytes from `offset` on, or throws. */
  read(offset: number, into: Uint8Array): void;
}

/** Bytes that are read at once, and how many such blocks are kept: 4 MiB in all. */
const BLOCK = 64 << 10;
const BLOCKS = 64;

/** Reads whole blocks of `source` and keeps some, as most reads are short and near each other. */
export function cached(source: RandomBytes): RandomBytes {
  const blocks: (Uint8Array | undefined)[] = [];
  const numbers: number[] = [];
  const blockOf = (number: number): Uint8Array => {
    const slot = number % BLOCKS;
    const kept = blocks[slot];
    if (kept !== undefined && numbers[slot] === number) return kept;
    const start = number * BLOCK;
    const block = kept?.length === BLOCK ? kept : new Uint8Array(BLOCK);
    numbers[slot] = -1; // in case the reading fails
    source.read(start, block.subarray(0, Math.min(BLOCK, source.size - start)));
    numbers[slot] = number;
    return blocks[slot] = block;
  };
  return {
    size: source.size,
    read: (offset, into) => {
      if (into.length >= BLOCK) return source.read(offset, into);
      for (let at = 0; at < into.length;) {
        const number = Math.floor((offset + at) / BLOCK);
        const from = offset + at - number * BLOCK;
        const part = blockOf(number).subarray(from, from + into.length - at);
        into.set(part, at);
        at += part.length;
      }
    },
  };
}
