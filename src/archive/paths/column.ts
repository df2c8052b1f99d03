/** A growing list of numbers, in blocks. A block is allocated only when a number in it is set. */

/** The `shift` of a column in which few places are set, as those of folders among all entries. */
export const SPARSE = 8;

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A growing list of numbers outside of the JavaScript heap. A number that was never set is 0. */
export class Column {
  readonly #blocks: (Numbers | undefined)[] = [];
  readonly #make: (length: number) => Numbers;
  readonly #shift: number;

  /**
   * @param make makes a block of so many numbers: `(length) => new Uint32Array(length)`
   * @param shift a block has 2 to this power numbers; choose a small one if most places stay empty
   */
  constructor(make: (length: number) => Numbers, shift = 16) {
    this.#make = make;
    this.#shift = shift;
  }

  get(place: number): number {
    return this.#blocks[place >>> this.#shift]?.[place & ((1 << this.#shift) - 1)] ?? 0;
  }

  set(place: number, value: number): void {
    const block = this.#blocks[place >>> this.#shift] ??= this.#make(1 << this.#shift);
    block[place & ((1 << this.#shift) - 1)] = value;
  }
}
