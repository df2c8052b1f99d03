/** A tree that is read by what it has in common with another one is the tree that it is. */
import fc from "fast-check";
import { formatTree, type TreeEntry } from "../../../src/archive/tree/tree.ts";
import { readLike, TreeText } from "../../../src/archive/tree/tree_text.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { pair, textOf } from "../delta/pairs.ts";
import { bytesOf } from "../builders.ts";

Deno.test("readLike() gives the tree, and what the other one has at each path", () => {
  fc.assert(
    fc.property(pair, ({ base: { tree }, next }) => {
      const [text, other] = [textOf(tree), { text: textOf(next.tree), tree: next.tree }];
      const read = readLike(text, other);
      assertEquals(read.tree, tree);
      const matches = tree.entries.map(({ path }) => {
        return next.tree.entries.find((entry) => entry.path === path);
      });
      assertEquals(read.matches, matches);
      // What is shared is the same.
      const shared = read.tree.entries.filter((entry, i) => entry === read.matches[i]);
      assert(shared.length <= sameLines(tree.entries, next.tree.entries));
    }),
    { numRuns: 300 },
  );
});

function sameLines(entries: readonly TreeEntry[], others: readonly TreeEntry[]): number {
  const lines = new Set(others.map((entry) => lineOf(entry)));
  return entries.filter((entry) => lines.has(lineOf(entry))).length;
}

function lineOf(entry: TreeEntry): string {
  return new TextDecoder().decode(formatTree({ entries: [entry] }));
}

Deno.test("readLike() finds one change among thousands of lines", () => {
  const entries = Array.from({ length: 5000 }, (_, i): TreeEntry => {
    return { kind: "folder", path: `d${String(i).padStart(5, "0")}`, mode: 0o755, mtime: i };
  });
  const next = { entries: entries.with(3333, { ...entries[3333], mode: 0o700 } as TreeEntry) };
  const read = readLike(textOf({ entries }), { text: textOf(next), tree: next });
  assertEquals(read.tree.entries, entries);
  assertEquals(read.tree.entries.filter((entry, i) => entry !== next.entries[i]).length, 1);
  assertEquals(read.matches, next.entries);
});

const NOTHING = { text: textOf({ entries: [] }), tree: { entries: [] } };

for (
  const lines of [
    ['d 755 - "b"', 'd 755 - "a"'],
    ['d 755 - "a"', 'd 755 - "a"'],
    ['d 755 - "../a"'],
    ['d 755 - "/a"'],
    ['d 755 - "a//b"'],
    ['d 755 - "a\\u0000"'],
    ["d 755 -"],
  ]
) {
  Deno.test(`readLike() refuses ${lines.join(", ")}`, () => {
    const text = new TreeText(bytesOf(`ftl-tree 1\n${lines.join("\n")}\n`));
    assertThrows(() => readLike(text, NOTHING), IntegrityError);
  });
}

Deno.test("a line that is out of order after one that both trees have is refused", () => {
  const entries: TreeEntry[] = [{ kind: "folder", path: "b", mode: 0o755, mtime: undefined }];
  const other = { text: textOf({ entries }), tree: { entries } };
  const text = new TreeText(bytesOf('ftl-tree 1\nd 755 - "b"\nd 755 - "a"\n'));
  assertThrows(() => readLike(text, other), IntegrityError);
});

Deno.test("TreeText.contents() has each content of a file once, and nothing else", () => {
  const of = (path: string, byte: string): TreeEntry => ({
    ...{ kind: "file", path, mode: 0o644, mtime: -1, size: 3 },
    sha256: byte.repeat(32),
  });
  const entries: TreeEntry[] = [
    { kind: "folder", path: "a f b", mode: 0o755, mtime: undefined },
    of("a f b/1", "0f"),
    { kind: "symlink", path: "f", mtime: 5, target: "f 644 1 2 3" },
    { kind: "hardlink", path: "fh", target: "a f b/1" },
    of("x", "a1"),
    of("y", "0f"),
  ];
  const found = new TreeText(formatTree({ entries })).contents();
  assertEquals([...found], ["0f".repeat(32), "a1".repeat(32)]);
  const damaged = new TreeText(bytesOf("ftl-tree 1\nf\nf 1\nfffff\nf 1 2 3 zz\n"));
  assertEquals([...damaged.contents()].some((hash) => /^[0-9a-f]{64}$/.test(hash)), false);
});

Deno.test("TreeText.contents() looks no further than each line, however many lack their words", () => {
  const text = bytesOf(`ftl-tree 1\n${"f\n".repeat(90_000)}d 755 - "${"x".repeat(4 << 20)}"\n`);
  const started = performance.now();
  assertEquals([...new TreeText(text).contents()], ["f\n"]);
  // Looking for spaces to the end takes minutes.
  assert(performance.now() - started < 5000);
});
