/** Pause files: which of them is in force, and what they say. */
import { assertEquals } from "../assert.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { type Pause, readPause } from "../../src/machine/pause_file.ts";
import { aPackage } from "../names.ts";
import { TempFolder } from "../temp.ts";

const NOW = Date.parse("2026-11-25T14:00:00Z");

/** What the text of a pause file means; the path is left out. */
function meaningOf(text: string): Omit<Pause, "path"> | undefined {
  using folder = new TempFolder();
  folder.folder("my_site");
  Deno.writeTextFileSync(`${folder.path}/my_site/.pause`, text);
  const pause = readPause(new PackageDir(folder.path, aPackage("my_site")), NOW);
  return pause && { why: pause.why, until: pause.until };
}

const TEXTS: readonly (readonly [string, string, Omit<Pause, "path"> | undefined])[] = [
  ["an empty file", "", { why: undefined, until: undefined }],
  ["a reason", "database is moving\n", { why: "database is moving", until: undefined }],
  ["lines after the reason", "\n\nfreeze\nmore", { why: "freeze", until: undefined }],
  [
    "an end and a reason",
    "until 2026-12-01T00:00Z\nfreeze\n",
    { why: "freeze", until: "2026-12-01T00:00:00.000Z" },
  ],
  ["an end that has passed", "until 2026-11-25T14:00Z\nfreeze", undefined],
  [
    "an end that is no time",
    "until tomorrow\n",
    { why: "until tomorrow", until: undefined },
  ],
  [
    "an end in another zone",
    "until 2026-11-25T15:30+0100\n",
    { why: undefined, until: "2026-11-25T14:30:00.000Z" },
  ],
  // To `Date.parse` these are days of January 2026 and of December 2001.
  ["a German date", "until 01.12.2026\n", { why: "until 01.12.2026", until: undefined }],
  ["a month and a day", "until 12-01\n", { why: "until 12-01", until: undefined }],
  ["an end in capital letters", "UNTIL 2026-11-25T13:59:59Z", undefined],
];

for (const [name, text, due] of TEXTS) {
  Deno.test(`a pause file with ${name}`, () => {
    assertEquals(meaningOf(text), due);
  });
}

Deno.test("the machine's pause file counts for every package, and a package's only for itself", () => {
  using folder = new TempFolder();
  const [a, b] = ["a", "b"].map((name) => {
    folder.folder(name);
    return new PackageDir(folder.path, aPackage(name));
  }) as [PackageDir, PackageDir];
  const paths = (): (string | undefined)[] => [a, b].map((pkg) => readPause(pkg, NOW)?.path);
  assertEquals(paths(), [undefined, undefined]);
  Deno.writeTextFileSync(`${a.path}/.pause`, "");
  assertEquals(paths(), [`${a.path}/.pause`, undefined]);
  Deno.writeTextFileSync(`${folder.path}/.pause`, "");
  assertEquals(paths(), [`${folder.path}/.pause`, `${folder.path}/.pause`]);
});

Deno.test("a link in the place of a pause file is a pause, and is not followed", () => {
  using folder = new TempFolder();
  folder.folder("a");
  Deno.writeTextFileSync(`${folder.path}/secret`, "until 2020-01-01T00:00Z\nsecret");
  Deno.symlinkSync(`${folder.path}/secret`, `${folder.path}/a/.pause`);
  const pause = readPause(new PackageDir(folder.path, aPackage("a")), NOW);
  assertEquals(pause, { path: `${folder.path}/a/.pause`, why: undefined, until: undefined });
});
