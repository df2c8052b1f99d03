/** What the system's `tar` writes, and what it says about what FTL made of it. */
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { ROOT, testWith } from "../../required_program.ts";
import { TempFolder, treeOf } from "../../temp.ts";
import { assertUnpacked, Playground } from "../playground.ts";

const LONG = "n".repeat(120);
const LONGEST = `${"w".repeat(250)}.text`;

/** A tree with everything that FTL keeps. */
function plant(folder: TempFolder): string {
  const at = (path: string): string => `tree/${path}`;
  folder.write(at("README.md"), "hello\n", 0o644);
  folder.write(at("bin/run"), "#!/bin/sh\n", 0o755);
  folder.write(at("private"), "secret", 0o600);
  folder.write(at("shared"), "group", 0o664);
  folder.write(at("locked"), "read only", 0o444);
  // Only root can pack what nobody may read.
  if (Deno.uid() === 0) folder.write(at("none"), "no access", 0o000);
  folder.write(at("empty"), "");
  folder.write(at("big"), "0123456789".repeat(200_000));
  folder.write(at(`deep/${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(90)}/file`), "deep");
  folder.write(at(LONG), "long");
  folder.write(at(LONGEST), "longest");
  folder.write(at("\u00e4\u00f6\u00fc \u65e5\u672c\u8a9e \u{1f680}/\u{1f680}"), "not ASCII");
  folder.write(at("with space/and\nnewline/and\ttab \"quote\" 'q' \\b"), "odd names");
  folder.write(at("-rf"), "dash");
  folder.folder(at("empty folder"));
  const root = `${folder.path}/tree`;
  Deno.symlinkSync("README.md", `${root}/link`);
  Deno.symlinkSync("/usr/bin/python3", `${root}/bin/python`);
  Deno.symlinkSync("../../../nowhere/\u00e4", `${root}/dangling`);
  Deno.symlinkSync("t".repeat(200), `${root}/long target`);
  Deno.symlinkSync("empty folder", `${root}/folder link`);
  Deno.linkSync(`${root}/README.md`, `${root}/hard`);
  Deno.linkSync(`${root}/${LONG}`, `${root}/hard to long`);
  folder.write(at("read-only/inner/file"), "x");
  Deno.chmodSync(`${root}/read-only/inner`, 0o500);
  Deno.chmodSync(`${root}/read-only`, 0o555);
  Deno.chmodSync(`${root}/empty folder`, 0o777);
  age(root);
  return root;
}

/** Times that are easily got wrong: the epoch, about it, past 2038, past what octal digits hold. */
const TIMES = ["0", "1", "-1", "1600000000.5", "1600000000.999", "2147483653", "8589934593"];

function age(root: string): void {
  for (const [i, path] of [...pathsBelow(root), root].entries()) {
    run("touch", ["-h", "-d", `@${TIMES[i % TIMES.length]}`, "--", path]);
  }
}

/** What is in a folder comes before the folder. */
function pathsBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? [...pathsBelow(path), path] : [path];
  });
}

function run(command: string, args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Deno sets times to the millisecond, so finer ones are not planted. */
const FORMATS = ["gnu", "oldgnu", "pax"];

for (const format of FORMATS) {
  Deno.test(`tar --compare agrees with what was unpacked: ${format}`, async () => {
    using folder = new TempFolder();
    using play = new Playground();
    plant(folder);
    const file = `${folder.path}/my_site.tgz`;
    run("tar", ["-czf", file, `--format=${format}`, "-C", `${folder.path}/tree`, "."]);
    await assertUnpacked(Deno.readFileSync(file), { rest: "tgz", play });
    assertEquals(run("tar", ["--compare", "-zf", file, "-C", play.target]), "");
    assertEquals(treeOf(play.target), treeOf(`${folder.path}/tree`));
    assertEquals(play.stat("hard").ino, play.stat("README.md").ino);
    assertEquals(play.stat("link").mtime, Deno.lstatSync(`${folder.path}/tree/link`).mtime);
  });
}

for (const format of ["ustar", "v7"]) {
  Deno.test(`tar --compare agrees with what was unpacked: ${format}`, async () => {
    using folder = new TempFolder();
    using play = new Playground();
    folder.write("tree/folder/file", "content", 0o755);
    folder.write(`tree/${"p".repeat(60)}/f`, "x", 0o600);
    if (format === "ustar") folder.write(`tree/${"q".repeat(90)}/${"r".repeat(90)}`, "prefix");
    Deno.symlinkSync("folder/file", `${folder.path}/tree/link`);
    Deno.linkSync(`${folder.path}/tree/folder/file`, `${folder.path}/tree/hard`);
    const file = `${folder.path}/my_site.tar`;
    run("tar", ["-cf", file, `--format=${format}`, "-C", folder.path, "tree"]);
    await assertUnpacked(Deno.readFileSync(file), { play });
    assertEquals(run("tar", ["--compare", "-f", file, "-C", play.target]), "");
    assertEquals(treeOf(`${play.target}/tree`), treeOf(`${folder.path}/tree`));
  });
}

for (const umask of ["000", "077", "777"]) {
  // With 777 an ordinary user could not enter the folders that he made himself.
  testWith(umask === "777" ? ROOT : [], `modes are exact with a umask of ${umask}`, () => {
    using folder = new TempFolder();
    plant(folder);
    const file = `${folder.path}/my_site.tar`;
    run("tar", ["-cf", file, "-C", `${folder.path}/tree`, "."]);
    const script = folder.write(
      "unpack.ts",
      `import { unpack } from ${
        JSON.stringify(import.meta.resolve("../../../src/archive/unpack.ts"))
      };
       const [file, target, umask] = Deno.args;
       Deno.umask(parseInt(umask, 8));
       async function* source() { yield Deno.readFileSync(file); }
       await unpack(source(), { package: "my_site", rest: "tar", target });`,
    );
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const target = folder.folder("out");
    run(Deno.execPath(), ["run", "-A", "--quiet", "--config", config, script, file, target, umask]);
    assertEquals(treeOf(target), treeOf(`${folder.path}/tree`));
  });
}

Deno.test("a user without privileges can unpack read-only folders", async () => {
  using folder = new TempFolder();
  plant(folder);
  const file = `${folder.path}/my_site.tar`;
  run("tar", ["-cf", file, "--sort=name", "--owner=0", "-C", `${folder.path}/tree`, "."]);
  const names = run("tar", ["-tvf", file]);
  assertStringIncludes(names, "dr-xr-xr-x");
  using play = new Playground();
  await assertUnpacked(Deno.readFileSync(file), { play });
  assertEquals((play.stat("read-only").mode ?? 0) & 0o777, 0o555);
});

Deno.test("a symlink keeps its mtime, also one before 1970", async () => {
  using folder = new TempFolder();
  using play = new Playground();
  folder.write("tree/file", "x");
  Deno.symlinkSync("file", `${folder.path}/tree/old`);
  run("touch", ["-h", "-d", "@-1000", `${folder.path}/tree/old`]);
  run("touch", ["-h", "-d", "@-77", `${folder.path}/tree/file`]);
  const file = `${folder.path}/my_site.tar`;
  run("tar", ["-cf", file, "--format=gnu", "-C", `${folder.path}/tree`, "."]);
  await assertUnpacked(Deno.readFileSync(file), { play });
  // Not by Deno: version 2.7 reads such times without their sign.
  assertEquals(run("stat", ["-c", "%Y", `${play.target}/old`]), "-1000\n");
  assertEquals(run("stat", ["-c", "%Y", `${play.target}/file`]), "-77\n");
});

testWith("git", "an archive of git's, with a global PAX header, unpacks", async () => {
  using folder = new TempFolder();
  using play = new Playground();
  folder.write("repo/a/file", "content");
  const git = (...args: string[]): string =>
    run("git", ["-C", `${folder.path}/repo`, "-c", "user.name=x", "-c", "user.email=x@x", ...args]);
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  const file = `${folder.path}/my_site.tar`;
  git("archive", "-o", file, "HEAD");
  await assertUnpacked(Deno.readFileSync(file), { play });
  assertEquals(play.read("a/file"), "content");
});
