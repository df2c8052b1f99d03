/**
 * Archives of other writers, old ones and odd ones, that the usual readers take. What FTL makes of them is
 * compared with what the system's GNU tar does.
 */
import { assert, assertEquals } from "../../assert.ts";
import { treeOf } from "../../temp.ts";
import { bytesOf, concat, END, gnuLong, type Member, member, pax, tar } from "../builders.ts";
import { assertUnpacked, Playground } from "../playground.ts";

const FILE: Member = { name: "f", content: "x" };

/** Octal of a field's usual form, with spaces in front as in old archives. */
const spaced = (value: number): Uint8Array => bytesOf(`${value.toString(8).padStart(11)} `);

const TAKEN: [what: string, bytes: Uint8Array, tree: string[]][] = [
  [
    "a folder of before POSIX that has a size, as its writer's file system told",
    tar({ name: "d/", type: "\0", size: 4096, format: "v7", mode: 0o700 }, {
      name: "e/",
      format: "v7",
    }),
    ["d/ 0700", "e/ 0644"],
  ],
  [
    "the same with the magic number of POSIX, and with the type of a file",
    tar({ name: "d/", type: "\0", size: 4096, mode: 0o755 }, { name: "d/f", content: "x" }, {
      name: "e/",
      type: "0",
      size: 1,
      mode: 0o755,
    }, { name: "e/f" }),
    ["d/ 0755", 'd/f 0644 "x"', "e/ 0755", 'e/f 0644 ""'],
  ],
  [
    "a folder with a size, which POSIX allows",
    tar({ name: "d/", type: "5", size: 4096, mode: 0o755 }, { name: "d/f", content: "x" }),
    ["d/ 0755", 'd/f 0644 "x"'],
  ],
  [
    "a folder with GNU's list of its content, of an incremental backup",
    tar({ name: "d/", type: "D", content: "Yf\0\0", format: "gnu", mode: 0o755 }, { name: "d/f" }),
    ["d/ 0755", 'd/f 0644 ""'],
  ],
  [
    "links with a size, as old writers told that of what they lead to",
    tar(
      FILE,
      { name: "h", type: "1", link: "f", size: 1, format: "v7" },
      { name: "s", type: "2", link: "f", size: 1, format: "v7" },
      { name: "last", type: "1", link: "f", size: 1 },
    ),
    ['f 0644 "x"', 'h 0644 "x"', 'last 0644 "x"', "s -> f"],
  ],
  [
    "a hard link to a symlink, as cp -al and rsync --link-dest make them",
    tar(FILE, { name: "d/s", type: "2", link: "../f" }, { name: "t", type: "1", link: "d/s" }, {
      name: "u",
      type: "1",
      link: "./t",
    }),
    ["d/ 0755", "d/s -> ../f", 'f 0644 "x"', "t -> ../f", "u -> ../f"],
  ],
  [
    "a symlink that was named twice, and so is a hard link to itself",
    tar(FILE, { name: "./s", type: "2", link: "f" }, { name: "./s", type: "1", link: "./s" }),
    ['f 0644 "x"', "s -> f"],
  ],
  [
    "a volume's label, with and without content",
    tar({ name: "label", type: "V", format: "gnu" }, FILE, { name: "l", type: "V", content: "x" }),
    ['f 0644 "x"'],
  ],
  [
    "Solaris's extended header",
    tar(pax({ path: "long", mtime: "1238264462.25" }, "X"), FILE),
    ['long 0644 "x"'],
  ],
  [
    "extended headers that say nothing",
    tar({ name: "p", type: "x" }, FILE, { name: "p", type: "g" }, { name: "g" }),
    ['f 0644 "x"', 'g 0644 ""'],
  ],
  [
    "a PAX header that is filled up with NULs",
    tar({ name: "p", type: "x", content: `10 path=y\n${"\0".repeat(7)}` }, FILE),
    ['y 0644 "x"'],
  ],
  [
    "a checksum of signed bytes, as old SunOS made it",
    tar({ name: "caf\u00e9", content: "x", signedSum: true }),
    ['caf\u00e9 0644 "x"'],
  ],
  [
    "numbers with spaces in front",
    tar({ name: "f", content: "x", size: spaced(1) }),
    ['f 0644 "x"'],
  ],
  [
    "a size of 12 digits, without anything that ends it",
    tar({ name: "f", content: "x", size: bytesOf("000000000001") }),
    ['f 0644 "x"'],
  ],
  [
    "the revision's folder twice, and names of every length of GNU's",
    tar({ name: "./", type: "5" }, gnuLong("L", "./n"), { name: "x" }, { name: ".", type: "5" }),
    ['n 0644 ""'],
  ],
  [
    "one block of zeros at the end, instead of two",
    concat(member(FILE), new Uint8Array(512)),
    ['f 0644 "x"'],
  ],
  [
    "the rest of a buffer behind the end-of-archive marker, entries among it",
    concat(member(FILE), END, member({ name: "g" }), member({ name: "h", content: "x" })),
    ['f 0644 "x"'],
  ],
  [
    "a symlink whose name ends in a slash",
    tar(FILE, { name: "s/", type: "2", link: "f" }),
    ['f 0644 "x"', "s -> f"],
  ],
];
for (const [what, bytes, tree] of TAKEN) {
  Deno.test(`an archive with this is taken as GNU tar takes it: ${what}`, async () => {
    for (const chunk of [100, 1 << 20]) {
      using play = new Playground();
      await assertUnpacked(bytes, { play, chunk });
      assertEquals(play.tree(), tree);
    }
    assertEquals(unpackedByTar(bytes), tree);
  });
}

/** Folders that no entry tells of get the mode that FTL gives them. */
function unpackedByTar(bytes: Uint8Array): string[] {
  using play = new Playground();
  const file = `${play.path}/my_site.tar`;
  Deno.writeFileSync(file, bytes);
  const script = 'umask 022; exec tar -xpf "$0" -C "$1" --no-same-owner';
  const { success, stderr } = new Deno.Command("sh", { args: ["-c", script, file, play.target] })
    .outputSync();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  return treeOf(play.target);
}

Deno.test("a hard link to a symlink is one more name of the same link", async () => {
  using play = new Playground();
  const bytes = tar({ name: "s", type: "2", link: "nowhere" }, { name: "t", type: "1", link: "s" });
  await assertUnpacked(bytes, { play });
  assertEquals(play.stat("t").ino, play.stat("s").ino);
});

/** By the system's `stat`: Deno 2.7 reads such times without their sign. */
function mtimeOf(path: string): string {
  const { stdout } = new Deno.Command("stat", { args: ["-c", "%.3Y", path] }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

const PAX_TIMES: [told: string, kept: string][] = [
  ["1500000000.2504999", "1500000000.250"],
  ["+1500000000", "1500000000.000"],
  ["7.", "7.000"],
  [".5", "0.500"],
  ["-77", "-77.000"],
  ["-0", "0.000"],
];
for (const [told, kept] of PAX_TIMES) {
  Deno.test(`an mtime of ${told} in PAX form is ${kept}, of a file, a folder and a symlink`, async () => {
    using play = new Playground();
    const time = pax({ mtime: told });
    const bytes = tar(time, FILE, time, { name: "d/", type: "5" }, time, {
      name: "s",
      type: "2",
      link: "f",
    });
    await assertUnpacked(bytes, { play });
    const found = ["f", "d", "s"].map((name) => mtimeOf(`${play.target}/${name}`));
    assertEquals(found, [kept, kept, kept]);
  });
}

Deno.test("a fraction of a second before 1970 is rounded down, as one of the runtimes cannot set it", async () => {
  using play = new Playground();
  const time = pax({ mtime: "-315619199.5" });
  const big = { name: "big", content: "x".repeat(3 << 20) };
  const bytes = tar(time, FILE, time, { name: "d/", type: "5" }, time, big, time, {
    name: "s",
    type: "2",
    link: "f",
  });
  await assertUnpacked(bytes, { play });
  for (const name of ["f", "d", "big", "s"]) {
    assertEquals(mtimeOf(`${play.target}/${name}`), "-315619200.000", name);
  }
});

Deno.test("an empty PAX mtime or path is as good as none", async () => {
  using play = new Playground();
  const bytes = tar(pax({ mtime: "", path: "", linkpath: "" }), { name: "f", mtime: 42 });
  await assertUnpacked(bytes, { play });
  assertEquals(play.stat("f").mtime?.getTime(), 42_000);
});

Deno.test("a NUL that ends a PAX path is not a part of it", async () => {
  using play = new Playground();
  await assertUnpacked(tar(pax({ path: "name\0" }), FILE), { play });
  assertEquals(play.tree(), ['name 0644 "x"']);
});

Deno.test("a time before 1970 in octal with a minus, as tar-stream writes it", async () => {
  using play = new Playground();
  const bytes = tar({ name: "f", mtimeField: bytesOf("-2263773600 ") });
  await assertUnpacked(bytes, { play });
  assertEquals(mtimeOf(`${play.target}/f`), "-315619200.000");
});

Deno.test("times that no disk can hold become the farthest ones that it can, also of a symlink", async () => {
  using play = new Playground();
  for (const mtime of ["999999999999999", "-999999999999999"]) {
    const time = pax({ mtime });
    const bytes = tar(time, { name: "f" }, time, { name: "s", type: "2", link: "f" });
    await assertUnpacked(bytes, { play });
    for (const name of ["f", "s"]) {
      assert(Number(mtimeOf(`${play.target}/${name}`)) / Number(mtime) > 0, name);
    }
    play.clear();
  }
});

Deno.test("Solaris's access list of the entry that follows is left out, as FTL keeps none", async () => {
  using play = new Playground();
  await assertUnpacked(tar({ name: "f", type: "A", content: "user::rw-" }, FILE), { play });
  assertEquals(play.tree(), ['f 0644 "x"']);
});
