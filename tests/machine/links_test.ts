/** The links `current` and `previous`. */
import { assertEquals, assertThrows } from "../assert.ts";
import { StorageError } from "../../src/errors.ts";
import { readLink, writeLinks } from "../../src/machine/links.ts";
import { anId } from "../names.ts";
import { TestMachine } from "./machine.ts";

const [OLD, NEW] = [anId("VZ5vQk8aR4G"), anId("VZ5vQk9aR4G")];

Deno.test("writeLinks() makes relative links, and replaces existing ones", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  writeLinks(pkg, { current: OLD });
  assertEquals([readLink(pkg, "current"), readLink(pkg, "previous")], [OLD, undefined]);
  writeLinks(pkg, { current: NEW, previous: OLD });
  assertEquals([readLink(pkg, "current"), readLink(pkg, "previous")], [NEW, OLD]);
  assertEquals(Deno.readLinkSync(pkg.current), `revs/${NEW}`);
  assertEquals([...Deno.readDirSync(pkg.own)].filter(({ isSymlink }) => isSymlink), []);
});

Deno.test("writeLinks() without a previous revision leaves that link unchanged", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  writeLinks(pkg, { current: OLD, previous: NEW });
  writeLinks(pkg, { current: NEW });
  assertEquals(readLink(pkg, "previous"), NEW);
});

Deno.test("readLink() accepts links that people made, and none that leads elsewhere", () => {
  using machine = new TestMachine();
  const { pkg } = machine;
  const cases: [target: string, id: string | undefined][] = [
    [`revs/${OLD}`, OLD],
    [`revs/${OLD}/`, OLD],
    [`./revs/${OLD}`, OLD],
    [pkg.revisionPath(OLD), OLD],
    ["revs", undefined],
    ["/etc", undefined],
    [`elsewhere/${OLD}`, undefined],
    ["revs/..", undefined],
    ["revs/current", undefined],
  ];
  for (const [target, id] of cases) {
    Deno.symlinkSync(target, pkg.current);
    assertEquals(readLink(pkg, "current"), id, target);
    Deno.removeSync(pkg.current);
  }
});

Deno.test("something that is not a link is reported, and stays", () => {
  for (const kind of ["file", "folder", "full folder"]) {
    using machine = new TestMachine();
    const { pkg } = machine;
    if (kind === "file") machine.write("root/my_site/current", "mine");
    else machine.folder(`root/my_site/current${kind === "folder" ? "" : "/inner"}`);
    assertThrows(() => readLink(pkg, "current"), StorageError, "is not a link");
    if (kind === "file") continue;
    assertThrows(() => writeLinks(pkg, { current: OLD }), StorageError, "is not a link");
    assertEquals(Deno.lstatSync(pkg.current).isDirectory, true, kind);
  }
});
