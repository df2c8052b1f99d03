/** Pairs of trees with contents, and patches between them. */
import fc from "fast-check";
import { createHash } from "node:crypto";
import type { RandomBytes } from "../../../src/archive/delta/bytes.ts";
import { makePatch, Patch, type PatchInput } from "../../../src/archive/delta/patch.ts";
import {
  bytesOfSide,
  partsOfSide,
  type Side,
  type Sides,
  sidesOf,
  sidesOfChange,
} from "../../../src/archive/delta/sides.ts";
import { sortPaths } from "../../../src/archive/tree/path_order.ts";
import {
  formatTree,
  hashTree,
  type RevisionTree,
  type TreeEntry,
} from "../../../src/archive/tree/tree.ts";
import { TreeText } from "../../../src/archive/tree/tree_text.ts";
import { requireRevisionName } from "../../../src/revision/names.ts";
import { assert, assertEquals } from "../../assert.ts";

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What is at a path: a folder, a link to a path, or a file with content. */
export type Given =
  | { readonly mtime?: number; readonly mode?: number; readonly content: Uint8Array }
  | { readonly mtime?: number; readonly mode: number }
  | { readonly link: string }
  | { readonly mtime?: number; readonly target: string };

/** A tree, with the contents of its files by their SHA-256. */
export interface Revision {
  readonly tree: RevisionTree;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export function revision(given: Readonly<Record<string, Given>>): Revision {
  const contents = new Map<string, Uint8Array>();
  const entries = sortPaths(Object.keys(given)).map((path): TreeEntry => {
    const one = given[path] as Given;
    if ("link" in one) return { kind: "hardlink", path, target: one.link };
    const { mtime } = one;
    if ("target" in one) return { kind: "symlink", path, mtime, target: one.target };
    if (!("content" in one)) return { kind: "folder", path, mode: one.mode, mtime };
    const sha256 = sha256Of(one.content);
    contents.set(sha256, one.content);
    return { kind: "file", path, mode: one.mode ?? 0o644, mtime, size: one.content.length, sha256 };
  });
  return { tree: { entries }, contents };
}

/** The bytes of a side. */
export function bytesIn({ contents }: Revision, side: Side): RandomBytes {
  return bytesOfSide(side, ({ sha256 }, { offset, into }) => {
    into.set((contents.get(sha256) as Uint8Array).subarray(offset, offset + into.length));
  });
}

type Options = Pick<PatchInput, "limit" | "windows" | "sides"> & { readonly isWhole?: boolean };

export function patchOf(
  base: Revision,
  next: Revision,
  { isWhole = false, sides = sidesOf(base.tree, next.tree), ...options }: Options = {},
): Uint8Array<ArrayBuffer> | undefined {
  const [from, to] = [
    requireRevisionName("my_site.VZ5vQk8aR4G"),
    requireRevisionName("my_site.VZ5vQk8aR4H"),
  ];
  return makePatch({
    head: {
      package: from.package,
      from: { id: from.id, tree: hashTree(formatTree(base.tree)) },
      to: { id: to.id, tree: hashTree(formatTree(next.tree)), sha256: "0".repeat(64), size: 1234 },
    },
    base: base.tree,
    next: next.tree,
    sides,
    old: isWhole ? undefined : bytesIn(base, sides.old),
    fresh: bytesIn(next, sides.fresh),
    ...options,
  });
}

export function textOf(tree: RevisionTree): TreeText {
  return new TreeText(formatTree(tree));
}

/** Does what a machine does with a patch. Returns the next tree and the contents that the base lacks. */
export function applied(
  patch: Uint8Array,
  base: Revision,
): { tree: RevisionTree; sides: Sides; contents: Map<string, Uint8Array> } {
  const parsed = Patch.parse(patch);
  const { tree, change } = parsed.nextTree(textOf(base.tree));
  const sides = sidesOfChange(tree, change);
  assertEquals(sides, sidesOf(base.tree, tree));
  const contents = new Map<string, Uint8Array>();
  const pieces: Uint8Array[] = [];
  const old = parsed.isWhole ? undefined : bytesIn(base, sides.old);
  for (const { part, piece, isLast } of partsOfSide(sides.fresh, parsed.fresh(sides, old))) {
    pieces.push(piece.slice());
    if (!isLast) continue;
    contents.set(part.sha256, Uint8Array.from(pieces.splice(0).flatMap((one) => [...one])));
  }
  return { tree, sides, contents };
}

/** Applies the patch, and compares all of the result. */
export function assertMakes(patch: Uint8Array | undefined, base: Revision, next: Revision): void {
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

const text = fc.array(fc.constantFrom("alpha ", "beta ", "gamma\n", "d", "0123456789abcdef"), {
  maxLength: 60,
}).map((words) => new TextEncoder().encode(words.join("")));
const content = fc.oneof(text, fc.uint8Array({ maxLength: 200 }));
/** Milliseconds, far apart too. */
const mtime = fc.oneof(
  fc.constantFrom(0, 1_500_000_000_000, -1000, 8.64e15, -8.64e15),
  fc.nat(2_000_000_000_000),
);
const mode = fc.constantFrom(0o644, 0o755, 0);

const PATHS = ["a", "b", "c", "d", "e", "d/a", "d/b", "\u{1f600}", "\uffee"];

const given = fc.oneof(
  { weight: 5, arbitrary: fc.record({ content, mode, mtime }, { requiredKeys: ["content"] }) },
  { weight: 1, arbitrary: fc.record({ mode, mtime }, { requiredKeys: ["mode"] }) },
  { weight: 1, arbitrary: fc.record({ target: fc.constantFrom("a", "x") }) },
);

/** Changes of a path: most stay, so that there is something to keep. */
const edits = fc.array(
  fc.record({
    path: fc.constantFrom(...PATHS),
    to: fc.oneof(given, fc.constant(undefined)),
    at: fc.nat(100),
    how: fc.constantFrom("replace", "edit", "touch", "copy"),
    other: fc.constantFrom(...PATHS),
  }),
  { maxLength: 6 },
);

type Edit = typeof edits extends fc.Arbitrary<(infer T)[]> ? T : never;

function edited(state: Record<string, Given>, edit: Edit): void {
  const now = state[edit.path];
  const other = state[edit.other];
  if (edit.how === "touch" && now !== undefined && "mtime" in now) {
    state[edit.path] = { ...now, mtime: 1000 * edit.at };
  } else if (edit.how === "copy" && other !== undefined) state[edit.path] = other;
  else if (edit.how === "edit" && now !== undefined && "content" in now) {
    const bytes = [...now.content];
    bytes.splice(edit.at % (bytes.length + 1), edit.at % 3, 1, 2);
    state[edit.path] = { ...now, content: Uint8Array.from(bytes) };
  } else if (edit.to === undefined) delete state[edit.path];
  else state[edit.path] = edit.to;
}

/** Leaves out what no tree can have, and gives the last file another name. */
function possible(state: Readonly<Record<string, Given>>): Revision {
  const kept: Record<string, Given> = {};
  const folder = state["d"];
  const isFolder = folder !== undefined && "mode" in folder && !("content" in folder);
  for (const [path, one] of Object.entries(state)) {
    if (!path.startsWith("d/") || isFolder) kept[path] = one;
  }
  if (kept["a"] !== undefined && "content" in kept["a"]) kept["z"] = { link: "a" };
  return revision(kept);
}

/** A base, and what comes of it by some edits. */
export const pair = fc.record({
  base: fc.dictionary(fc.constantFrom(...PATHS), given, {
    maxKeys: PATHS.length,
    noNullPrototype: true,
  }),
  edits,
}).map(({ base, edits }) => {
  const state = { ...base };
  for (const edit of edits) edited(state, edit);
  return { base: possible(base), next: possible(state) };
});
