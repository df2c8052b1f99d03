/** Numbers by their places, as many as there are, in blocks that are only there where something was put. */

/** Places of a block. */
const BLOCK = 1 << 16;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A growing row of numbers outside of the JavaScript heap; 0 where none was put. */
export class Column {
  readonly #blocks: (Numbers | undefined)[] = [];
  readonly #make: (length: number) => Numbers;

  /** @param make a block of so many numbers: `(length) => new Uint32Array(length)` */
  constructor(make: (length: number) => Numbers) {
    this.#make = make;
  }

  get(place: number): number {
    return this.#blocks[place >>> 16]?.[place & (BLOCK - 1)] ?? 0;
  }

  set(place: number, value: number): void {
    const block = this.#blocks[place >>> 16] ??= this.#make(BLOCK);
    block[place & (BLOCK - 1)] = value;
  }
}
