/** Bytes that can be read at any place. */

export interface RandomBytes {
  readonly size: number;
  /** Fills all of `into` with the bytes from `offset` on, or throws. */
  read(offset: number, into: Uint8Array): void;
}
