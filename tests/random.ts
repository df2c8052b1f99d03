/** Chance that can be had again: everything comes from one number. */
import { Buffer } from "node:buffer";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";

export class Random {
  readonly #generator;

  constructor(readonly seed: number) {
    // The quicker generators of this library begin alike with all small seeds.
    this.#generator = mersenne(seed);
  }

  /** At least 0, less than 1. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number from 0 up to but not including `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError("Nothing to pick from");
    return from[this.below(from.length)] as T;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = Int32Array.from({ length: Math.ceil(length / 4) }, () => this.#generator.next());
    return new Uint8Array(words.buffer).slice(0, length);
  }

  /** Text that hardly compresses. */
  text(length: number): string {
    return Buffer.from(this.bytes(length)).toString("base64").slice(0, length);
  }
}

/** Other each time, unless one is given. */
export function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
