/** Archives that were made to write outside of the folder that they are unpacked into. */
import { assertEquals } from "../assert.ts";
import { gnuLong, type Member, pax, tar } from "./builders.ts";
import { assertRefused, assertUnpacked, Playground } from "./playground.ts";

Deno.test("an entry named ../evil does not land beside the revision", async () => {
  await assertRefused(tar({ name: "../evil", content: "x" }), { says: ["../evil", '".."'] });
});

const DOTDOT = [
  "..",
  "../",
  "a/..",
  "a/../../evil",
  "./../evil",
  "a/b/../../../evil",
  ".././evil",
  "a//..//b",
];
for (const name of DOTDOT) {
  Deno.test(`a path with a ".." is refused even where it would stay inside: ${name}`, async () => {
    for (const type of ["0", "2", "5"]) {
      await assertRefused(tar({ name, type, link: "x" }), { says: [name, '".."'] });
    }
  });
}

Deno.test("names that only look like .. are names", async () => {
  using play = new Playground();
  const names = ["...", "..a", "a..", ".a", "a/...b", ". .", ".. "];
  await assertUnpacked(tar(...names.map((name) => ({ name }))), { play });
  assertEquals(play.tree().length, names.length + 1);
});

Deno.test("an absolute path does not overwrite a file of the system", async () => {
  using play = new Playground();
  const name = `${play.outside}/secret`;
  for (const path of [name, `/${name}`, `//${name}`]) {
    await assertRefused(tar({ name: path, content: "x" }), { says: [name, "absolute"], play });
  }
});

Deno.test("a GNU long name and a PAX path obey the same rules as a short name", async () => {
  const long = `${"a/".repeat(80)}../${"../".repeat(90)}evil`;
  await assertRefused(tar(gnuLong("L", long), { name: "x", content: "x", format: "gnu" }), {
    says: ["a/a/a", '".."'],
  });
  await assertRefused(tar(pax({ path: "../evil" }), { name: "harmless", content: "x" }), {
    says: ["../evil"],
  });
  await assertRefused(tar(pax({ path: "/etc/evil" }), { name: "harmless", content: "x" }), {
    says: ["/etc/evil", "absolute"],
  });
  await assertRefused(tar({ name: "evil", prefix: "/etc", content: "x" }), { says: ["/etc/evil"] });
  await assertRefused(tar({ name: "evil", prefix: "..", content: "x" }), { says: ["../evil"] });
});

Deno.test("a NUL in a PAX path does not hide how it goes on", async () => {
  await assertRefused(tar(pax({ path: "ok\0/../../evil" }), { name: "x" }), { says: ["NUL"] });
  await assertRefused(tar(pax({ linkpath: "ok\0evil" }), { name: "x", type: "2", link: "y" }), {
    says: ["x", "NUL"],
  });
});

Deno.test("an entry without a name is refused", async () => {
  await assertRefused(tar({ name: "", content: "x" }), { says: ["no name"] });
  await assertRefused(tar({ name: "", type: "5" }), { says: ["no name"] });
});

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

Deno.test("a file where a folder with content was does not replace it", async () => {
  for (const type of ["0", "2", "1"]) {
    const bytes = tar({ name: "x" }, { name: "dir/file" }, { name: "dir", type, link: "x" });
    await assertRefused(bytes, { says: ["dir", "not empty"] });
  }
});

Deno.test("a path through a file is refused", async () => {
  await assertRefused(tar({ name: "file" }, { name: "file/x", content: "x" }), {
    says: ["file/x", "through file"],
  });
});

Deno.test("nothing can take the place of the revision's own folder", async () => {
  for (const type of ["0", "2"]) {
    for (const name of type === "0" ? [".", "././."] : [".", "./", "././."]) {
      await assertRefused(tar({ name, type, link: "/tmp", content: type === "0" ? "x" : "" }), {
        says: [name, "own folder"],
      });
    }
  }
});

for (const [type, what] of [["3", "character device"], ["4", "block device"], ["6", "fifo"]]) {
  Deno.test(`a ${what} is refused by name`, async () => {
    await assertRefused(tar({ name: "dev/evil", type: type ?? "" }), {
      says: ["dev/evil", what ?? ""],
    });
  });
}

for (const type of ["N", "Z", "E", "I", "9"]) {
  Deno.test(`an entry of type ${type} is refused by name`, async () => {
    await assertRefused(tar({ name: "odd", type, format: "gnu" }), { says: ["odd", type] });
  });
}

Deno.test("terminal control characters in a name do not reach the message", async () => {
  const message = await assertRefused(tar({ name: "/\x1b[2J\x1b]0;evil\x07\r\n" }), {
    says: ["\\u001b"],
  });
  // deno-lint-ignore no-control-regex -- that is the point
  assertEquals(/[\x00-\x1f]/.test(message), false);
});
