/** What `spool` makes of a folder: the same bytes for the same folder, and nothing but what is in it. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { BLOCK } from "../../../src/archive/tar/header.ts";
import { assert, assertEquals } from "../../assert.ts";
import { Random } from "../../random.ts";
import { TempFolder, treeOf } from "../../temp.ts";
import { namesIn, pack, tar, tarOf, treeOfPacked, unpackInto } from "./packing.ts";

const LONG = "n".repeat(120);
const TIME = 1_795_615_200;

/** A folder with all that an archive can hold, in the order that is given. */
function makeSite(folder: TempFolder, name: string, isReversed = false): string {
  const root = folder.folder(name);
  const steps: (() => void)[] = [
    () => folder.write(`${name}/index.html`, "<h1>hello</h1>\n", 0o644),
    () => folder.write(`${name}/empty`, "", 0o600),
    () => folder.write(`${name}/bin/run.sh`, "#!/bin/sh\n", 0o755),
    () => folder.write(`${name}/bin-old/x`, "x", 0o644),
    () => folder.write(`${name}/${LONG}/${LONG}/deep`, "deep", 0o640),
    () => folder.write(`${name}/gr\u00fc\u00dfe \u{1f600}`, "hi", 0o644),
    () => folder.write(`${name}/\ufffd`, "a name that is UTF-8", 0o644),
    () => folder.write(`${name}/large`, someBytes(3_000_000), 0o644),
    () => Deno.symlinkSync("index.html", `${root}/link`),
    () => Deno.symlinkSync(`/nowhere/${LONG}`, `${root}/broken`),
    () => Deno.mkdirSync(`${root}/nothing in it`),
  ];
  for (const step of isReversed ? steps.toReversed() : steps) step();
  Deno.linkSync(`${root}/bin/run.sh`, `${root}/z hard`);
  Deno.chmodSync(`${root}/bin`, 0o750);
  for (
    const [path, time] of [["index.html", TIME + 0.25], ["large", TIME], ["empty", -1.5]] as const
  ) {
    Deno.utimeSync(`${root}/${path}`, time, time);
  }
  return root;
}

function someBytes(size: number, seed = 1): Uint8Array {
  return new Random(seed).bytes(size);
}

/** Gives everything in a folder this mtime. */
function touch(root: string, time: number): void {
  new Deno.Command("find", {
    args: [root, "-exec", "touch", "-h", "-d", `@${time}`, "{}", "+"],
  }).outputSync();
}

Deno.test("a packed folder is what a machine unpacks, and what the system's tar unpacks", async () => {
  using folder = new TempFolder();
  const root = makeSite(folder, "site");
  const packed = await pack(root);
  const unpacked = folder.folder("unpacked");
  await unpackInto(packed.bytes, unpacked);
  assertEquals(treeOf(unpacked), treeOf(root));
  const byTar = folder.folder("by tar");
  await tar(packed, ["-xp", "-C", byTar]);
  assertEquals(treeOf(byTar), treeOf(root));
  for (const place of [unpacked, byTar]) {
    for (const path of ["index.html", "large", "bin", "link", "nothing in it"]) {
      const [there, here] = [place, root].map((at) => Deno.lstatSync(`${at}/${path}`).mtime);
      assertEquals(there, here, `${place} ${path}`);
    }
    const [a, b] = ["bin/run.sh", "z hard"].map((path) => Deno.statSync(`${place}/${path}`).ino);
    assertEquals(a, b);
  }
  assertEquals(Deno.statSync(`${byTar}/empty`).mtime?.getTime(), -2000);
});

Deno.test("a copy elsewhere, whose files were made in another order, gives the same bytes", async () => {
  using folder = new TempFolder();
  const first = makeSite(folder, "site");
  const second = makeSite(folder, "elsewhere/copy", true);
  touch(first, TIME);
  touch(second, TIME);
  const packed = await pack(first);
  assertEquals(digest((await pack(first)).bytes), digest(packed.bytes));
  assertEquals(digest((await pack(second)).bytes), digest(packed.bytes));
  const listed = await tar(packed, ["-tv", "--numeric-owner"]);
  assert(listed.split("\n").every((line) => line === "" || / 0\/0 /.test(line)), listed);
  assertEquals((await namesIn(packed)).slice(0, 4), [
    "bin/",
    "bin/run.sh",
    "bin-old/",
    "bin-old/x",
  ]);
});

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test("a fresh checkout has the base's mtimes, so it gives the same bytes", async () => {
  using folder = new TempFolder();
  const root = makeSite(folder, "site");
  const before = await pack(root);
  const base = await treeOfPacked(before);
  touch(root, TIME + 1000);
  assert(digest((await pack(root)).bytes) !== digest(before.bytes));
  assertEquals(digest((await pack(root, { base })).bytes), digest(before.bytes));
});

Deno.test("what has changed since the base has its own mtime: content, mode, target, names", async () => {
  using folder = new TempFolder();
  const root = makeSite(folder, "site");
  touch(root, TIME);
  const base = await treeOfPacked(await pack(root));
  folder.write("site/index.html", "<h1>HELLO</h1>\n");
  folder.write("site/large", someBytes(3_000_000, 2));
  Deno.chmodSync(`${root}/empty`, 0o644);
  Deno.removeSync(`${root}/link`);
  Deno.symlinkSync("elsewhere", `${root}/link`);
  folder.write("site/nothing in it/new", "");
  touch(root, TIME + 86_400);
  const listed = await tar(await pack(root, { base }), ["-tv", "--full-time"]);
  const later = new Date((TIME + 86_400) * 1000).toISOString().slice(0, 10);
  const changed = listed.split("\n").filter((line) => line.includes(later)).map((line) =>
    line.replace(/^.*\d\d:\d\d:\d\d /, "").replace(/ -> .*/, "")
  );
  const expected = ["empty", "index.html", "large", "link", "nothing in it/", "nothing in it/new"];
  assertEquals(changed, expected);
});

Deno.test("an mtime of any millisecond is packed and unpacked as it is", async () => {
  using folder = new TempFolder();
  const path = folder.write("site/a", "a");
  const times = fc.integer({ min: 1, max: 4_102_444_800_000 });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(times, async (time) => {
      Deno.utimeSync(path, new Date(time), new Date(time));
      const packed = await pack(folder.folder("site"));
      const target = folder.folder(`unpacked/${runs++}`);
      await unpackInto(packed.bytes, target);
      assertEquals(Deno.statSync(`${target}/a`).mtime?.getTime(), time);
    }),
    { numRuns: 20, examples: [[545_745_617_555]] },
  );
});

Deno.test("one changed file changes few frames, wherever it is and even if it grows", async () => {
  using folder = new TempFolder();
  for (let i = 0; i < 400; i++) {
    folder.write(`site/${i % 20}/file ${i}`, someBytes(10_000 + (i * 7919) % 60_000, i));
  }
  folder.write("site/5 large", someBytes(9_000_000));
  const root = folder.folder("site");
  touch(root, TIME);
  const before = await pack(root);
  const known = new Set(before.frames.map(({ sha256 }) => sha256));
  const lengths = tarOf(before).length;
  assert(before.frames.length > 10 && before.frames.length < lengths / (256 << 10) + 10);
  const changes: [what: string, change: () => void][] = [
    ["a longer file", () => folder.write("site/0/file 0", someBytes(90_000, 1000))],
    ["a shorter one", () => folder.write("site/17/file 17", "x")],
    ["a new one", () => folder.write("site/12/a new one", "new")],
    ["a file less", () => Deno.removeSync(`${root}/3/file 3`)],
  ];
  for (const [what, change] of changes) {
    change();
    touch(root, TIME);
    const { frames } = await pack(root);
    const fresh = frames.filter(({ sha256 }) => !known.has(sha256));
    assert(fresh.length >= 1 && fresh.length <= 3, `${what}: ${fresh.length} of ${frames.length}`);
    for (const { sha256 } of frames) known.add(sha256);
  }
});

Deno.test("a folder with nothing in it gives an archive with nothing in it", async () => {
  using folder = new TempFolder();
  const packed = await pack(folder.folder("site"));
  assertEquals(tarOf(packed), new Uint8Array(2 * BLOCK));
  await unpackInto(packed.bytes, folder.folder("unpacked"));
});
