/** A tree's text has one form, and says nothing that an archive could not. */
import {
  formatTree,
  hashTree,
  packTree,
  parseTree,
  type RevisionTree,
  unpackTree,
} from "../../../src/archive/tree/tree.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { bytesOf } from "../builders.ts";

const HASH = "ab".repeat(32);
const SAMPLE: RevisionTree = {
  entries: [
    { kind: "folder", path: "", mode: 0o700, mtime: -1000 },
    { kind: "file", path: "a b", mode: 0o644, mtime: undefined, size: 3, sha256: HASH },
    { kind: "folder", path: 'd"\n', mode: 0o755, mtime: undefined },
    { kind: "symlink", path: 'd"\n/l" "x', mtime: 1_500_000_000_250, target: '" "\\' },
    { kind: "hardlink", path: "e", target: "a b" },
    { kind: "file", path: "\uffee", mode: 0, mtime: 0, size: 0, sha256: HASH.replaceAll("a", "0") },
    { kind: "file", path: "\u{1f600}", mode: 0o777, mtime: 0, size: 2 ** 40, sha256: HASH },
  ],
};

Deno.test("a tree's text is parsed to the same tree, and packed to the same text", () => {
  const text = formatTree(SAMPLE);
  assertEquals(parseTree(text), SAMPLE);
  assertEquals(unpackTree(packTree(text)), text);
  assertEquals(hashTree(text).length, 64);
  assertEquals(parseTree(bytesOf("ftl-tree 1\n")), { entries: [] });
});

const FILE = `f 644 1 3 ${HASH} "a"`;

/** The lines of a text that must be refused, with a part of the reason. */
const REFUSED: readonly (readonly [string, readonly string[]])[] = [
  ["out of order", ['d 755 - "b"', FILE]],
  ["out of order", [FILE, FILE]],
  ["out of order", ['d 755 - "\u{1f600}"', 'd 755 - "\uffee"']],
  ["canonical", [`f 0644 1 3 ${HASH} "a"`]],
  ["canonical", [`f 644 01 3 ${HASH} "a"`]],
  ["canonical", [`f 644 -0 3 ${HASH} "a"`]],
  ["canonical", [`f 644 1 3e0 ${HASH} "a"`]],
  ["canonical", [`f 644 1  ${HASH} "a"`]],
  ["canonical", [`f 644 1 3 ${HASH}  "a"`]],
  ["canonical", [`f 644 1 3 ${HASH} "\\u0061"`]],
  ["canonical", [`f 644 1 3 ${HASH} "a\\/b"`]],
  ["damaged", [`f 1644 1 3 ${HASH} "a"`]],
  ["damaged", [`f 644 1.5 3 ${HASH} "a"`]],
  ["damaged", [`f 644 -1500 3 ${HASH} "a"`]],
  ["damaged", [`f 644 1 -3 ${HASH} "a"`]],
  ["damaged", [`f 644 1 3 ${HASH.toUpperCase()} "a"`]],
  ["damaged", [`f 644 1 3 ${HASH} a`]],
  ["damaged", [`f 644 1 3 ${HASH} ["a"]`]],
  ["damaged", [`f 644 1 3 ${HASH} "a" "b"`]],
  ["damaged", ['x "a" "b"']],
  ["damaged", [""]],
  ["absolute", ['d 755 - "/a"']],
  ['".."', ['d 755 - ".."']],
  ["shortest", ['d 755 - "./a"']],
  ["shortest", ['d 755 - "a/"']],
  ["NUL", ['d 755 - "a\\u0000"']],
  ["longer than 255", [`d 755 - "${"n".repeat(256)}"`]],
  ["not UTF-8", ['d 755 - "\\ud800"']],
  ["not UTF-8", ['l 1 "a" "\\udfff"']],
  ["without a target", ['l 1 "a" ""']],
  ["through", [FILE, 'd 755 - "a/b"']],
  ["through", ['l 1 "a" "."', 'd 755 - "a/b"']],
  ["folder is missing", ['d 755 - "a/b"']],
  ["no earlier file", ['h "a" "b"', `f 644 1 3 ${HASH} "b"`]],
  ["no earlier file", ['h "a" "a"']],
  ["a folder", ['d 755 - "a"', 'h "b" "a"']],
  ["hard link to a hard link", [FILE, 'h "b" "a"', 'h "c" "b"']],
  ["shortest", [FILE, 'h "b" "a/"']],
  ["shortest", [FILE, 'h "b" "a"', 'h "c" "./b"']],
  ["denies its owner", ['d 611 - ""']],
  ["own folder", [`f 644 1 3 ${HASH} ""`]],
  ["more than", [`f 644 1 ${2 ** 53 - 1} ${HASH} "a"`, `f 644 1 1 ${HASH} "b"`]],
];

for (const [why, lines] of REFUSED) {
  Deno.test(`a tree is refused: ${why}: ${lines.join(", ").slice(0, 60)}`, () => {
    const text = bytesOf(["ftl-tree 1", ...lines, ""].join("\n"));
    const { message } = assertThrows(() => parseTree(text), IntegrityError);
    assert(message.includes(why), message);
  });
}

Deno.test("a text that is no tree is refused", () => {
  const whole = formatTree(SAMPLE);
  for (const text of ["", "ftl-tree 1", "ftl-tree 2\n", "\ufeffftl-tree 1\n", "ftl-tree 1\n\xff"]) {
    assertThrows(() => parseTree(Uint8Array.from(text, (c) => c.charCodeAt(0))), IntegrityError);
  }
  for (let length = 0; length < whole.length; length++) {
    const part = whole.subarray(0, length);
    // Only whole lines may be a tree of their own.
    if (length > 10 && part.at(-1) === 10) continue;
    assertThrows(() => parseTree(part), IntegrityError);
  }
});

Deno.test("a flipped bit makes another tree, or none", () => {
  const text = formatTree(SAMPLE);
  const hash = hashTree(text);
  let refused = 0;
  for (let bit = 0; bit < 8 * text.length; bit++) {
    const bytes = text.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ 1 << (bit & 7);
    try {
      const read = formatTree(parseTree(bytes));
      assertEquals(read, bytes);
      assert(hashTree(read) !== hash);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      refused++;
    }
  }
  assert(refused > 3 * text.length, `${refused} refused`);
});

Deno.test("a packed tree that is damaged, or too large, is refused", () => {
  assertThrows(() => unpackTree(bytesOf("no zstd")), IntegrityError);
  assertThrows(() => unpackTree(packTree(new Uint8Array(40 << 20))), IntegrityError);
});
