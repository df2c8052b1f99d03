/** Archives whose names and kinds of entries were made to write outside of the folder. */
import { assertEquals } from "../assert.ts";
import { gnuLong, pax, tar } from "./builders.ts";
import { assertRefused, assertUnpacked, Playground } from "./playground.ts";

Deno.test("an entry named ../evil does not land beside the revision", async () => {
  await assertRefused(tar({ name: "../evil", content: "x" }), { says: ["../evil", '".."'] });
});

const DOTDOT = [
  "..",
  "../",
  "a/..",
  "a/../../evil",
  "./../evil",
  "a/b/../../../evil",
  ".././evil",
  "a//..//b",
];

for (const name of DOTDOT) {
  Deno.test(`a path with a ".." is refused even where it would stay inside: ${name}`, async () => {
    for (const type of ["0", "2", "5"]) {
      await assertRefused(tar({ name, type, link: "x" }), { says: [name, '".."'] });
    }
  });
}

Deno.test("names that only look like .. are names", async () => {
  using play = new Playground();
  const names = ["...", "..a", "a..", ".a", "a/...b", ". .", ".. "];
  await assertUnpacked(tar(...names.map((name) => ({ name }))), { play });
  assertEquals(play.tree().length, names.length + 1);
});

Deno.test("an absolute path does not overwrite a file of the system", async () => {
  using play = new Playground();
  const name = `${play.outside}/secret`;
  for (const path of [name, `/${name}`, `//${name}`]) {
    await assertRefused(tar({ name: path, content: "x" }), { says: [name, "absolute"], play });
  }
});

Deno.test("a GNU long name and a PAX path obey the same rules as a short name", async () => {
  const long = `${"a/".repeat(80)}../${"../".repeat(90)}evil`;
  await assertRefused(tar(gnuLong("L", long), { name: "x", content: "x", format: "gnu" }), {
    says: ["a/a/a", '".."'],
  });
  await assertRefused(tar(pax({ path: "../evil" }), { name: "harmless", content: "x" }), {
    says: ["../evil"],
  });
  await assertRefused(tar(pax({ path: "/etc/evil" }), { name: "harmless", content: "x" }), {
    says: ["/etc/evil", "absolute"],
  });
  await assertRefused(tar({ name: "evil", prefix: "/etc", content: "x" }), { says: ["/etc/evil"] });
  await assertRefused(tar({ name: "evil", prefix: "..", content: "x" }), { says: ["../evil"] });
});

Deno.test("a NUL in a PAX path does not hide how it goes on", async () => {
  await assertRefused(tar(pax({ path: "ok\0/../../evil" }), { name: "x" }), { says: ["NUL"] });
  await assertRefused(tar(pax({ linkpath: "ok\0evil" }), { name: "x", type: "2", link: "y" }), {
    says: ["x", "NUL"],
  });
});

Deno.test("an entry without a name is refused", async () => {
  await assertRefused(tar({ name: "", content: "x" }), { says: ["no name"] });
  await assertRefused(tar({ name: "", type: "5" }), { says: ["no name"] });
});

Deno.test("a file where a folder with content was does not replace it", async () => {
  for (const type of ["0", "2", "1"]) {
    const bytes = tar({ name: "x" }, { name: "dir/file" }, { name: "dir", type, link: "x" });
    await assertRefused(bytes, { says: ["dir", "not empty"] });
  }
});

Deno.test("a path through a file is refused", async () => {
  await assertRefused(tar({ name: "file" }, { name: "file/x", content: "x" }), {
    says: ["file/x", "through file"],
  });
});

Deno.test("nothing can take the place of the revision's own folder", async () => {
  for (const type of ["0", "2"]) {
    for (const name of type === "0" ? [".", "././."] : [".", "./", "././."]) {
      await assertRefused(tar({ name, type, link: "/tmp", content: type === "0" ? "x" : "" }), {
        says: [name, "own folder"],
      });
    }
  }
});

for (const [type, what] of [["3", "character device"], ["4", "block device"], ["6", "fifo"]]) {
  Deno.test(`a ${what} is refused by name`, async () => {
    await assertRefused(tar({ name: "dev/evil", type: type ?? "" }), {
      says: ["dev/evil", what ?? ""],
    });
  });
}

for (const type of ["N", "Z", "E", "I", "9"]) {
  Deno.test(`an entry of type ${type} is refused by name`, async () => {
    await assertRefused(tar({ name: "odd", type, format: "gnu" }), { says: ["odd", type] });
  });
}

Deno.test("terminal control characters in a name do not reach the message", async () => {
  const message = await assertRefused(tar({ name: "/\x1b[2J\x1b]0;evil\x07\r\n" }), {
    says: ["\\u001b"],
  });
  // deno-lint-ignore no-control-regex -- that is the point
  assertEquals(/[\x00-\x1f]/.test(message), false);
});
