/** What is kept of an archive, and what becomes of one. */
import { assertEquals } from "../assert.ts";
import { bytesOf, gzip, pax, tar, zstd } from "./builders.ts";
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

Deno.test("an archive that is refused after its folders leaves nothing beside the target", async () => {
  const bytes = tar({ name: "a/b/c/d/e", content: "x" }, { name: "../f", content: "x" });
  await assertRefused(bytes, { says: ["../f"] });
});
