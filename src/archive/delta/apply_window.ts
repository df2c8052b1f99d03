/** Makes a window of the fresh side. `window_delta.ts` has the form of what it is made of. */
import { IntegrityError } from "../../errors.ts";
import type { RandomBytes } from "./bytes.ts";
import { VarintReader } from "./varint.ts";
import type { WindowDelta } from "./window_delta.ts";

/**
 * Writes into `into` and returns the number of bytes. Every number is checked, and each step takes
 * bytes of `ops`, so it ends. Throws IntegrityError, and what reading the old side throws.
 */
export function applyWindow(delta: WindowDelta, old: RandomBytes, into: Uint8Array): number {
  const ops = new VarintReader(delta.ops);
  let at = 0;
  let added = 0;
  let differed = 0;
  let place = 0;
  while (!ops.isAtEnd) {
    const add = ops.next();
    if (add > into.length - at || add > delta.add.length - added) throw misfit();
    into.set(delta.add.subarray(added, added += add), at);
    at += add;
    place += ops.nextSigned();
    const length = ops.next();
    if (place < 0 || place > old.size || length > old.size - place) throw misfit();
    if (length > into.length - at) throw misfit();
    const copy = into.subarray(at, at + length);
    if (length > 0) old.read(place, copy);
    for (let i = 0; i < length;) {
      i += ops.next();
      const unequal = ops.next();
      if (i > length || unequal > length - i || unequal > delta.diff.length - differed) {
        throw misfit();
      }
      for (const end = i + unequal; i < end; i++) {
        copy[i] = (copy[i] as number) + (delta.diff[differed++] as number);
      }
    }
    place += length;
    at += length;
  }
  if (added !== delta.add.length || differed !== delta.diff.length) throw misfit();
  return at;
}

function misfit(): IntegrityError {
  return new IntegrityError("A patch is damaged: its steps do not fit its base");
}
