/** A file that is read twice: its sums, its parts, and that it stays the same. */
import { createHash } from "node:crypto";
import { assertEquals, assertThrows } from "../../assert.ts";
import { IntegrityError, NotFoundError, UsageError } from "../../../src/errors.ts";
import { ChecksumTaker, fileNameOf, FileSource } from "../../../src/transfer/upload/file_source.ts";
import { TempFolder } from "../../temp.ts";

Deno.test("one pass takes the sums of the whole and of each part", () => {
  const bytes = new Uint8Array(1000).map((_, i) => i % 251);
  const sum = (part: Uint8Array, form: "hex" | "base64"): string =>
    createHash("sha256").update(part).digest(form);
  for (const step of [1, 7, 300, 1000]) {
    const sums = new ChecksumTaker([500, 200, 300].map((length) => ({ length })));
    for (let at = 0; at < bytes.length; at += step) sums.update(bytes.subarray(at, at + step));
    assertEquals(sums.digest(), {
      sha256: sum(bytes, "hex"),
      partSha256: [[0, 500], [500, 700], [700, 1000]]
        .map(([from, to]) => sum(bytes.subarray(from, to), "base64")),
    });
  }
});

const CHANGES: [what: string, change: (path: string) => void][] = [
  ["grows", (path) => Deno.writeTextFileSync(path, "more", { append: true })],
  ["shrinks", (path) => Deno.truncateSync(path, 10)],
  ["is deleted", (path) => Deno.removeSync(path)],
  ["is replaced", (path) => {
    Deno.writeTextFileSync(`${path}.new`, "x".repeat(100));
    Deno.renameSync(`${path}.new`, path);
  }],
];

for (const [what, change] of CHANGES) {
  Deno.test(`a file that ${what} while it is read is not spooled`, () => {
    using folder = new TempFolder();
    const path = folder.write("my_site.tgz", "x".repeat(100));
    using source = new FileSource(path);
    assertEquals(new TextDecoder().decode(source.read(90, 10)), "x".repeat(10));
    change(path);
    assertThrows(() => source.read(0, 5), IntegrityError, "changed while it was being spooled");
  });
}

Deno.test("what is no file, or an empty one, is refused", () => {
  using folder = new TempFolder();
  assertThrows(() => new FileSource(`${folder.path}/not-there`), NotFoundError, "No such file");
  assertThrows(() => new FileSource(folder.write("empty", "")), UsageError, "it is empty");
  assertThrows(() => new FileSource(folder.path), UsageError, "it is not a file");
  assertEquals(fileNameOf("/a/b/my_site.tgz"), "my_site.tgz");
});
