/** Archives that are damaged, or lie about themselves. */
import { assertEquals } from "../assert.ts";
import { bytesOf, concat, END, gnuLong, member, pax, SAMPLE, tar } from "./builders.ts";
import { assertRefused, assertUnpacked, Playground } from "./playground.ts";

Deno.test("a tar archive that is truncated at any byte is refused", async () => {
  for (let length = 0; length < SAMPLE.length; length += 37) {
    await assertRefused(SAMPLE.slice(0, length), { says: ["my_site.tar"] });
  }
  await assertRefused(SAMPLE.slice(0, -1), { says: ["truncated after empty"] });
});

Deno.test("a truncated entry is named", async () => {
  const cut = tar({ name: "a/big", content: "x".repeat(5000) }).slice(0, 2000);
  await assertRefused(cut, { says: ["truncated in a/big"] });
});

Deno.test("an archive without its end-of-archive marker counts as truncated", async () => {
  await assertRefused(member({ name: "a" }), { says: ["truncated after a", "end-of-archive"] });
  await assertRefused(concat(member({ name: "a" }), new Uint8Array(512)), { says: ["truncated"] });
  await assertRefused(new Uint8Array(), { says: ["truncated"] });
});

Deno.test("an archive of nothing but its marker is an empty one", async () => {
  using play = new Playground();
  assertEquals(await assertUnpacked(tar(), { play }), { files: 0, bytes: 0 });
});

Deno.test("zeros after the end-of-archive marker are padding", async () => {
  using play = new Playground();
  await assertUnpacked(concat(tar({ name: "a" }), new Uint8Array(9 * 1024 + 100)), { play });
  assertEquals(play.tree(), ['a 0644 ""']);
});

Deno.test("anything else after the end-of-archive marker is refused", async () => {
  const first = tar({ name: "a" });
  await assertRefused(concat(first, bytesOf("garbage")), {
    says: ["garbage after its end-of-archive"],
  });
  await assertRefused(concat(first, tar({ name: "b" })), {
    says: ["garbage after its end-of-archive"],
  });
});

Deno.test("an entry behind a single block of zeros is not smuggled in", async () => {
  const bytes = concat(member({ name: "a" }), new Uint8Array(512), member({ name: "b" }), END);
  await assertRefused(bytes, { says: ["garbage after its end-of-archive"] });
});

Deno.test("a header with a wrong checksum is refused", async () => {
  await assertRefused(tar({ name: "a", broken: true }), { says: ["checksum"] });
  await assertRefused(tar({ name: "a", content: "x" }, { name: "b", broken: true }), {
    says: ["checksum"],
  });
  await assertRefused(bytesOf("no tar archive at all\n".repeat(100)), { says: ["no tar archive"] });
});

const SIZES: [what: string, field: Uint8Array][] = [
  ["letters", bytesOf("12abc\0")],
  ["a minus", bytesOf("-0000000001\0")],
  ["a negative number in base 256", new Uint8Array(12).fill(0xff)],
  [
    "a number in base 256 with a strange sign",
    Uint8Array.of(0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  ],
  ["a number in base 256 past all disks", Uint8Array.of(0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
];
for (const [what, size] of SIZES) {
  Deno.test(`a size field with ${what} is refused, for an entry as for an extended header`, async () => {
    for (const type of ["0", "5", "x", "g", "L", "K"]) {
      await assertRefused(tar({ name: "odd", type, size }, { name: "next" }), {
        says: ["odd", "size"],
      });
    }
  });
}

Deno.test("an extended header without content does not shift what follows", async () => {
  for (const type of ["x", "g", "L", "K"]) {
    const bytes = tar({ name: "odd", type }, { name: "next", content: "x".repeat(600) });
    await assertRefused(bytes, { says: ["odd", "0 bytes"] });
  }
});

Deno.test("a huge PAX header is refused before it is read", async () => {
  for (const type of ["x", "g", "L", "K"]) {
    const huge = member({ name: "huge", type, size: 2 ** 32, content: "x" });
    await assertRefused(huge, { says: ["huge", "4294967296 bytes"] });
  }
});

const RECORDS: [what: string, content: string][] = [
  ["no length", "path=x\n"],
  ["a length of 0", "0 path=x\n"],
  ["a negative length", "-9 path=x\n"],
  ["a length past the end", "99 path=x\n"],
  ["a length that is too short", "8 path=x\n"],
  ["no newline", "10 path=xy"],
  ["no equals sign", "7 path\n"],
  ["no key", "5 =x\n"],
  ["only a length", "9"],
];
for (const [what, content] of RECORDS) {
  Deno.test(`a PAX record with ${what} is refused`, async () => {
    await assertRefused(tar({ name: "p", type: "x", content }, { name: "a" }), { says: ["PAX"] });
  });
}

Deno.test("a PAX size or mtime that is no number is refused", async () => {
  for (const value of ["-1", "1e3", "0x10", "", " 1", "1".repeat(30)]) {
    await assertRefused(tar(pax({ size: value }), { name: "a" }), { says: ["PAX", "size"] });
  }
  for (const value of ["abc", "1e3", "--1", "9".repeat(20)]) {
    await assertRefused(tar(pax({ mtime: value }), { name: "a" }), { says: ["PAX", "mtime"] });
  }
});

Deno.test("a global PAX header may not name or size every entry", async () => {
  for (const key of ["path", "linkpath", "size"]) {
    await assertRefused(tar(pax({ [key]: "1" }, "g"), { name: "a" }), { says: ["PAX", key] });
  }
});

Deno.test("a name that is no UTF-8 is refused and shown escaped, never mangled", async () => {
  const name = Uint8Array.of(0x61, 0xff, 0xfe, 0x62);
  const says = ["a\\xff\\xfeb", "UTF-8"];
  await assertRefused(tar({ name }), { says });
  await assertRefused(tar({ name: "l", type: "2", link: name }), { says });
  await assertRefused(tar(pax({ path: name }), { name: "a" }), { says });
  await assertRefused(tar(pax({ linkpath: name }), { name: "a", type: "2" }), { says });
  await assertRefused(tar(gnuLong("L", name), { name: "a" }), { says });
  await assertRefused(tar(gnuLong("K", name), { name: "a", type: "2" }), { says });
});

Deno.test("a link with content is refused", async () => {
  for (const type of ["1", "2"]) {
    const bytes = tar({ name: "a" }, { name: "l", type, link: "a", content: "x" });
    await assertRefused(bytes, { says: ["l", "link with content"] });
  }
});

Deno.test("sparse files are refused, in GNU's and in PAX's form", async () => {
  await assertRefused(tar({ name: "holes", type: "S", format: "gnu" }), {
    says: ["holes", "sparse"],
  });
  const records = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "holes" };
  await assertRefused(tar(pax(records), { name: "GNUSparseFile.0/holes" }), {
    says: ["holes", "sparse"],
  });
});

Deno.test("too long a name or path is refused as such", async () => {
  await assertRefused(tar(pax({ path: "n".repeat(256) }), { name: "a" }), { says: ["nnn", "255"] });
  await assertRefused(tar(pax({ path: "\u00e4".repeat(128) }), { name: "a" }), { says: ["255"] });
  await assertRefused(tar(pax({ path: "d/".repeat(2049) + "x" }), { name: "a" }), {
    says: ["4096"],
  });
  await assertRefused(tar(pax({ linkpath: "d/".repeat(2048) }), { name: "a", type: "2" }), {
    says: ["a", "4095"],
  });
});
