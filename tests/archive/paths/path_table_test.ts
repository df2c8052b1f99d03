import {
  FILE,
  FOLDER,
  NOTHING,
  PathTable,
  ROOT,
  SYMLINK,
} from "../../../src/archive/paths/path_table.ts";
import { assert, assertEquals } from "../../assert.ts";

/** Names that are easily taken for each other, or for none. */
const NAMES = [
  "a",
  "aa",
  "A",
  " ",
  "\u00e4",
  "\u00c3\u00a4",
  "\u7fff",
  "\u{1f680}",
  "\ud83d\ufffd",
  "a\u0301",
  "n".repeat(255),
  "\u{1f680}".repeat(63),
];

Deno.test("PathTable tells names apart, finds them again and gives them back", () => {
  const table = new PathTable();
  const folder = table.enter(ROOT, "folder");
  for (const parent of [ROOT, folder]) {
    for (const name of NAMES) {
      assertEquals(table.find(parent, name), undefined, name);
      const node = table.enter(parent, name);
      assert(node > parent);
      assertEquals(table.find(parent, name), node);
      assertEquals(table.enter(parent, name), node);
      assertEquals([table.parentOf(node), table.nameOf(node)], [parent, name]);
    }
  }
  assertEquals(table.size, 2 + 2 * NAMES.length);
  assertEquals(table.find(ROOT, "n".repeat(5000)), undefined);
});

Deno.test("PathTable keeps what a node is, and counts what is in a folder once", () => {
  const table = new PathTable();
  assertEquals([table.kindOf(ROOT), table.pathOf(ROOT), table.isEmpty(ROOT)], [FOLDER, "", true]);
  const folder = table.enter(ROOT, "a");
  assertEquals([table.kindOf(folder), table.isEmpty(ROOT)], [NOTHING, true]);
  table.setKind(folder, FOLDER);
  const file = table.enter(folder, "b");
  assertEquals([table.isEmpty(ROOT), table.isEmpty(folder)], [false, true]);
  for (const kind of [FILE, SYMLINK, FOLDER] as const) {
    table.setKind(file, kind);
    assertEquals([table.kindOf(file), table.isEmpty(folder)], [kind, false]);
  }
  assertEquals(table.pathOf(file), "a/b");
});

Deno.test("PathTable holds more than its first blocks, with the same names in many folders", () => {
  const table = new PathTable();
  const nodes = new Map<string, number>();
  for (let f = 0; f < 300; f++) {
    const folder = table.enter(ROOT, `folder ${f}`);
    for (let n = 0; n < 300; n++) {
      nodes.set(`folder ${f}/name ${n}`, table.enter(folder, `name ${n}`));
    }
  }
  assertEquals([nodes.size, new Set(nodes.values()).size, table.size], [90_000, 90_000, 90_301]);
  for (const [path, node] of nodes) {
    if (node % 97 === 0) assertEquals(table.pathOf(node), path);
    const [folder = "", name = ""] = path.split("/");
    assertEquals(table.find(table.find(ROOT, folder) ?? -1, name), node);
  }
});
