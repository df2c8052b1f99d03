/** A patch makes the next tree of its base, and never anything else. */
import fc from "fast-check";
import { entriesDelta } from "../../../src/archive/delta/entries.ts";
import { Patch } from "../../../src/archive/delta/patch.ts";
import { sidesOf } from "../../../src/archive/delta/sides.ts";
import { parseTree, type RevisionTree } from "../../../src/archive/tree/tree.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { bytesOf, concat, noise } from "../builders.ts";
import { assertMakes, bytesIn, pair, patchOf, type Revision, revision, textOf } from "./pairs.ts";

const windows = fc.constantFrom(undefined, { fresh: 50, old: 100 }, { fresh: 300, old: 16 });

Deno.test("a patch makes the next tree and its contents, whatever has changed", () => {
  fc.assert(
    fc.property(pair, windows, fc.boolean(), ({ base, next }, windows, isWhole) => {
      assertMakes(patchOf(base, next, { windows, isWhole }), base, next);
    }),
    { numRuns: 400 },
  );
});

Deno.test("a damaged patch makes the same, or is refused", () => {
  let refused = 0;
  let same = 0;
  // Doubles would be near 0 most of the time.
  const part = fc.nat(9999).map((number) => number / 10_000);
  const damage = fc.record({ at: part, bit: fc.nat(7) });
  fc.assert(
    fc.property(pair, damage, part, fc.boolean(), ({ base, next }, { at, bit }, cut, isCut) => {
      const patch = patchOf(base, next, { windows: { fresh: 100, old: 200 } })?.slice();
      assert(patch !== undefined);
      const place = Math.floor(at * patch.length);
      patch[place] = (patch[place] ?? 0) ^ 1 << bit;
      try {
        const length = isCut ? Math.floor(cut * patch.length) : patch.length;
        assertMakes(patch.subarray(0, length), base, next);
        same++;
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        refused++;
      }
    }),
    { numRuns: 1500 },
  );
  assert(refused > 500 && same > 10, `${refused} refused, ${same} the same`);
});

Deno.test("times are as docs/formats.md says: seven bits a byte, each the difference to the one before", () => {
  const at = (a: number, b: number): RevisionTree => {
    return revision({ a: { mode: 0o755, mtime: a }, b: { mode: 0o755, mtime: b } }).tree;
  };
  // Five bytes: two times change, to 300, and by -100 from that, which are 600 and 199 when folded.
  const expected = [5, 2 * 4 + 2, 0x80 | 600 & 0x7f, 600 >> 7, 0x80 | 199 & 0x7f, 199 >> 7];
  assertEquals([...entriesDelta(at(1, 2), at(300, 200))], expected);
});

Deno.test("a patch of another base is refused", () => {
  const base = revision({ a: { content: bytesOf("a") }, b: { content: bytesOf("b") } });
  const other = revision({ a: { content: bytesOf("x") }, b: { content: bytesOf("b") } });
  const next = revision({ a: { content: bytesOf("a") }, b: { content: bytesOf("c") } });
  const patch = patchOf(base, next) ?? new Uint8Array();
  assertThrows(() => Patch.parse(patch).nextTree(textOf(other.tree)), IntegrityError);
  assertThrows(() => Patch.parse(patch).nextTree(textOf({ entries: [] })), IntegrityError);
});

Deno.test("a patch is small: of equal trees, of new mtimes, of one changed line", () => {
  const line = bytesOf("a line like any other\n".repeat(100));
  const files = (mtime: number, content = line): Revision =>
    revision(Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [
        `file${String(i).padStart(5, "0")}`,
        { mtime: mtime + i, content: i === 1000 ? content : line.subarray(0, i) },
      ]),
    ));
  const base = files(0);
  const sizeOf = (next: Revision): number => {
    const patch = patchOf(base, next);
    assertMakes(patch, base, next);
    return patch?.length ?? 0;
  };
  assert(sizeOf(base) < 600, `${sizeOf(base)}`);
  assert(sizeOf(files(7_000_000)) < 650, `${sizeOf(files(7_000_000))}`);
  const changed = concat(line, bytesOf("another"));
  assert(sizeOf(files(0, changed)) < 900, `${sizeOf(files(0, changed))}`);
});

/** Machine code in the small: noise, with an address every few bytes. */
function program(size: number, moved: number): Uint8Array {
  const bytes = noise(size);
  return moveAddresses(bytes, moved);
}

function moveAddresses(bytes: Uint8Array, moved: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 4 <= copy.length; at += 30 + at % 23) {
    view.setUint32(at, view.getUint32(at, true) + moved, true);
  }
  return copy;
}

Deno.test("a program in which all addresses have moved is a small part of the whole", () => {
  const old = program(300_000, 0);
  const moved = moveAddresses(old, 0x1230);
  const fresh = concat(moved.subarray(0, 100_000), noise(777), moved.subarray(100_000));
  const base = revision({ "bin-1": { content: old }, other: { content: noise(1000) } });
  const next = revision({ "bin-2": { content: fresh }, other: { content: noise(1000) } });
  for (const windows of [undefined, { fresh: 40_000, old: 150_000 }]) {
    const patch = patchOf(base, next, { windows });
    assertMakes(patch, base, next);
    assert((patch?.length ?? 0) < fresh.length / 10, `${patch?.length} bytes`);
  }
});

Deno.test("content that moved far is found by its path, as windows follow it", () => {
  const [first, second] = [noise(200_000), noise(50_000)];
  const base = revision({ a: { content: first }, b: { content: second } });
  const next = revision({ b: { content: concat(second, bytesOf("x")) } });
  const patch = patchOf(base, next, { windows: { fresh: 60_000, old: 60_000 } });
  assertMakes(patch, base, next);
  assert((patch?.length ?? 0) < 1200, `${patch?.length} bytes`);
});

Deno.test("a patch over the limit is none", () => {
  const base = revision({});
  const next = revision({ a: { content: noise(10_000) } });
  const size = patchOf(base, next)?.length ?? 0;
  assertEquals(patchOf(base, next, { limit: size })?.length, size);
  assertEquals(patchOf(base, next, { limit: size - 1 }), undefined);
  assertEquals(patchOf(base, next, { limit: 100, windows: { fresh: 100, old: 1 } }), undefined);
});

Deno.test("equal contents are in a side once, and empty ones without bytes", () => {
  const [x, y, empty] = [bytesOf("xx"), bytesOf("yyy"), new Uint8Array()];
  const base = revision({ a: { content: x }, b: { content: x }, c: { content: y } });
  const next = revision({
    ...{ a: { content: empty }, b: { content: y }, c: { content: y } },
    ...{ d: { content: bytesOf("new") }, e: { content: bytesOf("new") }, f: { content: empty } },
  });
  const { old, fresh } = sidesOf(base.tree, next.tree);
  assertEquals(old.parts.map(({ path, start, size }) => [path, start, size]), [["a", 0, 2]]);
  assertEquals(fresh.parts.map(({ path, start, size }) => [path, start, size]), [
    ["a", 0, 0],
    ["d", 0, 3],
  ]);
  assertMakes(patchOf(base, next), base, next);
});

Deno.test("trees that give a content two sizes have no sides", () => {
  const tree = revision({ a: { content: bytesOf("a") } }).tree;
  const lie = { entries: tree.entries.map((entry) => ({ ...entry, size: 5 })) };
  assertThrows(() => sidesOf(tree, lie), IntegrityError);
});

Deno.test("the trees of random pairs could be unpacked", () => {
  fc.assert(
    fc.property(pair, ({ base }) => {
      const sides = sidesOf({ entries: [] }, base.tree);
      bytesIn(base, sides.fresh).read(0, new Uint8Array(sides.fresh.size));
      const patch = patchOf(revision({}), base) ?? new Uint8Array();
      assertEquals(
        parseTree(Patch.parse(patch).nextTree(textOf({ entries: [] })).text.bytes),
        base.tree,
      );
    }),
    { numRuns: 50 },
  );
});
