import { assertEquals, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import { parseKey, revisionKey, splitFileName } from "../../src/revision/keys.ts";
import { aPackage, aRevision } from "../names.ts";

Deno.test("parseKey() knows revisions by package, id and rest", () => {
  const cases: [key: string, name: string, id: string, rest: string][] = [
    ["my_site.VZ5vQk8aR4G.tar.gz", "my_site", "VZ5vQk8aR4G", "tar.gz"],
    ["my_site.VZ5vQk8aR4G", "my_site", "VZ5vQk8aR4G", ""],
    ["web-2.201303057568Wq.tgz", "web-2", "201303057568Wq", "tgz"],
    ["a.VZ5vQk8aR4G.2.3.tar.zst", "a", "VZ5vQk8aR4G", "2.3.tar.zst"],
  ];
  for (const [key, name, id, rest] of cases) {
    const revision = aRevision(`${name}.${id}`);
    assertEquals(parseKey(key), { kind: "revision", key, ...revision, rest });
    assertEquals(revisionKey(revision, rest), key);
  }
});

Deno.test("parseKey() knows the pointers", () => {
  const cases = [
    ["my_site.rev", "rev"],
    ["my_site.current", "go-current"],
    ["my_site.previous", "go-previous"],
  ] as const;
  for (const [key, kind] of cases) {
    assertEquals(parseKey(key), { kind, key, package: aPackage("my_site") });
  }
});

Deno.test("parseKey() leaves all other keys alone", () => {
  const foreign = [
    "",
    "my_site",
    "my_site.",
    ".rev",
    "my_site.tgz",
    "my_site.rev.bak",
    "my_site.current.tgz",
    "my_site.VZ5vQk8aR4G.",
    "my_site.VZ5vQk8aR4G.logs/1.gz",
    "logs/my_site.VZ5vQk8aR4G.tgz",
    "-x.VZ5vQk8aR4G.tgz",
    "my site.VZ5vQk8aR4G.tgz",
    "my_site.VZ5v Qk8aR4G.tgz",
  ];
  for (const key of foreign) assertEquals(parseKey(key), undefined, key);
});

Deno.test("splitFileName() gives the package and the rest", () => {
  assertEquals(splitFileName("my_site.tar.gz"), { package: aPackage("my_site"), rest: "tar.gz" });
  assertEquals(splitFileName("my_site"), { package: aPackage("my_site"), rest: "" });
  assertEquals(splitFileName("my_site-1.2.tgz"), { package: aPackage("my_site-1"), rest: "2.tgz" });
});

Deno.test("splitFileName() refuses a name that gives no package", () => {
  for (const name of [".tgz", "-a.tgz", "my site.tgz", "", "\u00e9.tgz", "a.", "a.b\nc"]) {
    assertThrows(() => splitFileName(name), UsageError, "The file name");
  }
});
