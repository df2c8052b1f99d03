/** What is kept of an archive, and what becomes of one. */
import { checkArchive } from "../../src/archive/check.ts";
import { assertEquals } from "../assert.ts";
import { bytesOf, END, gzip, joined, member, pax, stream, tar, zstd } from "./builders.ts";
import { assertRefused, assertUnpacked, Playground } from "./playground.ts";

const TEXT = bytesOf("one file\n".repeat(1000));
const SINGLE: [rest: string, content: Uint8Array, stored: string][] = [
  ["js", TEXT, "my_site.js"],
  ["", TEXT, "my_site"],
  ["js.gz", gzip(TEXT), "my_site.js"],
  ["gz", gzip(TEXT), "my_site"],
  ["sql.zst", zstd(TEXT), "my_site.sql"],
  ["tar.xz", TEXT, "my_site.tar.xz"],
];
for (const [rest, content, stored] of SINGLE) {
  Deno.test(`my_site${rest && "."}${rest} becomes the one file ${stored}`, async () => {
    using play = new Playground();
    const unpacked = await assertUnpacked(content, { rest, play });
    assertEquals(play.tree(), [`${stored} 0644 "9000 bytes"`]);
    assertEquals(unpacked, { entries: 1, bytes: 9000 });
  });
}

Deno.test("an empty file is stored as one, compressed or not", async () => {
  for (const [rest, content] of [["js", ""], ["js.gz", gzip(bytesOf(""))]] as const) {
    using play = new Playground();
    await assertUnpacked(bytesOf(content), { rest, play });
    assertEquals(play.tree(), ['my_site.js 0644 ""']);
  }
});

Deno.test("a rest of the name that is a path does not lead out of the revision", async () => {
  await assertRefused(TEXT, { rest: "x/../../../outside/secret", says: ["it is not a file name"] });
});

Deno.test("setuid, setgid and sticky bits are dropped", async () => {
  using play = new Playground();
  const bytes = tar({ name: "f", mode: 0o6755 }, { name: "d/", type: "5", mode: 0o3777 });
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), ["d/ 0777", 'f 0755 ""']);
});

Deno.test("the later of two entries with one name wins", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "a", content: "first, and longer", mode: 0o600 },
    { name: "b", type: "1", link: "a" },
    { name: "./a", content: "second", mode: 0o640 },
    { name: "l", type: "2", link: "nowhere" },
    { name: "l", type: "2", link: "somewhere" },
    { name: "empty/", type: "5" },
    { name: "empty", content: "a file now" },
    { name: "file", content: "x" },
    { name: "file/", type: "5", mode: 0o700 },
    { name: "file/inside", content: "x" },
    { name: "twice/", type: "5", mode: 0o700 },
    { name: "twice/", type: "5", mode: 0o711, mtime: 42 },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), [
    'a 0640 "second"',
    'b 0600 "first, and longer"',
    'empty 0644 "a file now"',
    "file/ 0700",
    'file/inside 0644 "x"',
    "l -> somewhere",
    "twice/ 0711",
  ]);
  assertEquals(play.stat("twice").mtime?.getTime(), 42_000);
});

Deno.test("a file that was archived twice, and so links to itself, stays", async () => {
  using play = new Playground();
  const bytes = tar({ name: "a", content: "x" }, { name: "./a", type: "1", link: "a" });
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), ['a 0644 "x"']);
});

Deno.test("folders may come after their files, deny writing, or not come at all", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "late/deep/file", content: "x" },
    { name: "late/deep/", type: "5", mode: 0o500, mtime: 1000 },
    { name: "late/", type: "5", mode: 0o555, mtime: 2000 },
    { name: "late/more", content: "y" },
    { name: "late/deep/more", content: "z" },
    { name: "never/told/file", content: "x" },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree().filter((line) => line.includes("late")), [
    "late/ 0555",
    "late/deep/ 0500",
    'late/deep/file 0644 "x"',
    'late/deep/more 0644 "z"',
    'late/more 0644 "y"',
  ]);
  assertEquals(play.stat("late/deep").mtime?.getTime(), 1_000_000);
  assertEquals(play.stat("late").mtime?.getTime(), 2_000_000);
});

Deno.test("the entry ./ sets mode and mtime of the revision, which stays usable", async () => {
  using play = new Playground();
  await assertUnpacked(tar({ name: "./", type: "5", mode: 0o055, mtime: 7 }), { play });
  assertEquals((Deno.statSync(play.target).mode ?? 0) & 0o777, 0o755);
  assertEquals(Deno.statSync(play.target).mtime?.getTime(), 7000);
});

Deno.test("an mtime in PAX form counts to the millisecond, also from a global header", async () => {
  using play = new Playground();
  const bytes = tar(
    pax({ mtime: "1500000000.25" }),
    { name: "own" },
    pax({ mtime: "1400000000" }, "g"),
    { name: "global" },
    pax({ mtime: "1300000000.5" }),
    { name: "both" },
  );
  await assertUnpacked(bytes, { play });
  const times = ["own", "global", "both"].map((name) => play.stat(name).mtime?.getTime());
  assertEquals(times, [1_500_000_000_250, 1_400_000_000_000, 1_300_000_000_500]);
});

Deno.test("a size in PAX form and one in base 256 are understood", async () => {
  using play = new Playground();
  const content = "x".repeat(700);
  const base256 = Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 188);
  const bytes = tar(
    pax({ size: "700" }),
    { name: "pax", content, size: 0 },
    { name: "base256", content, size: base256, format: "gnu" },
    { name: "after", content: "y" },
  );
  await assertUnpacked(bytes, { play });
  assertEquals([play.stat("pax").size, play.stat("base256").size, play.read("after")], [
    700,
    700,
    "y",
  ]);
});

Deno.test("archives from before POSIX are understood, with folders that end in a slash", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "folder/", format: "v7", mode: 0o750 },
    { name: "folder/file", type: "\0", content: "x", format: "v7" },
    { name: "contiguous", type: "7", content: "y" },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), ['contiguous 0644 "y"', "folder/ 0750", 'folder/file 0644 "x"']);
});

Deno.test("a path of 4,096 bytes is written, with mode, mtime and links", async () => {
  using play = new Playground();
  const folder = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(200)).join("/");
  const path = `${folder}/${"n".repeat(4096 - folder.length - 1)}`;
  assertEquals(path.length, 4096);
  const bytes = tar(
    pax({ path }),
    { name: "x", content: "deep", mode: 0o400 },
    pax({ path: `${folder}/link`, linkpath: path }),
    { name: "x", type: "1" },
    pax({ path: `${folder}/symlink` }),
    { name: "x", type: "2", link: "link" },
    pax({ path: `${folder}/` }),
    { name: "x", type: "5", mode: 0o711, mtime: 99 },
    pax({ path }),
    { name: "x", content: "deeper", mode: 0o440 },
    { name: "short", content: "s" },
  );
  const home = Deno.cwd();
  await assertUnpacked(bytes, { play });
  assertEquals(Deno.cwd(), home);
  const found = new Deno.Command("find", {
    args: [".", "-mindepth", "21", "-printf", "%y %m %s %n\n"],
    cwd: play.target,
  })
    .outputSync();
  assertEquals(new TextDecoder().decode(found.stdout).split("\n").sort(), [
    "",
    "f 400 4 1",
    "f 440 6 1",
    "l 777 4 1",
  ]);
});

Deno.test("folders deep down are replaced, made anew and locked as those at the top are", async () => {
  using play = new Playground();
  const bytes = tar(
    { name: "a/b/c/d/", type: "5", mode: 0o500 },
    { name: "a/b/c/d", content: "a file now" },
    { name: "a/b/c/d", type: "2", link: "../../x" },
    { name: "a/b/c/d/", type: "5", mode: 0o511, mtime: 7 },
    { name: "a/b/c/d/e/f", content: "deep" },
    { name: "a/b/c/d/e/g", type: "1", link: "a/b/c/d/e/f" },
    { name: "a/b/h", type: "1", link: "a/b/c/d/e/g" },
    { name: "a/b/i", type: "2", link: "c/d" },
    { name: "a/b/", type: "5", mode: 0o555, mtime: 8 },
    { name: "a/", type: "5", mode: 0o750 },
  );
  await assertUnpacked(bytes, { play });
  assertEquals(play.tree(), [
    "a/ 0750",
    "a/b/ 0555",
    "a/b/c/ 0755",
    "a/b/c/d/ 0511",
    "a/b/c/d/e/ 0755",
    'a/b/c/d/e/f 0644 "deep"',
    'a/b/c/d/e/g 0644 "deep"',
    'a/b/h 0644 "deep"',
    "a/b/i -> c/d",
  ]);
  const mtimes = ["a/b", "a/b/c/d"].map((path) => Deno.statSync(`${play.target}/${path}`).mtime);
  assertEquals(mtimes.map(Number), [8000, 7000]);
});

Deno.test("an archive that is refused after its folders leaves nothing beside the target", async () => {
  const bytes = tar({ name: "a/b/c/d/e", content: "x" }, { name: "../f", content: "x" });
  await assertRefused(bytes, { says: ["../f"] });
});

Deno.test("folders beyond those that are filled side by side, and links between them", async () => {
  using play = new Playground();
  const folders = Array.from({ length: 30_100 }, (_, i) => `all/${i}`);
  const bytes = joined([
    ...folders.map((name) => member({ name: `${name}/`, type: "5", mode: 0o755 })),
    member({ name: "all/30099/in/it/file", content: "last" }),
    member({ name: "all/0/link", type: "1", link: "all/30099/in/it/file" }),
    END,
  ]);
  await assertUnpacked(bytes, { play });
  const names = (path: string): string[] =>
    [...Deno.readDirSync(`${play.target}/${path}`)].map(({ name }) => name);
  assertEquals(names("."), ["all"]);
  assertEquals(names("all").length, folders.length);
  assertEquals(Deno.readTextFileSync(`${play.target}/all/30099/in/it/file`), "last");
  assertEquals(Deno.statSync(`${play.target}/all/0/link`).nlink, 2);
});

Deno.test("a hundred thousand entries in one folder", async () => {
  const entries = Array.from({ length: 100_000 }, (_, i) => member({ name: `folder/${i}` }));
  const source = stream(joined([...entries, END]));
  const checked = await checkArchive(source, { package: "my_site", rest: "tar" });
  assertEquals(checked, { entries: 100_000, bytes: 0 });
  using play = new Playground();
  await play.unpack(joined([...entries.slice(0, 10_000), END])); // more take the disk its time
  assertEquals([...Deno.readDirSync(`${play.target}/folder`)].length, 10_000);
});

Deno.test("content is the same whatever the chunks that it comes in", async () => {
  const bytes = tar(
    pax({ path: "long/".repeat(200) + "x" }),
    { name: "x", content: "a".repeat(1000) },
    { name: "b", content: "b".repeat(512) },
    { name: "c", content: "" },
    { name: "d", content: "d" },
  );
  for (
    const [rest, content] of [["tar", bytes], ["tgz", gzip(bytes)], ["tzst", zstd(bytes)]] as const
  ) {
    let expected: string[] | undefined;
    for (const chunk of [1, 100, 511, 512, 513, 4096, 1 << 20]) {
      using play = new Playground();
      await assertUnpacked(content, { rest, play, chunk });
      expected ??= play.tree();
      assertEquals(play.tree(), expected);
    }
  }
});
