/** What is deleted, and above all what is not. */
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { findMount, removeTree } from "../../../src/machine/revisions/trees.ts";
import { Mount, run } from "../../proof/mounts.ts";
import { MOUNTING, testWith } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";

function names(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

Deno.test("removeTree() deletes a tree, even with folders that are closed to their owner", async () => {
  using folder = new TempFolder();
  const tree = folder.folder("tree");
  folder.write("tree/a/b/file", "x");
  folder.write("tree/c", "x");
  Deno.symlinkSync("nowhere", `${tree}/link`);
  for (const closed of ["a/b", "a"]) Deno.chmodSync(`${tree}/${closed}`, 0o000);
  assertEquals(await removeTree(tree), undefined);
  assertEquals(names(folder.path), []);
});

Deno.test("removeTree() does not fail if there is nothing", async () => {
  using folder = new TempFolder();
  assertEquals(await removeTree(`${folder.path}/nothing`), undefined);
});

Deno.test("removeTree() deletes links, not their targets", async () => {
  using folder = new TempFolder();
  folder.write("elsewhere/file", "precious", 0o400);
  Deno.chmodSync(`${folder.path}/elsewhere`, 0o500);
  folder.folder("tree/inner");
  for (const link of ["tree/link", "tree/inner/link", "top"]) {
    Deno.symlinkSync(`${folder.path}/elsewhere`, `${folder.path}/${link}`);
  }
  // Makes removeTree() go entry by entry, and change modes.
  Deno.chmodSync(`${folder.path}/tree/inner`, 0o000);
  assertEquals(await removeTree(`${folder.path}/tree`), undefined);
  assertEquals(await removeTree(`${folder.path}/top`), undefined);
  assertEquals(names(folder.path), ["elsewhere"]);
  assertEquals(names(`${folder.path}/elsewhere`), ["file"]);
  assertEquals((Deno.statSync(`${folder.path}/elsewhere`).mode ?? 0) & 0o777, 0o500);
});

Deno.test("removeTree() ends on an abort", async () => {
  using folder = new TempFolder();
  folder.write("tree/file", "x");
  const reason = new Error("enough");
  await assertRejects(() => removeTree(`${folder.path}/tree`, AbortSignal.abort(reason)), Error);
});

for (const kind of ["bind", "tmpfs"] as const) {
  testWith(
    MOUNTING,
    `removeTree() deletes everything around a ${kind} mount, and nothing in it`,
    async () => {
      using folder = new TempFolder();
      const [data, tree] = [folder.folder("data"), folder.folder("tree")];
      const place = folder.folder("tree/a/place");
      folder.write("tree/a/file", "x");
      folder.write("tree/b/file", "x");
      using _mount = kind === "bind" ? Mount.bind(data, place) : Mount.tmpfs(place, "size=1m");
      Deno.writeTextFileSync(`${place}/photo`, "precious");
      Deno.mkdirSync(`${place}/more`);
      assertEquals(await findMount(tree), place);
      const leftover = await removeTree(tree);
      assertEquals(leftover?.path, tree);
      assertMatch(leftover?.reason ?? "", /^Cannot delete \S+\/a\/place: it is a mount point$/);
      assertEquals([names(tree), names(`${tree}/a`)], [["a"], ["place"]]);
      assertEquals(names(place), ["more", "photo"]);
    },
  );
}

testWith(MOUNTING, "removeTree() deletes nothing if the tree itself is a mount", async () => {
  using folder = new TempFolder();
  const tree = folder.folder("tree");
  using _mount = Mount.bind(folder.folder("data"), tree);
  Deno.writeTextFileSync(`${tree}/photo`, "precious");
  assert(await removeTree(tree) !== undefined);
  assertEquals(names(tree), ["photo"]);
});

testWith(MOUNTING, "removeTree() leaves a mounted file, and deletes the rest", async () => {
  using folder = new TempFolder();
  const file = folder.write("tree/a/settings", "");
  folder.write("tree/b", "x");
  using _mount = Mount.bind(folder.write("settings", "precious"), file);
  assertMatch((await removeTree(`${folder.path}/tree`))?.reason ?? "", /settings/);
  assertEquals(Deno.readTextFileSync(file), "precious");
  assertEquals(names(`${folder.path}/tree`), ["a"]);
});

Deno.test("findMount() finds no mount in a plain tree, changes nothing, and follows no link", async () => {
  using folder = new TempFolder();
  folder.write("tree/a/file", "x");
  Deno.symlinkSync("/proc", `${folder.path}/tree/link`);
  assertEquals(await findMount(`${folder.path}/tree`), undefined);
  assertEquals(names(`${folder.path}/tree`), ["a", "link"]);
});

testWith(
  MOUNTING,
  "findMount() finds the mount in a tree of many folders, and none if there is none",
  async () => {
    using folder = new TempFolder();
    const tree = folder.folder("tree");
    for (let i = 0; i < 1100; i++) Deno.mkdirSync(`${tree}/${i}`);
    assertEquals(await findMount(tree), undefined);
    for (const place of ["0", "549", "1099"]) {
      using mount = Mount.tmpfs(`${tree}/${place}`, "size=1m");
      assertEquals(await findMount(tree), mount.path);
    }
  },
);

/** Runs a shell command in a folder. `$N` is a name that is not UTF-8. */
function shellIn(folder: string, command: string): string {
  return run("/bin/sh", "-c", `cd "$1" && N=$(printf 'caf\\351') && ${command}`, "sh", folder);
}

Deno.test("removeTree() deletes names that are not UTF-8, also entry by entry", async () => {
  using folder = new TempFolder();
  const tree = folder.folder("tree/inner");
  shellIn(tree, 'mkdir "$N" && echo x > "$N/$N" && echo x > "$N.txt" && ln -s x "$N.link"');
  // Prevents a user who is not root from deleting it with one call.
  Deno.chmodSync(tree, 0o000);
  assertEquals(await removeTree(`${folder.path}/tree`), undefined);
  assertEquals(names(folder.path), []);
});

Deno.test("removeTree() deletes files whose path is too long for the system", async () => {
  using folder = new TempFolder();
  const deep = 'D=$(printf "d%.0s" $(seq 200)); for i in $(seq 22); do mkdir $D && cd $D; done';
  shellIn(folder.folder("tree"), `${deep}; echo x > file`);
  assertEquals(await removeTree(`${folder.path}/tree`), undefined);
  assertEquals(names(folder.path), []);
});

testWith(
  MOUNTING,
  "removeTree() deletes nothing of a mount in a folder whose name is not UTF-8",
  async () => {
    using folder = new TempFolder();
    const data = folder.write("my data/photo", "precious").replace(/\/photo$/, "");
    const tree = folder.folder("a tree");
    folder.write("a tree/file", "x");
    shellIn(tree, 'mkdir other && echo x > "other/$N"');
    shellIn(tree, `mkdir -p "$N/place" && mount --bind '${data}' "$N/place"`);
    try {
      assertMatch(await findMount(tree) ?? "", /a tree\/caf\ufffd\/place$/);
      const leftover = await removeTree(tree);
      assertMatch(leftover?.reason ?? "", /^Cannot delete .*: it is a mount point$/);
      assertEquals(names(data), ["photo"]);
      assertEquals(names(tree).length, 1);
    } finally {
      shellIn(tree, 'umount --lazy "$N/place"');
    }
    assertEquals(await removeTree(tree), undefined);
  },
);
