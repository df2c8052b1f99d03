/** A slow line: when what is sent over it arrives. It moves no bytes itself. */

export interface LineOptions {
  /** Bits in a second, in each direction. */
  readonly bits: number;
  /** Milliseconds of a round trip. */
  readonly roundTrip: number;
}

/** One direction, which all connections share. All times are milliseconds of one clock. */
export class Line {
  readonly #bytesPerMs: number;
  readonly #delay: number;
  #freeAt = 0;

  constructor({ bits, roundTrip }: LineOptions) {
    this.#bytesPerMs = bits / 8 / 1000;
    this.#delay = roundTrip / 2;
  }

  /** Takes bytes that are sent now, after all that were sent before, and gives the time of their arrival. */
  send(bytes: number, now: number): number {
    this.#freeAt = Math.max(now, this.#freeAt) + bytes / this.#bytesPerMs;
    return this.#freeAt + this.#delay;
  }

  /** Milliseconds until the line has sent what it took. */
  backlog(now: number): number {
    return Math.max(0, this.#freeAt - now);
  }
}

/** Milliseconds that the line itself needs for an answer of that many bytes: a round trip, and the bytes. */
export function ownTime(bytes: number, { bits, roundTrip }: LineOptions): number {
  return roundTrip + bytes / (bits / 8 / 1000);
}
