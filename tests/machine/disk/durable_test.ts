/** Files that are overwritten in place: when that is allowed, and what stays untouched. */
import { assertEquals } from "../../assert.ts";
import { overwriteDigits } from "../../../src/machine/disk/durable.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";
import { readLastSync, writeLastSync } from "../../../src/machine/state.ts";
import { TempFolder } from "../../temp.ts";
import { aPackage } from "../../names.ts";

const OLD = `{"at":"2026-01-01T00:00:00.000Z"}\n`;
const NEW = `{"at":"2027-12-31T23:59:59.999Z"}\n`;

Deno.test("overwriteDigits() writes in place if only digits differ", () => {
  using folder = new TempFolder();
  const path = `${folder.path}/file`;
  Deno.writeTextFileSync(path, OLD);
  const { ino } = Deno.statSync(path);
  assertEquals(overwriteDigits(path, NEW), true);
  assertEquals([Deno.readTextFileSync(path), Deno.statSync(path).ino], [NEW, ino]);
});

const UNLIKE: [what: string, make: (path: string) => void][] = [
  ["nothing", () => {}],
  ["a shorter text", (path) => Deno.writeTextFileSync(path, OLD.slice(1))],
  ["a longer text", (path) => Deno.writeTextFileSync(path, `${OLD}\n`)],
  ["another letter", (path) => Deno.writeTextFileSync(path, OLD.replace("at", "by"))],
  ["a letter for a digit", (path) => Deno.writeTextFileSync(path, OLD.replace("6", "x"))],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a link to such a file", (path) => {
    Deno.writeTextFileSync(`${path}.foreign`, OLD);
    Deno.symlinkSync(`${path}.foreign`, path);
  }],
  ["a second name of such a file", (path) => {
    Deno.writeTextFileSync(`${path}.foreign`, OLD);
    Deno.linkSync(`${path}.foreign`, path);
  }],
];

for (const [what, make] of UNLIKE) {
  Deno.test(`overwriteDigits() leaves any other file alone: ${what}`, () => {
    using folder = new TempFolder();
    const path = `${folder.path}/file`;
    make(path);
    const before = textOf(path);
    assertEquals(overwriteDigits(path, NEW), false);
    assertEquals(textOf(path), before);
    assertEquals(textOf(`${path}.foreign`) ?? OLD, OLD);
  });
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

Deno.test("the time of a sync is written into the same file, another result into a new file", () => {
  using folder = new TempFolder();
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  const inode = (): number | null => Deno.statSync(`${pkg.own}/last-sync.json`).ino;
  writeLastSync(pkg, { at: "2026-01-01T00:00:00.000Z" });
  const first = inode();
  writeLastSync(pkg, { at: "2026-01-01T00:01:00.000Z" });
  assertEquals([readLastSync(pkg)?.at, inode()], ["2026-01-01T00:01:00.000Z", first]);
  const failed = { at: "2026-01-01T00:02:00.000Z", failure: "no luck" };
  writeLastSync(pkg, failed);
  assertEquals(readLastSync(pkg), failed);
  writeLastSync(pkg, { at: "2026-01-01T00:03:00.000Z" });
  assertEquals(readLastSync(pkg), { at: "2026-01-01T00:03:00.000Z", failure: undefined });
});
