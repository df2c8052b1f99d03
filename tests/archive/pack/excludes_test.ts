/** `--exclude`: the patterns that people know from `.gitignore`. */
import { Excludes } from "../../../src/archive/pack/excludes.ts";
import { UsageError } from "../../../src/errors.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";
import { namesIn, pack } from "./packing.ts";

const FILES = [
  "a.map",
  "build/index.js",
  "docs/a/b/c.psd",
  "docs/build/x",
  "docs/x.map",
  "index.html",
  "node_modules/left/index.js",
  "src/Build/x",
  "src/node_modules/right/index.js",
];

Deno.test("--exclude leaves out what git would ignore", async () => {
  using folder = new TempFolder();
  for (const file of FILES) folder.write(file, "");
  const cases: [patterns: readonly string[], out: readonly string[]][] = [
    [[], []],
    [["*.map"], ["a.map", "docs/x.map"]],
    [["/*.map"], ["a.map"]],
    [["*.map", "!docs/*.map"], ["a.map"]],
    [["!docs/*.map", "*.map"], ["a.map", "docs/x.map"]],
    [["node_modules"], ["node_modules/left/index.js", "src/node_modules/right/index.js"]],
    [["node_modules/"], ["node_modules/left/index.js", "src/node_modules/right/index.js"]],
    [["/node_modules"], ["node_modules/left/index.js"]],
    [["index.js/"], []],
    [["build"], ["build/index.js", "docs/build/x"]],
    [["docs/build"], ["docs/build/x"]],
    [["docs/**/*.psd"], ["docs/a/b/c.psd"]],
    [["**/x"], ["docs/build/x", "src/Build/x"]],
    [["[ab]*", "!build"], ["a.map", "docs/a/b/c.psd"]],
    [["node_modules", "!node_modules/left/index.js"], [
      "node_modules/left/index.js",
      "src/node_modules/right/index.js",
    ]],
    [["docs/*", "!docs/build"], ["docs/a/b/c.psd", "docs/x.map"]],
    [["*"], FILES],
  ];
  for (const [exclude, out] of cases) {
    const names = await namesIn(await pack(folder.path, { exclude }));
    const files = names.filter((name) => !name.endsWith("/"));
    assertEquals(files, FILES.filter((file) => !out.includes(file)), exclude.join(" "));
  }
});

Deno.test("the patterns that left nothing out are known", () => {
  const excludes = new Excludes(["*.map", "node_module/", "/build", "!keep.map"]);
  assertEquals([excludes.has("a.map", false), excludes.has("node_modules", true)], [true, false]);
  assertEquals(excludes.unused, ["node_module/", "/build"]);
});

Deno.test("a pattern that can match nothing is refused, with the reason", () => {
  const cases: [pattern: string, why: string][] = [
    ["", "it is empty"],
    ["  ", "it is empty"],
    ["# maps", "it is a comment"],
    ["!", "nothing follows its '!'"],
    ["[ab", "its '[' has no ']'"],
    ["a[]x", "its '[' has no ']'"],
    ["a\nb", "it has several lines"],
    ["./build", "paths in the folder do not begin with './' or '../'"],
    ["../build", "paths in the folder do not begin with './' or '../'"],
    ["/", "paths in the folder do not begin with './' or '../'"],
    ["build\\", "it ends in a backslash"],
  ];
  for (const [pattern, why] of cases) {
    const error = assertThrows(() => new Excludes([pattern]), UsageError);
    assertEquals(error.message.endsWith(`matches nothing: ${why}`), true, error.message);
  }
  for (const fine of ["\\#x", "\\[x", "[]a]", "[!]]b[a-z]", "build\\\\", "..x", ".git", "a b "]) {
    new Excludes([fine]);
  }
});
