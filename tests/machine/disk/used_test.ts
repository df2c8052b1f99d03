/** How much disk space a package uses. */
import { assert, assertEquals } from "../../assert.ts";
import { diskUsed } from "../../../src/machine/disk/used.ts";
import { anId } from "../../names.ts";
import { TestMachine } from "../machine.ts";

Deno.test("diskUsed() counts revisions and staged files, and nothing beside them", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  const before = diskUsed(pkg);
  machine.write("root/my_site/notes", "x".repeat(1 << 20));
  assertEquals(diskUsed(pkg), before);
  machine.addRevision(anId("VZ5vQk8aR4G"));
  machine.write("root/my_site/revs/VZ5vQk8aR4G/inner/file", "x".repeat(1 << 20));
  machine.write("root/my_site/.ftl/staging/VZ5vQk9aR4G/file", "x".repeat(1 << 20));
  const added = diskUsed(pkg) - before;
  assert(added >= 2 << 20 && added < 3 << 20, `${added} bytes`);
});
