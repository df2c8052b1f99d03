/** A package's folder may belong to another user: nothing in it may redirect FTL to another place. */
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { StorageError, UsageError } from "../../src/errors.ts";
import { replaceFile } from "../../src/machine/disk/durable.ts";
import { readLink, writeLinks } from "../../src/machine/links.ts";
import { listPackages, OWN_NAMES, PackageDir } from "../../src/machine/package_dir.ts";
import { Mount } from "../proof/mounts.ts";
import { MOUNTING, testWith } from "../required_program.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { anId, aPackage } from "../names.ts";

const ID = anId("VZ5vQk8aR4G");

for (const place of ["revs", ".ftl", ".ftl/staging", ".ftl/trash", ".ftl/state"]) {
  for (const leadsTo of ["a folder", "nothing"]) {
    Deno.test(`prepare() refuses ${place} as a link to ${leadsTo}, and changes nothing there`, () => {
      using folder = new TempFolder();
      folder.write("elsewhere/staging/file", "precious", 0o600);
      const before = treeOf(folder.folder("elsewhere"));
      const pkg = new PackageDir(folder.path, aPackage("a"));
      const path = `${pkg.path}/${place}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.symlinkSync(`${folder.path}/${leadsTo === "nothing" ? "nowhere" : "elsewhere"}`, path);
      const error = assertThrows(() => pkg.prepare(), StorageError);
      assert(error.message.startsWith(`${path} is a link`), error.message);
      assertEquals(treeOf(`${folder.path}/elsewhere`), before);
    });
  }

  const isOwn = place.startsWith(".ftl/");
  Deno.test(`prepare() ${isOwn ? "replaces" : "refuses"} ${place} as a file`, () => {
    using folder = new TempFolder();
    const pkg = new PackageDir(folder.path, aPackage("a"));
    const path = folder.write(`a/${place}`, "x");
    if (isOwn) pkg.prepare();
    else assertThrows(() => pkg.prepare(), StorageError);
    assertEquals(Deno.lstatSync(path).isDirectory, isOwn);
  });
}

Deno.test("listPackages() refuses a root that leads to the root of the system", () => {
  using folder = new TempFolder();
  Deno.symlinkSync("/", `${folder.path}/root`);
  assertThrows(() => listPackages(`${folder.path}/root`), UsageError, "the whole system");
});

Deno.test("a package's whole folder may be a link to another disk", () => {
  using folder = new TempFolder();
  folder.folder("root");
  Deno.symlinkSync(folder.folder("disk/a"), `${folder.path}/root/a`);
  const [pkg] = listPackages(`${folder.path}/root`);
  assertEquals(pkg?.name, "a");
  pkg?.prepare();
  assert(Deno.statSync(`${folder.path}/disk/a/.ftl/state`).isDirectory);
});

Deno.test("a link in the place of a temporary file is not followed", () => {
  using folder = new TempFolder();
  const precious = folder.write("precious", "precious", 0o600);
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  for (const name of ["hold.json.tmp", "hold.json", "current.tmp"]) {
    Deno.symlinkSync(precious, `${pkg.own}/${name}`);
  }
  replaceFile(`${pkg.own}/hold.json`, "[]");
  Deno.mkdirSync(pkg.revisionPath(ID));
  writeLinks(pkg, { current: ID });
  assertEquals(readLink(pkg, "current"), ID);
  assertEquals(Deno.readTextFileSync(`${pkg.own}/hold.json`), "[]");
  const { mode } = Deno.statSync(precious);
  assertEquals([Deno.readTextFileSync(precious), (mode ?? 0) & 0o777], ["precious", 0o600]);
});

Deno.test("a link in revs is not a revision, wherever it leads", () => {
  using folder = new TempFolder();
  const pkg = new PackageDir(folder.path, aPackage("a"));
  folder.folder("a");
  pkg.prepare();
  Deno.symlinkSync(folder.folder("elsewhere"), pkg.revisionPath(ID));
  assertEquals([pkg.has(ID), pkg.revisions()], [false, []]);
});

testWith(MOUNTING, "replaceFile() works beside a temporary file that cannot be removed", () => {
  using folder = new TempFolder();
  using _mount = Mount.bind(folder.write("other", "precious"), folder.write("file.tmp", ""));
  replaceFile(`${folder.path}/file`, "new");
  assertEquals(Deno.readTextFileSync(`${folder.path}/file`), "new");
  assertEquals(Deno.readTextFileSync(`${folder.path}/other`), "precious");
});

Deno.test("docs/formats.md tells of every file and folder below .ftl", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/formats.md", import.meta.url));
  for (const name of Object.values(OWN_NAMES)) {
    assert(page.includes(`\`${name}\``) || page.includes(`\`${name}/`), name);
  }
});
