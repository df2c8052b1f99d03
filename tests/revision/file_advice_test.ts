import { adviseOnFileName, looksLikeOneBuild } from "../../src/revision/file_advice.ts";
import { splitFileName } from "../../src/revision/keys.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";

/** For each name what the advice says; nothing where it is empty. */
const NAMES: [fileName: string, says: string[]][] = [
  ["my_site.tgz", []],
  ["my_site.tar.gz", []],
  ["my_site.TAR.ZST", []],
  ["my_site.tar", []],
  ["my_site.2.3.tgz", []],
  ["my_site.jar", []],
  ["my_data.json.gz", []],
  ["my_site", []],
  ["python3.tgz", []],
  ["my_site-2024.tgz", []],
  ["my_site.tar.xz", ["not unpacked", "my_site.tar.gz or my_site.tar.zst"]],
  ["my_site.tar.bz2", ["not unpacked"]],
  ["my_site.tar.Z", ["not unpacked"]],
  ["my_site.tar.lz4", ["not unpacked"]],
  ["my_site.txz", ["not unpacked"]],
  ["my_site.tbz", ["not unpacked"]],
  ["my_site.tbz2", ["not unpacked"]],
  ["my_site.zip", ["not unpacked"]],
  ["my_site.ZIP", ["not unpacked"]],
  ["my_site.7z", ["not unpacked"]],
  ["my_site.rar", ["not unpacked"]],
  ["my_site-1.2.3.tgz", ["package is my_site-1", "first dot", "rename the file to my_site.tgz"]],
  ["my_site-v1.2.3.tar.gz", ["package is my_site-v1", "to my_site.tar.gz"]],
  ["my_site_2.0-rc1+5.tar.zst", ["package is my_site_2", "to my_site.tar.zst"]],
  ["my-site-10.0.zip", ["not unpacked", "package is my-site-10", "to my-site.zip"]],
];
for (const [fileName, says] of NAMES) {
  Deno.test(`adviseOnFileName() says of ${fileName}: ${says.join(", ") || "nothing"}`, () => {
    const { package: name, rest } = splitFileName(fileName);
    const advice = adviseOnFileName(name, rest).join("\n");
    for (const part of says) assertStringIncludes(advice, part);
    if (says.length === 0) assertEquals(advice, "");
  });
}

Deno.test("looksLikeOneBuild() knows names that change with every build", () => {
  const builds = ["my_site-1", "my_site_v2", "my_site-2024-05-01", "my_site-20240501", "a-4ec5d1c"];
  for (const name of builds) assertEquals(looksLikeOneBuild(name), true, name);
  for (const name of ["my_site", "python3", "s3-proxy", "my-site", "web_dead", "v8"]) {
    assertEquals(looksLikeOneBuild(name), false, name);
  }
});
