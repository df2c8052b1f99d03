/** Comparisons of large, single and deep files. */
import { assertEquals } from "../../assert.ts";
import { bytesOf, gzip, noise, pax, tar, zstd } from "../builders.ts";
import { Playground } from "../playground.ts";
import { compare, withoutTimes } from "./compared.ts";

Deno.test("compareTree() looks at content that comes in any pieces, and at its last byte", async () => {
  const large = noise(3_000_000);
  const bytes = tar({ name: "large", content: large }, { name: "small", content: "x" });
  for (
    const [rest, content] of [["tar", bytes], ["tgz", gzip(bytes)], ["tzst", zstd(bytes)]] as const
  ) {
    using play = new Playground();
    await play.unpack(content, { rest });
    for (const chunk of [1000, 65_536, 1 << 22]) {
      assertEquals(await compare(play, content, { rest, chunk }), []);
    }
    using file = Deno.openSync(`${play.target}/large`, { write: true });
    file.seekSync(-1, Deno.SeekMode.End);
    file.writeSync(Uint8Array.of((large.at(-1) ?? 0) ^ 1));
    file.utimeSync(1_500_000_000, 1_500_000_000);
    assertEquals(await compare(play, content, { rest, chunk: 65_536 }), ["changed large content"]);
  }
});

const SINGLE = bytesOf("one file\n".repeat(50_000));

for (
  const [rest, content] of [["js", SINGLE], ["js.gz", gzip(SINGLE)], [
    "js.zst",
    zstd(SINGLE),
  ]] as const
) {
  Deno.test(`compareTree() compares the one file of my_site.${rest}`, async () => {
    using play = new Playground();
    const path = `${play.target}/my_site.js`;
    await play.unpack(content, { rest });
    assertEquals(await compare(play, content, { rest }), []);
    Deno.writeFileSync(path, SINGLE.map((byte, i) => i === 400_000 ? byte ^ 1 : byte));
    assertEquals(await compare(play, content, { rest }), ["changed my_site.js content"]);
    Deno.writeFileSync(path, new Uint8Array([...SINGLE, 1]));
    assertEquals(await compare(play, content, { rest }), [
      "changed my_site.js size 450001 450000",
    ]);
    Deno.truncateSync(path, 10);
    assertEquals(await compare(play, content, { rest }), ["changed my_site.js size 10 450000"]);
    Deno.renameSync(path, `${play.target}/other`);
    assertEquals(await compare(play, content, { rest }), [
      "missing my_site.js",
      "extra other",
    ]);
  });
}

Deno.test("compareTree() compares a path of 4,096 bytes, and changes no working directory", async () => {
  const folder = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(200)).join("/");
  const path = `${folder}/${"n".repeat(4096 - folder.length - 1)}`;
  const bytes = tar(
    pax({ path }),
    { name: "x", content: "deep" },
    pax({ path: `${folder}/link`, linkpath: path }),
    { name: "x", type: "1" },
    pax({ path: `${folder}/symlink` }),
    { name: "x", type: "2", link: "link" },
  );
  using play = new Playground();
  await play.unpack(bytes);
  const home = Deno.cwd();
  assertEquals(await compare(play, bytes), []);
  const sh = (script: string): void => {
    const { success } = new Deno.Command("sh", { args: ["-c", script], cwd: play.target })
      .outputSync();
    assertEquals(success, true);
  };
  sh(
    `cd ${folder.slice(0, 2000)}* && cd ${
      folder.slice(2010)
    } && ln -sfn x symlink && touch -h -d @1500000000 symlink && rm link`,
  );
  const found = withoutTimes(await compare(play, bytes), []);
  assertEquals(found, [`missing ${folder}/link`, `changed ${folder}/symlink target x link`]);
  assertEquals(Deno.cwd(), home);
});

Deno.test("compareTree() knows a link by the content that its target had, though most of it is the same", async () => {
  const before = noise(3000);
  const after = before.map((byte, i) => i === 2999 ? byte ^ 1 : byte);
  const bytes = tar(
    { name: "a", content: before },
    { name: "b", type: "1", link: "a" },
    { name: "a", content: after },
  );
  using play = new Playground();
  await play.unpack(bytes);
  for (const chunk of [512, 1000, 1 << 20]) assertEquals(await compare(play, bytes, { chunk }), []);
  Deno.writeFileSync(`${play.target}/b`, after);
  Deno.utimeSync(`${play.target}/b`, 1_500_000_000, 1_500_000_000);
  assertEquals(await compare(play, bytes, { chunk: 512 }), ["changed b content"]);
});

for (const type of ["0", "2"]) {
  const what = type === "0" ? "file" : "symlink";
  Deno.test(`compareTree(): a link to a ${what} has its time, though a later one has its place and a time that may stand for it`, async () => {
    using play = new Playground();
    const entry = { name: "a", type, ...(type === "0" ? { content: "x" } : { link: "x" }) };
    const first = [pax({ mtime: "-1.5" }), entry];
    const second = [pax({ mtime: "0" }), entry];
    const links = [{ name: "b", type: "1", link: "a" }, { name: "c", type: "1", link: "b" }];
    const bytes = tar(...first, ...links, ...second);
    await play.unpack(bytes);
    assertEquals(await compare(play, bytes), []);
    if (type === "2") return;
    Deno.writeTextFileSync(`${play.target}/b`, "y");
    Deno.utimeSync(`${play.target}/b`, -2, -2);
    assertEquals(await compare(play, bytes), ["changed b content", "changed c content"]);
  });
}
