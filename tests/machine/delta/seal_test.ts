/** What was looked at when it was taken over is not looked at again, unless something has changed. */
import type { RevisionTree, TreeEntry } from "../../../src/archive/tree/tree.ts";
import { IntegrityError } from "../../../src/errors.ts";
import { seal } from "../../../src/machine/delta/seal.ts";
import type { Walked } from "../../../src/machine/delta/walk.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";

const MTIME = 1_600_000_000_000;

class Sealed extends TempFolder {
  readonly box = this.folder("box");
  readonly tree: RevisionTree = { entries: this.#make() };
  /** As they were at first. */
  readonly looks = new Map(this.tree.entries.map((entry) => [entry, this.look(entry.path)]));

  #make(): TreeEntry[] {
    const entries: TreeEntry[] = [{ kind: "folder", path: "in", mode: 0o755, mtime: undefined }];
    for (const path of ["in/a", "in/b"]) {
      this.write(`box/${path}`, "abc", 0o644);
      Deno.utimeSync(`${this.box}/${path}`, new Date(MTIME), new Date(MTIME));
      const sha256 = "ab".repeat(32);
      entries.push({ kind: "file", path, mode: 0o644, mtime: MTIME, size: 3, sha256 });
    }
    Deno.chmodSync(`${this.box}/in`, 0o755);
    // No change of a name can be in the same millisecond.
    Deno.utimeSync(`${this.box}/in`, new Date(MTIME), new Date(MTIME));
    return entries;
  }

  look(path: string): Deno.FileInfo {
    return Deno.lstatSync(`${this.box}/${path}`);
  }

  seal(): Walked[] {
    const { uid, gid } = Deno.lstatSync(this.box);
    return seal(this.box, this.tree, { owner: { uid, gid }, looks: this.looks });
  }
}

Deno.test("what was left alone is as it was seen", () => {
  using sealed = new Sealed();
  const [folder, a, b] = sealed.seal();
  assertEquals([folder?.path, a?.path, b?.path], ["in", "in/a", "in/b"]);
  assertEquals([a?.info, b?.info], [...sealed.looks.values()].slice(1));
});

/** What is done to the folder after it was looked at. */
const CHANGES: Readonly<Record<string, (box: string) => void>> = {
  "a file is exchanged": (box) => {
    Deno.writeTextFileSync(`${box}/other`, "longer");
    Deno.renameSync(`${box}/other`, `${box}/in/a`);
  },
  "a file is exchanged for a folder": (box) => {
    Deno.removeSync(`${box}/in/a`);
    Deno.mkdirSync(`${box}/in/a`);
  },
  "a file is exchanged for a link": (box) => {
    Deno.removeSync(`${box}/in/a`);
    Deno.symlinkSync("b", `${box}/in/a`);
  },
  "a file gets another name": (box) => Deno.linkSync(`${box}/in/a`, `${box}/in/c`),
  "a file is gone": (box) => Deno.removeSync(`${box}/in/b`),
  "a file is added": (box) => Deno.writeTextFileSync(`${box}/in/c`, ""),
  "a folder is added": (box) => Deno.mkdirSync(`${box}/added`),
  "the folder is a link elsewhere": (box) => {
    Deno.renameSync(`${box}/in`, `${box}/../in`);
    Deno.symlinkSync("../in", `${box}/in`);
  },
  "the folder is gone": (box) => Deno.removeSync(`${box}/in`, { recursive: true }),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`seal() finds that ${what}`, () => {
    using sealed = new Sealed();
    change(sealed.box);
    assertThrows(() => sealed.seal(), IntegrityError);
  });
}

Deno.test("seal() looks again into a folder in which something was done", () => {
  using sealed = new Sealed();
  Deno.writeTextFileSync(`${sealed.box}/other`, "xyz");
  Deno.chmodSync(`${sealed.box}/other`, 0o644);
  Deno.utimeSync(`${sealed.box}/other`, new Date(MTIME), new Date(MTIME));
  Deno.renameSync(`${sealed.box}/other`, `${sealed.box}/in/a`);
  const [, a] = sealed.seal();
  assertEquals(a?.info.ino, sealed.look("in/a").ino);
});
