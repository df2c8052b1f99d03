/** How revisions are removed, and what a machine sees of them meanwhile. */
import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";
import {
  discard,
  emptyStaging,
  emptyTrash,
  leftovers,
  removeTemporaries,
  removeTrees,
  requireNoMount,
} from "../../../src/machine/revisions/removal.ts";
import type { RevisionId } from "../../../src/revision/names.ts";
import { Staging } from "../../../src/machine/revisions/staging.ts";
import { readRevisionState, writeRevisionState } from "../../../src/machine/state.ts";
import { Mount, run } from "../../proof/mounts.ts";
import { MOUNTING, testWith } from "../../required_program.ts";
import { TempFolder } from "../../temp.ts";
import { anId, aPackage } from "../../names.ts";

const SIGNAL = new AbortController().signal;
const [ID, OTHER] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk8aR4H")];
const ABSENT = anId("V-is-not-here");

function prepared(folder: TempFolder): PackageDir {
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  return pkg;
}

function addRevision(pkg: PackageDir, id: RevisionId): void {
  Deno.mkdirSync(`${pkg.revisionPath(id)}/inner`, { recursive: true });
  Deno.writeTextFileSync(`${pkg.revisionPath(id)}/inner/file`, "x");
  writeRevisionState(pkg, id, { postSync: "ok" });
}

Deno.test("discarded revisions are gone at once with their state, and are in the trash", async () => {
  using folder = new TempFolder();
  const pkg = prepared(folder);
  for (const id of [ID, OTHER]) addRevision(pkg, id);
  const { trashed, failures } = await discard(pkg, [ID, ABSENT]);
  assertEquals([...failures.keys()], [ABSENT]);
  assertEquals([pkg.revisions(), readRevisionState(pkg, ID)], [[OTHER], undefined]);
  assertEquals(leftovers(pkg), trashed);
  assertEquals([...Deno.readDirSync(trashed[0] ?? "")].map(({ name }) => name), [ID]);
  assertEquals(await emptyTrash(pkg, SIGNAL), []);
  assertEquals(leftovers(pkg), []);
});

testWith(
  MOUNTING,
  "revisions can be discarded on a disk without room for one more folder",
  async () => {
    using folder = new TempFolder();
    using _mount = Mount.tmpfs(folder.folder("a"), "nr_inodes=60");
    const pkg = prepared(folder);
    for (const id of [ID, OTHER]) addRevision(pkg, id);
    fillInodes(folder.folder("a/filler"));
    const { trashed, failures } = await discard(pkg, [ID, OTHER]);
    assertEquals([trashed.length, failures.size, pkg.revisions()], [2, 0, []]);
    assertEquals(leftovers(pkg), [...trashed].sort());
    assertEquals(await removeTrees(trashed, SIGNAL), []);
    assertEquals(leftovers(pkg), []);
  },
);

function fillInodes(path: string): void {
  assertThrows(
    () => {
      for (let n = 0; n < 100; n++) Deno.writeTextFileSync(`${path}/${n}`, "");
    },
    Error,
    "No space left on device",
  );
}

Deno.test("a revision is discarded even if its own folder denies writing", async () => {
  using folder = new TempFolder();
  const pkg = prepared(folder);
  addRevision(pkg, ID);
  Deno.chmodSync(pkg.revisionPath(ID), 0o555);
  assertEquals((await discard(pkg, [ID])).failures.size, 0);
  assertEquals(await emptyTrash(pkg, SIGNAL), []);
  assertEquals([pkg.revisions(), leftovers(pkg)], [[], []]);
});

Deno.test("a revision that a kill left half deleted in place does not count, and is deleted", async () => {
  using folder = new TempFolder();
  const pkg = prepared(folder);
  for (const id of [ID, OTHER]) addRevision(pkg, id);
  Deno.mkdirSync(pkg.removing);
  Deno.writeTextFileSync(`${pkg.removing}/${ID}`, "");
  assertEquals([pkg.has(ID), pkg.revisions()], [false, [OTHER]]);
  assertEquals(leftovers(pkg), [pkg.revisionPath(ID)]);
  assertEquals(await emptyTrash(pkg, SIGNAL), []);
  assertEquals([pkg.isThere(ID), leftovers(pkg)], [false, []]);
});

Deno.test("a revision that was deleted in place and fetched again counts", async () => {
  using folder = new TempFolder();
  const pkg = prepared(folder);
  Deno.mkdirSync(pkg.removing);
  Deno.writeTextFileSync(`${pkg.removing}/${ID}`, "");
  const staging = await Staging.open(pkg, ID);
  Deno.writeTextFileSync(`${staging.target}/file`, "new");
  staging.publish({ postSync: "ok" });
  assertEquals([pkg.has(ID), await emptyTrash(pkg, SIGNAL)], [true, []]);
  assertEquals(pkg.revisions(), [ID]);
});

Deno.test("temporary files are deleted, even if one is a folder", async () => {
  using folder = new TempFolder();
  const pkg = prepared(folder);
  folder.write("a/.ftl/hold.json.tmp", "");
  folder.write("a/.ftl/jump.json.tmp/with/more", "");
  folder.write(`a/.ftl/state/${ID}.json.tmp`, "");
  folder.write("a/.ftl/hold.json", "[]");
  assertEquals(leftovers(pkg).length, 3);
  assertEquals(await removeTemporaries(pkg, SIGNAL), []);
  assertEquals(leftovers(pkg), []);
  assertEquals(Deno.readTextFileSync(`${pkg.own}/hold.json`), "[]");
});

testWith(
  MOUNTING,
  "a revision with something mounted in it is not removed, and the error says where",
  async () => {
    using folder = new TempFolder();
    const pkg = prepared(folder);
    addRevision(pkg, ID);
    const place = `${pkg.revisionPath(ID)}/inner`;
    {
      using _mount = Mount.bind(folder.folder("data"), place);
      const error = await assertRejects(() => requireNoMount(pkg, ID), StorageError);
      assertEquals(error.message, `Cannot remove a.${ID}: ${place} is a mount point`);
      assertEquals(error.hint, `umount ${place}, then the next sync removes it`);
    }
    await requireNoMount(pkg, ID);
  },
);

testWith(
  MOUNTING,
  "what cannot be deleted is reported, and stops neither the rest nor staging",
  async () => {
    using folder = new TempFolder();
    const pkg = prepared(folder);
    const stuck = [`${pkg.staging}/${ID}`, pkg.aside, `${pkg.trash}/${ID}.x`];
    const mounts = stuck.map((path) => {
      Deno.mkdirSync(`${path}/place`, { recursive: true });
      return Mount.tmpfs(`${path}/place`, "size=1m");
    });
    try {
      folder.write(`a/.ftl/staging/${OTHER}/file`, "x");
      folder.write(`a/.ftl/trash/${OTHER}.x/file`, "x");
      const found = [...await emptyStaging(pkg, SIGNAL), ...await emptyTrash(pkg, SIGNAL)];
      assertEquals(found.map(({ path }) => path), stuck);
      assertEquals(leftovers(pkg).sort(), [...stuck].sort());
      const staging = await Staging.open(pkg, ID);
      assert(!stuck.includes(staging.target));
      Deno.writeTextFileSync(`${staging.target}/file`, "new");
      staging.publish({ postSync: "ok" });
      assertEquals(Deno.readTextFileSync(`${pkg.revisionPath(ID)}/file`), "new");
      await staging.drop();
      assertEquals(leftovers(pkg).sort(), [...stuck].sort());
    } finally {
      for (const mount of mounts) mount[Symbol.dispose]();
    }
  },
);

testWith(
  MOUNTING,
  "a revision in the lower layer of an overlay, as in an image, is removed",
  async () => {
    using folder = new TempFolder();
    using _disk = Mount.tmpfs(folder.folder("disk"), "size=8m");
    for (const layer of ["lower", "upper", "work", "merged"]) folder.folder(`disk/${layer}`);
    folder.write(`disk/lower/a/revs/${ID}/inner/file`, "x");
    folder.write(`disk/lower/a/revs/${OTHER}/file`, "x");
    const disk = `${folder.path}/disk`;
    const layers = `lowerdir=${disk}/lower,upperdir=${disk}/upper,workdir=${disk}/work`;
    run("mount", "-t", "overlay", "-o", `${layers},redirect_dir=off`, "overlay", `${disk}/merged`);
    try {
      const pkg = new PackageDir(`${disk}/merged`, aPackage("a"));
      pkg.prepare();
      await requireNoMount(pkg, ID);
      const { failures } = await discard(pkg, [ID]);
      assertEquals([...failures.values()], []);
      assertEquals([pkg.revisions(), pkg.isThere(ID), leftovers(pkg)], [[OTHER], false, []]);
      const staging = await Staging.open(pkg, ID);
      staging.publish({ postSync: "ok" });
      assertEquals(pkg.revisions(), [ID, OTHER]);
    } finally {
      run("umount", "--lazy", `${disk}/merged`);
    }
  },
);
