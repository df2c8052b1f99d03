/** Trees that are deep, wide or large, and content in chunks of any size. */
import { checkArchive } from "../../../src/archive/check.ts";
import { assertEquals } from "../../assert.ts";
import { END, gzip, joined, member, pax, stream, tar, zstd } from "../builders.ts";
import { assertUnpacked, Playground } from "../playground.ts";

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

Deno.test("many folders, and links between them", async () => {
  using play = new Playground();
  const folders = Array.from({ length: 3_100 }, (_, i) => `all/${i}`);
  const bytes = joined([
    ...folders.map((name) => member({ name: `${name}/`, type: "5", mode: 0o755 })),
    member({ name: "all/3099/in/it/file", content: "last" }),
    member({ name: "all/0/link", type: "1", link: "all/3099/in/it/file" }),
    END,
  ]);
  await assertUnpacked(bytes, { play });
  const names = (path: string): string[] =>
    [...Deno.readDirSync(`${play.target}/${path}`)].map(({ name }) => name);
  assertEquals(names("."), ["all"]);
  assertEquals(names("all").length, folders.length);
  assertEquals(Deno.readTextFileSync(`${play.target}/all/3099/in/it/file`), "last");
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
