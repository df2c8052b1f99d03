/** A patch makes the next tree of its base, and never anything else. */
import fc from "fast-check";
import { zstdCompressSync } from "node:zlib";
import { MAX_WINDOW } from "../../../src/archive/delta/patch_head.ts";
import { Patch } from "../../../src/archive/delta/patch.ts";
import { sidesOf } from "../../../src/archive/delta/sides.ts";
import { parseTree } from "../../../src/archive/tree/tree.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { bytesOf, concat, noise } from "../builders.ts";
import { applied, bytesIn, pair, patchOf, type Revision, revision } from "./pairs.ts";

/** Applies the patch, and compares all of the result. */
function assertMakes(patch: Uint8Array | undefined, base: Revision, next: Revision): void {
  assert(patch !== undefined);
  const { tree, sides, contents } = applied(patch, base);
  assertEquals(tree, next.tree);
  assertEquals(sides, sidesOf(base.tree, next.tree));
  for (const { sha256 } of sides.fresh.parts) {
    assertEquals(contents.get(sha256), next.contents.get(sha256));
  }
  for (const entry of tree.entries) {
    if (entry.kind !== "file") continue;
    assert(base.contents.has(entry.sha256) || contents.has(entry.sha256), entry.path);
  }
}

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

Deno.test("a patch of another base is refused", () => {
  const base = revision({ a: { content: bytesOf("a") }, b: { content: bytesOf("b") } });
  const other = revision({ a: { content: bytesOf("x") }, b: { content: bytesOf("b") } });
  const next = revision({ a: { content: bytesOf("a") }, b: { content: bytesOf("c") } });
  const patch = patchOf(base, next) ?? new Uint8Array();
  assertThrows(() => Patch.parse(patch).nextTree(other.tree), IntegrityError);
  assertThrows(() => Patch.parse(patch).nextTree({ entries: [] }), IntegrityError);
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

interface Part {
  readonly name: string;
  readonly content: Uint8Array;
  readonly raw?: number;
}

const OLD = revision({ a: { content: bytesOf("0123456789") } });
const NEW = revision({ a: { content: bytesOf("abcdefghij") } });

/** A patch from OLD to NEW whose windows are made by hand. */
function forged(...windows: Part[]): Uint8Array {
  const honest = patchOf(OLD, NEW, { isWhole: true }) ?? new Uint8Array();
  const end = honest.indexOf(10) + 1;
  const head = JSON.parse(new TextDecoder().decode(honest.subarray(0, end)));
  const entries = honest.subarray(end, end + head.parts[0].size);
  const frames = windows.map(({ content }) =>
    content.length === 0 ? content : new Uint8Array(zstdCompressSync(content))
  );
  head.parts = [
    head.parts[0],
    ...windows.map(({ name, content, raw = content.length }, i) => ({
      name,
      size: frames[i]?.length,
      raw,
    })),
  ];
  return concat(bytesOf(`${JSON.stringify(head)}\n`), entries, ...frames);
}

function delta(ops: readonly number[], diff = "", add = ""): Part[] {
  return [
    { name: "ops", content: Uint8Array.from(ops) },
    { name: "diff", content: bytesOf(diff) },
    { name: "add", content: bytesOf(add) },
  ];
}

const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  "too few bytes": forged(),
  "too many bytes": forged({ name: "add", content: bytesOf("abcdefghijk") }),
  "a window beyond the end": forged(
    { name: "add", content: bytesOf("abcdefghij") },
    { name: "add", content: bytesOf("k") },
  ),
  "other bytes": forged({ name: "add", content: bytesOf("abcdefghix") }),
  "an empty window": forged({ name: "add", content: new Uint8Array() }, ...delta([])),
  "steps that add more than there is": forged(...delta([11, 0, 0], "", "abcdefghij")),
  "steps that leave bytes over": forged(...delta([10, 0, 0], "", "abcdefghijk")),
  "steps that differ more than there is": forged(...delta([0, 0, 10, 0, 10], "abc")),
  "steps that leave differences over": forged(...delta([0, 0, 10, 10, 0], "abc")),
  "a copy before the base": forged(...delta([0, 1, 10, 10, 0])),
  "a copy behind the base": forged(...delta([0, 2, 10, 10, 0])),
  "a copy longer than the base": forged(...delta([0, 0, 11, 11, 0])),
  "runs longer than their copy": forged(...delta([0, 0, 10, 11, 0])),
  "runs of nothing": forged(...delta([0, 0, 10, ...new Array(9000).fill(0)])),
  "steps that do nothing": forged(...delta(new Array(9000).fill(0))),
  "a number that is cut off": forged(...delta([0x80])),
  "a number that is too great": forged(...delta(new Array(20).fill(0xff))),
  "a part that is larger than it says": forged({
    name: "add",
    content: new Uint8Array(1 << 24),
    raw: 10,
  }),
  "a part that is smaller than it says": forged({ name: "add", content: bytesOf("a"), raw: 10 }),
  "a part out of bounds": forged({ name: "add", content: bytesOf("a"), raw: MAX_WINDOW + 1 }),
  "parts out of order": forged(...delta([0, 0, 0]).reverse()),
  "a part without the others": forged({ name: "ops", content: bytesOf("a") }),
  "an unknown part": forged({ name: "more", content: bytesOf("a") }),
  "no line": bytesOf("{}"),
  "no JSON": bytesOf("patch\n"),
  "another JSON": bytesOf("[null]\n"),
  "nothing": new Uint8Array(),
};

for (const [what, patch] of Object.entries(HOSTILE)) {
  Deno.test(`a hostile patch is refused: ${what}`, () => {
    assertThrows(() => applied(patch, OLD), IntegrityError);
  });
}

Deno.test("a patch by hand that is honest is applied", () => {
  assertMakes(forged(...delta([10, 0, 0], "", "abcdefghij")), OLD, NEW);
  const differences = String.fromCharCode(...new Array(10).fill(0x31));
  assertMakes(forged(...delta([0, 0, 10, 0, 10], differences)), OLD, NEW);
});

Deno.test("a format of another version is refused", () => {
  const patch = new TextDecoder("latin1").decode(patchOf(OLD, NEW));
  const other = Uint8Array.from(patch.replace('"format":1', '"format":2'), (c) => c.charCodeAt(0));
  const { message } = assertThrows(() => Patch.parse(other), IntegrityError);
  assert(message.includes("does not know"), message);
});

Deno.test("the trees of random pairs could be unpacked", () => {
  fc.assert(
    fc.property(pair, ({ base }) => {
      const sides = sidesOf({ entries: [] }, base.tree);
      bytesIn(base, sides.fresh).read(0, new Uint8Array(sides.fresh.size));
      const patch = patchOf(revision({}), base) ?? new Uint8Array();
      assertEquals(parseTree(Patch.parse(patch).nextTree({ entries: [] }).text), base.tree);
    }),
    { numRuns: 50 },
  );
});
