/** What is decided fast is what the rules of archives decide. */
import fc from "fast-check";
import { checkByRules, checkTree } from "../../../src/archive/tree/check_tree.ts";
import { comparePaths } from "../../../src/archive/tree/path_order.ts";
import { isPlainTree } from "../../../src/archive/tree/plain_tree.ts";
import type { TreeEntry } from "../../../src/archive/tree/tree.ts";
import { assert, assertEquals } from "../../assert.ts";

const name = fc.constantFrom("a", "b", "a b", ".", "..", ".a", "", "\0", "\u{e9}", "\ud800", "a.");
const path = fc.array(name, { maxLength: 3 }).map((names) => names.join("/"));
const mtime = fc.constantFrom(undefined, 1000);
const entry: fc.Arbitrary<TreeEntry> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant("file" as const), path, mode: fc.constant(0o644), mtime },
    ...{
      size: fc.constantFrom(0, 3, Number.MAX_SAFE_INTEGER),
      sha256: fc.constant("ab".repeat(32)),
    },
  }),
  fc.record({
    ...{ kind: fc.constant("folder" as const), path, mode: fc.constantFrom(0o755, 0o611), mtime },
  }),
  fc.record({ kind: fc.constant("symlink" as const), path, mtime, target: path }),
  fc.record({ kind: fc.constant("hardlink" as const), path, target: path }),
);

Deno.test("a tree that counts as plain is admitted by the rules", () => {
  let plain = 0;
  let admitted = 0;
  const trees = fc.array(entry, { maxLength: 6 });
  fc.assert(
    fc.property(trees, fc.boolean(), (entries, isSorted) => {
      const found = [...entries];
      if (isSorted) found.sort((a, b) => comparePaths(a.path, b.path));
      const isAdmitted = isDone(() => checkByRules(found));
      if (isPlainTree(found)) plain++;
      if (isAdmitted) admitted++;
      assert(isAdmitted || !isPlainTree(found), JSON.stringify(found));
      assertEquals(isDone(() => checkTree(found)), isAdmitted);
    }),
    { numRuns: 8000 },
  );
  assert(plain > 100 && plain < admitted, `${plain} plain, ${admitted} admitted`);
});

Deno.test("usual trees are plain", () => {
  const file = { kind: "file", mode: 0o644, mtime: 1, size: 1, sha256: "ab".repeat(32) } as const;
  assert(isPlainTree([
    { kind: "folder", path: "", mode: 0o755, mtime: 1 },
    { ...file, path: ".npmrc" },
    { kind: "folder", path: "a", mode: 0o755, mtime: undefined },
    { ...file, path: "a b" },
    { kind: "symlink", path: "a/l", mtime: 1, target: "../a b" },
    { kind: "hardlink", path: "b", target: "a b" },
    { kind: "hardlink", path: "c", target: "a/l" },
  ]));
});

function isDone(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
