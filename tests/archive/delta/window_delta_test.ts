/** The work of a window's delta grows with its size only, whatever is in it. */
import { applyWindow } from "../../../src/archive/delta/apply_window.ts";
import { BlockIndex } from "../../../src/archive/delta/block_index.ts";
import { WindowDeltaMaker } from "../../../src/archive/delta/window_delta.ts";
import { assert, assertEquals } from "../../assert.ts";
import { concat, noise } from "../builders.ts";

/** Bytes of a window. */
const SIZE = 32 << 10;
/** More would not all differ in one byte. */
const BLOCKS = 240;

/** Counts how often one of the bytes is looked at. */
function counted(bytes: Uint8Array, look: () => void): Uint8Array {
  return new Proxy(bytes, {
    get: (target, name) => {
      if (typeof name === "string" && /^[0-9]/.test(name)) look();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** How often each byte of both windows is looked at to make the delta, which must be right. */
function looksPerByte(fresh: Uint8Array, old: Uint8Array): number {
  const index = new BlockIndex(old.length);
  index.index(old);
  let looks = 0;
  const look = (): void => void looks++;
  const delta = new WindowDeltaMaker(fresh.length).make(counted(fresh, look), {
    ...{ bytes: counted(old, look), start: 0, index },
  });
  const made = new Uint8Array(fresh.length);
  const read = (at: number, into: Uint8Array): void => into.set(old.subarray(at, at + into.length));
  assertEquals(applyWindow(delta, { size: old.length, read }, made), fresh.length);
  assertEquals(made, fresh);
  return looks / (fresh.length + old.length);
}

/**
 * Blocks of 16 bytes, each of which is there once, with as long fillers, and at last only filler. Each second byte is 0,
 * and none of the others is equal where two different blocks meet: nowhere are more bytes equal than not, nor fewer.
 */
function halfEqual(isReversed: boolean, filler: number): Uint8Array {
  const bytes = new Uint8Array(SIZE).map((_, i) => i % 2 === 0 ? filler : 0);
  for (let i = 0; i < BLOCKS; i++) {
    for (let k = 0; k < 16; k += 2) bytes[32 * i + k] = 3 + (isReversed ? BLOCKS - i : i);
  }
  return bytes;
}

const WINDOWS: Record<string, () => [fresh: Uint8Array, old: Uint8Array]> = {
  "blocks that are elsewhere, between bytes of which each second one is equal": () => [
    halfEqual(false, 1),
    halfEqual(true, 2),
  ],
  "runs of one byte": () => [new Uint8Array(SIZE), new Uint8Array(SIZE)],
  "runs of one byte, broken": () => [
    new Uint8Array(SIZE).map((_, i) => i % 97 === 0 ? 1 : 0),
    new Uint8Array(SIZE).map((_, i) => i % 89 === 0 ? 2 : 0),
  ],
  "a block that is there again and again": () => {
    const block = noise(32);
    const repeated = (): Uint8Array =>
      concat(...Array.from({ length: SIZE / 64 }, () => concat(block, noise(32))));
    return [repeated(), repeated()];
  },
  "every second byte": () => [
    noise(SIZE).map((byte, i) => i % 2 === 0 ? byte : 0),
    noise(SIZE).map((byte, i) => i % 2 === 0 ? byte : 0),
  ],
};

for (const [name, make] of Object.entries(WINDOWS)) {
  Deno.test(`a delta takes a bounded number of steps a byte: ${name}`, () => {
    const looks = looksPerByte(...make());
    assert(looks < 100, `${looks} looks a byte`);
  });
}
