/** Archives whose entries are damaged, or lie about themselves. */
import { bytesOf, gnuLong, type Member, member, pax, tar } from "./builders.ts";
import { assertRefused } from "./playground.ts";

Deno.test("a header with a wrong checksum is refused", async () => {
  await assertRefused(tar({ name: "a", broken: true }), { says: ["checksum"] });
  await assertRefused(tar({ name: "a", content: "x" }, { name: "b", broken: true }), {
    says: ["checksum"],
  });
  await assertRefused(bytesOf("no tar archive at all\n".repeat(100)), {
    says: ["is not a tar archive"],
  });
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

Deno.test("a GNU long name without content is refused, and does not shift what follows", async () => {
  for (const type of ["L", "K"]) {
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
  for (const value of ["abc", "1e3", "--1", "9".repeat(20), ".", "-", "1.2.3"]) {
    await assertRefused(tar(pax({ mtime: value }), { name: "a" }), { says: ["PAX", "mtime"] });
  }
});

Deno.test("a global PAX header may not name or size every entry", async () => {
  for (const key of ["path", "linkpath", "size"]) {
    await assertRefused(tar(pax({ [key]: "1" }, "g"), { name: "a" }), { says: ["PAX", key] });
  }
});

Deno.test("a name that is no UTF-8 is refused with its bytes and the reason, never mangled", async () => {
  // 0x9f is a character of its own in windows-1252, which a decoder may take for Latin-1.
  const name = Uint8Array.of(0x61, 0xff, 0x9f, 0x5c, 0x62);
  const says = ["Refused a\\xff\\x9f\\b in my_site.tar", "is not UTF-8", "no other names"];
  await assertRefused(tar({ name }), { says });
  await assertRefused(tar({ name: "l", type: "2", link: name }), { says });
  const binary = { hdrcharset: "BINARY" };
  await assertRefused(tar(pax({ ...binary, path: name }), { name: "a" }), { says });
  await assertRefused(tar(pax({ linkpath: name }), { name: "a", type: "2" }), { says });
  await assertRefused(tar(gnuLong("L", name), { name: "a" }), { says });
  await assertRefused(tar(gnuLong("K", name), { name: "a", type: "2" }), { says });
});

Deno.test("an entry that is broken is named as it is, in any script", async () => {
  const name = "\u{1f31f}.txt";
  await assertRefused(tar({ name, size: bytesOf("12abc\0") }), { says: [`corrupt at ${name}:`] });
  const bytes = Uint8Array.of(0xf0, 0x9f);
  await assertRefused(tar({ name: bytes, size: bytesOf("x") }), {
    says: ["corrupt at \\xf0\\x9f:"],
  });
});

const WITH_CONTENT: Member[] = [
  { name: "l", type: "1", link: "a" },
  { name: "l", type: "2", link: "a" },
  { name: "l", type: "5" },
  { name: "l/", type: "\0" },
  { name: "l/", type: "0" },
  { name: "l/", type: "7" },
];

for (const odd of WITH_CONTENT) {
  Deno.test(`content of what can have none is refused: type ${JSON.stringify(odd.type)}`, async () => {
    const bytes = tar({ name: "a" }, { ...odd, content: "x".repeat(600) }, { name: "b" });
    await assertRefused(bytes, { says: ["Refused l", "with content"] });
  });
}

Deno.test("a hard link with content in PAX format, of which readers make different trees, is refused", async () => {
  const bytes = tar(pax({ mtime: "1" }), { name: "a", content: "x" }, {
    name: "l",
    type: "1",
    link: "a",
    size: 512,
  }, { name: "b" });
  await assertRefused(bytes, { says: ["Refused l", "link with content"] });
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

Deno.test("a part of a file that goes on in another volume is refused, in GNU's and in PAX's form", async () => {
  await assertRefused(tar({ name: "part", type: "M", format: "gnu" }), {
    says: ["part", "begins in another archive"],
  });
  const records = { "GNU.volume.filename": "part", "GNU.volume.offset": "512" };
  await assertRefused(tar(pax(records, "g"), { name: "part", content: "the rest" }), {
    says: ["part", "several volumes"],
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
