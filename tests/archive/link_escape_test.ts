/** Archives whose links were made to lead writes, modes or reads outside of the folder. */
import { assertEquals } from "../assert.ts";
import { type Member, tar } from "./builders.ts";
import { assertRefused, assertUnpacked, Playground } from "./playground.ts";

Deno.test("a symlink to outside, then a file through it, writes nothing there", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "door", type: "2", link: play.outside },
    { name: "door/secret", content: "stolen" },
  );
  await assertRefused(bytes, { says: ["door/secret", "symlink"], play });
});

Deno.test("a symlink to outside is not followed by folders, links or deeper paths either", async () => {
  for (
    const second of [
      { name: "door/folder", type: "5" },
      { name: "door/a/b/c", content: "x" },
      { name: "door/link", type: "2", link: "x" },
      { name: "./door/./x", content: "x" },
    ]
  ) {
    using play = new Playground();
    const bytes = tar({ name: "door", type: "2", link: "../../outside" }, second);
    await assertRefused(bytes, { says: [second.name, "symlink door"], play });
  }
});

Deno.test("a chain of symlinks, each harmless by itself, leads nowhere", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "a", type: "2", link: "." },
    { name: "b", type: "2", link: "a/.." },
    { name: "c", type: "2", link: "b/../outside" },
    { name: "c/secret", content: "stolen" },
  );
  await assertRefused(bytes, { says: ["c/secret", "symlink c"], play });
});

Deno.test("a symlink that points inside is not followed either", async () => {
  const bytes = tar(
    { name: "real/", type: "5" },
    { name: "alias", type: "2", link: "real" },
    { name: "alias/file", content: "x" },
  );
  await assertRefused(bytes, { says: ["alias/file", "symlink alias"] });
});

Deno.test("a file over a symlink replaces the link and does not write through it", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "link", type: "2", link: `${play.outside}/secret` },
    { name: "link", content: "mine", mode: 0o600, mtime: 77 },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), ['link 0600 "mine"']);
});

Deno.test("a folder over a symlink replaces the link and does not go through it", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "link", type: "2", link: play.outside },
    { name: "link/", type: "5", mode: 0o777, mtime: 77 },
    { name: "link/secret", content: "mine" },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), ["link/ 0777", 'link/secret 0644 "mine"']);
});

Deno.test("a folder that becomes a symlink after it was used is not followed", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "dir/", type: "5" },
    { name: "dir", type: "2", link: play.outside },
    { name: "dir/secret", content: "stolen" },
  );
  await assertRefused(bytes, { says: ["dir/secret", "symlink dir"], play });
});

Deno.test("the mode and mtime of a folder are not set through a symlink that took its place", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "dir/", type: "5", mode: 0o777, mtime: 77 },
    { name: "dir", type: "2", link: play.outside },
  );
  const before = Deno.statSync(play.outside);
  await assertUnpacked(bytes, { play });
  const after = Deno.statSync(play.outside);
  assertEquals([after.mode, after.mtime], [before.mode, before.mtime]);
});

Deno.test("the mtime of a symlink is not set on what it points to", async () => {
  using play = new Playground();
  await assertUnpacked(
    tar({ name: "l", type: "2", link: `${play.outside}/secret`, mtime: 99 }),
    { play },
  );
  assertEquals(play.stat("l").mtime?.getTime(), 99_000);
});

Deno.test("a hard link to a file of the system does not bring it in", async () => {
  using play = new Playground();
  for (const link of [`${play.outside}/secret`, "../../outside/secret", "a/../../x"]) {
    const bytes = tar({ name: "loot", type: "1", link });
    await assertRefused(bytes, { says: ["loot"], play });
  }
});

Deno.test("a hard link through a symlink does not bring in what lies behind it", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "door", type: "2", link: play.outside },
    { name: "loot", type: "1", link: "door/secret" },
  );
  await assertRefused(bytes, { says: ["loot", "door/secret"], play });
});

Deno.test("a hard link to a symlink is a symlink to what comes after it: nothing goes through it", async () => {
  const links: Member[] = [
    { name: "door", type: "2", link: "../../outside" },
    { name: "second", type: "1", link: "door" },
    { name: "third", type: "1", link: "second" },
  ];
  for (const name of ["second/secret", "third/secret"]) {
    using play = new Playground();
    const bytes = tar(...links, { name, content: "stolen" });
    await assertRefused(bytes, { says: [name, "through the symlink"], play });
  }
  using play = new Playground();
  const bytes = tar(
    { name: "door", type: "2", link: `${play.outside}/secret` },
    { name: "loot", type: "1", link: "door" },
    { name: "loot", content: "mine" },
    { name: "again", type: "1", link: "door" },
    { name: "again", type: "1", link: "loot" },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), [
    'again 0644 "mine"',
    `door -> ${play.outside}/secret`,
    'loot 0644 "mine"',
  ]);
});

Deno.test("a hard link to a folder, to what is missing, or to what comes later is refused", async () => {
  await assertRefused(tar({ name: "d/", type: "5" }, { name: "l", type: "1", link: "d" }), {
    says: ["l", "hard link to d", "a folder"],
  });
  await assertRefused(tar({ name: "l", type: "1", link: "." }), { says: ["l", "hard link to ."] });
  await assertRefused(tar({ name: "l", type: "1", link: "" }), {
    says: ["l", "target has no name"],
  });
  await assertRefused(tar({ name: "l", type: "1", link: "later" }, { name: "later" }), {
    says: ["l", "hard link to later"],
  });
});
