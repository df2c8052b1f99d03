import { type Format, formatOf, storedName } from "../../src/archive/format.ts";
import { assertEquals } from "../assert.ts";

const TABLE: [rest: string, format: Format, stored: string][] = [
  ["tar", "tar", "my_site.tar"],
  ["tar.gz", "tar.gz", "my_site.tar"],
  ["tgz", "tar.gz", "my_site.tgz"],
  ["tar.zst", "tar.zst", "my_site.tar.zst"],
  ["tzst", "tar.zst", "my_site.tzst"],
  ["2.3.tgz", "tar.gz", "my_site.2.3.tgz"],
  ["2.3.TAR.GZ", "tar.gz", ""],
  ["Tgz", "tar.gz", ""],
  ["gz", "gz", "my_site"],
  ["js.gz", "gz", "my_site.js"],
  ["JS.GZ", "gz", "my_site.JS"],
  ["zst", "zst", "my_site"],
  ["sql.zst", "zst", "my_site.sql"],
  ["js", "plain", "my_site.js"],
  ["", "plain", "my_site"],
  ["tar.xz", "plain", "my_site.tar.xz"],
  ["notatar", "plain", "my_site.notatar"],
  ["mytgz", "plain", "my_site.mytgz"],
  ["min.js", "plain", "my_site.min.js"],
];

for (const [rest, format, stored] of TABLE) {
  Deno.test(`formatOf() says that my_site${rest && "."}${rest} is ${format}`, () => {
    assertEquals(formatOf(rest), format);
  });
  if (format === "plain" || format === "gz" || format === "zst") {
    Deno.test(`storedName() keeps my_site${rest && "."}${rest} as ${stored}`, () => {
      assertEquals(storedName("my_site", rest), stored);
    });
  }
}
