/** Numbers by their places, as many as there are, in blocks that are only there where something was put. */

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A growing row of numbers outside of the JavaScript heap; 0 where none was put. */
export class Column {
  readonly #blocks: (Numbers | undefined)[] = [];
  readonly #make: (length: number) => Numbers;
  readonly #shift: number;

  /**
   * @param make a block of so many numbers: `(length) => new Uint32Array(length)`
   * @param shift a block has 2 to this power: few where most places stay empty
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
