/** Quarantines on the disk. */
import { assertEquals } from "../../assert.ts";
import {
  addQuarantine,
  endQuarantine,
  findQuarantine,
  type Quarantine,
  readQuarantines,
} from "../../../src/machine/jump/quarantine.ts";
import { PackageDir } from "../../../src/machine/package_dir.ts";
import { anId, aPackage } from "../../names.ts";
import { TempFolder } from "../../temp.ts";

const [A, B] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

function quarantine(id: typeof A, blessing = "7"): Quarantine {
  return { id, blessing, at: "2026-11-25T14:03:00.000Z", reason: "health failed: exit 1" };
}

function emptyPackage(folder: TempFolder): PackageDir {
  folder.folder("a");
  const pkg = new PackageDir(folder.path, aPackage("a"));
  pkg.prepare();
  return pkg;
}

Deno.test("a quarantine is in force under its own blessing only", () => {
  using folder = new TempFolder();
  const pkg = emptyPackage(folder);
  assertEquals(findQuarantine(pkg, A, "7"), undefined);
  addQuarantine(pkg, quarantine(A));
  assertEquals(findQuarantine(pkg, A, "7"), quarantine(A));
  assertEquals(findQuarantine(pkg, A, "8"), undefined);
  assertEquals(findQuarantine(pkg, A, undefined), undefined);
  assertEquals(findQuarantine(pkg, B, "7"), undefined);
});

Deno.test("a revision has one quarantine, and twenty revisions are remembered", () => {
  using folder = new TempFolder();
  const pkg = emptyPackage(folder);
  addQuarantine(pkg, quarantine(A));
  addQuarantine(pkg, quarantine(A, "8"));
  assertEquals(readQuarantines(pkg), [quarantine(A, "8")]);
  const ids = Array.from({ length: 20 }, (_, i) => anId(`VZ5vQ${String(i).padStart(2, "0")}aR4G`));
  for (const id of ids) addQuarantine(pkg, quarantine(id));
  assertEquals(readQuarantines(pkg).map(({ id }) => id), ids.toReversed());
});

Deno.test("a quarantine ends for one revision or for all, and a file that FTL did not write counts as none", () => {
  using folder = new TempFolder();
  const pkg = emptyPackage(folder);
  for (const id of [A, B]) addQuarantine(pkg, quarantine(id));
  endQuarantine(pkg, A);
  assertEquals(readQuarantines(pkg).map(({ id }) => id), [B]);
  endQuarantine(pkg);
  assertEquals(readQuarantines(pkg), []);
  Deno.writeTextFileSync(`${pkg.own}/bad.json`, `[null, 1, {"id":"../x","blessing":"7"}, {}]`);
  assertEquals(readQuarantines(pkg), []);
});
