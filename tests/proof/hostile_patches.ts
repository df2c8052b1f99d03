/**
 * Patches and trees that are made to do harm, by whoever may write below `.ftl/delta/`. Each is refused, or makes
 * exactly what its tree says, which is what an archive could hold. None takes long.
 */
import fc from "fast-check";
import { zstdCompressSync } from "node:zlib";
import { checkTree } from "../../src/archive/tree/check_tree.ts";
import { formatTree, parseTree, type RevisionTree } from "../../src/archive/tree/tree.ts";
import { sidesOf } from "../../src/archive/delta/sides.ts";
import { IntegrityError } from "../../src/errors.ts";
import { bytesOf, concat } from "../archive/builders.ts";
import { applied, assertMakes, pair, patchOf, type Revision } from "../archive/delta/pairs.ts";
import { assert, assertEquals } from "../assert.ts";
import type { Figures } from "./lab.ts";

/** Milliseconds for one input. A busy machine may stop in its midst. */
const PATIENCE = 5000;

export interface HostilePatchOptions {
  readonly seed: number;
  /** Patches, and as many trees. */
  readonly inputs: number;
}

/** Throws an Error that has the input, and the seed of fast-check. */
export function breakPatches({ seed, inputs }: HostilePatchOptions): Figures {
  const runs = { seed: seed | 0, numRuns: inputs, endOnFailure: true };
  const counts = { refused: 0, "the same": 0, "another tree": 0 };
  fc.assert(
    fc.property(pair, damage, ({ base, next }, one) => {
      counts[within(() => tryPatch(broken(base, next, one), { base, next }))]++;
    }),
    runs,
  );
  const trees = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(pair, fc.array(lie, { minLength: 1, maxLength: 3 }), ({ base, next }, lies) => {
      trees[within(() => tryTree(base, { honest: next, next: lies.reduce(told, next) }))]++;
    }),
    runs,
  );
  return {
    "patches refused": counts.refused,
    "patches that made the same": counts["the same"],
    "patches that made another honest tree": counts["another tree"],
    "trees refused": trees.refused,
    "trees taken": trees.taken,
  };
}

function within<T>(work: () => T): T {
  const started = performance.now();
  const result = work();
  const took = performance.now() - started;
  assert(took < PATIENCE, `it took ${took} ms`);
  return result;
}

/** Doubles would be near 0 most of the time. */
const part = fc.nat(9999).map((number) => number / 10_000);
const steps = fc.array(fc.oneof(fc.nat(20), fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff)), {
  maxLength: 40,
});

const damage = fc.oneof(
  fc.record({ kind: fc.constant("bit" as const), at: part, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("cut" as const), at: part }),
  fc.record({ kind: fc.constant("window" as const), ops: steps, add: steps, diff: steps }),
  fc.record({
    kind: fc.constant("number" as const),
    which: fc.nat(20),
    to: fc.constantFrom("0", "-1", "1e9", "9007199254740993", "null", '"a"', "[]", "1.5"),
  }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function broken(base: Revision, next: Revision, one: Damage): Uint8Array {
  const honest = patchOf(base, next, { windows: { fresh: 100, old: 200 } }) ?? new Uint8Array();
  if (one.kind === "cut") return honest.subarray(0, Math.floor(one.at * honest.length));
  if (one.kind === "bit") {
    const bytes = honest.slice();
    const at = Math.floor(one.at * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1 << one.bit;
    return bytes;
  }
  const end = honest.indexOf(10) + 1;
  const line = new TextDecoder().decode(honest.subarray(0, end));
  if (one.kind === "number") {
    let left = one.which;
    const forged = line.replaceAll(/(?<=:)\d+/g, (number) => left-- === 0 ? one.to : number);
    return concat(bytesOf(forged), honest.subarray(end));
  }
  const head = JSON.parse(line);
  const parts = (["ops", "diff", "add"] as const).map((name) => {
    const content = Uint8Array.from(one[name]);
    const frame = new Uint8Array(zstdCompressSync(content));
    return { name, frame: content.length === 0 ? content : frame, raw: content.length };
  });
  const [entries] = head.parts;
  head.parts = [
    entries,
    ...parts.map(({ name, frame, raw }) => ({ name, size: frame.length, raw })),
  ];
  const rest = honest.subarray(end, end + entries.size);
  return concat(bytesOf(`${JSON.stringify(head)}\n`), rest, ...parts.map(({ frame }) => frame));
}

function tryPatch(
  patch: Uint8Array,
  { base, next }: { base: Revision; next: Revision },
): "refused" | "the same" | "another tree" {
  try {
    const { tree, contents, sides } = applied(patch, base);
    requireHonest(tree);
    // Whatever it makes has the SHA-256 that its tree tells.
    for (const { sha256 } of sides.fresh.parts) assert(contents.has(sha256), sha256);
    if (formatTree(tree).join() !== formatTree(next.tree).join()) return "another tree";
    assertMakes(patch, base, next);
    return "the same";
  } catch (error) {
    if (error instanceof IntegrityError) return "refused";
    throw error;
  }
}

/** What a tree may be made to say. */
const lie = fc.record({
  at: fc.nat(20),
  path: fc.constantFrom(
    ...["..", "../x", "a/../../x", "/etc/x", "a/x", "d/x", "./a", "a//b", "a/", "", "\0", "x\ny"],
    ...["a\ud800", "b/c/d", "z/x", ".ftl/x", "con", "n".repeat(300), "d/".repeat(3000) + "x"],
  ),
  what: fc.constantFrom("path", "target", "symlink", "hardlink", "mode", "size", "mtime", "twice"),
  number: fc.constantFrom(-1, 0, 0o4777, 0o7777, 2 ** 31, 2 ** 53, 1.5, NaN, Infinity, -1e300),
});
type Lie = typeof lie extends fc.Arbitrary<infer T> ? T : never;

function told(revision: Revision, { at, path, what, number }: Lie): Revision {
  const entries = [...revision.tree.entries];
  const place = at % (entries.length + 1);
  const old = entries[place] ?? { kind: "folder", path: "a", mode: 0o755, mtime: 0 };
  const fake = {
    path: { ...old, path },
    target: { ...old, target: path },
    symlink: { kind: "symlink", path: old.path, mtime: 0, target: path },
    hardlink: { kind: "hardlink", path: old.path, target: path },
    mode: { ...old, mode: number },
    size: { ...old, size: number },
    mtime: { ...old, mtime: number },
    twice: old,
  }[what] as RevisionTree["entries"][number];
  entries.splice(place, what === "twice" ? 0 : 1, fake);
  return { ...revision, tree: { entries } };
}

/**
 * The hash fits, as whoever makes a patch can see to that. Where the sizes are absurd, no contents fit: then the patch
 * has those of the honest tree.
 */
function tryTree(
  base: Revision,
  { honest, next }: { honest: Revision; next: Revision },
): "refused" | "taken" {
  let text: Uint8Array;
  let patch: Uint8Array | undefined;
  try {
    text = formatTree(next.tree);
    const isSane = next.tree.entries.every((one) =>
      !("size" in one) || Number.isInteger(one.size) && one.size >= 0 && one.size < 1e6
    );
    const sides = sidesOf(base.tree, (isSane ? next : honest).tree);
    patch = patchOf(base, next, { isWhole: true, sides });
  } catch {
    // Even whoever lies cannot write that.
    return "refused";
  }
  const asText = taken(() => parseTree(text));
  const asPatch = patch && taken(() => applied(patch, base).tree);
  for (const tree of [asText, asPatch]) if (tree !== undefined) requireHonest(tree);
  if (asText !== undefined) assertEquals(formatTree(asText), text);
  return asText === undefined && asPatch === undefined ? "refused" : "taken";
}

function taken(read: () => RevisionTree): RevisionTree | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

/** By other words than those of FTL: nothing of it leads out of its folder. */
function requireHonest(tree: RevisionTree): void {
  checkTree(tree.entries);
  const kinds = new Map<string, string>();
  for (const entry of tree.entries) {
    const { kind, path } = entry;
    const names = path.split("/");
    assert(!kinds.has(path), `twice: ${path}`);
    const isRoot = path === "" && kind === "folder";
    assert(isRoot || names.every((name) => !["", ".", ".."].includes(name)), `a path: ${path}`);
    assert(!path.includes("\0"), "NUL");
    for (let i = 1; i < names.length; i++) {
      assertEquals(kinds.get(names.slice(0, i).join("/")), "folder", path);
    }
    if (kind === "hardlink") {
      assert(["file", "symlink"].includes(kinds.get(entry.target) ?? ""), `a link: ${path}`);
    }
    if (kind === "file" || kind === "folder") assert((entry.mode & ~0o777) === 0, `${entry.mode}`);
    kinds.set(path, kind);
  }
}
