import { assertEquals, assertThrows } from "../assert.ts";
import { IntegrityError } from "../../src/errors.ts";
import { blessingMetadata, parsePointer, readBlessing } from "../../src/revision/pointer.ts";
import { anId, aPackage } from "../names.ts";

const ID = anId("VZ5vQk8aR4G");
const where = { key: "my_site.rev", packageName: aPackage("my_site") };

Deno.test("parsePointer() reads what FTL, an editor and the Go original write", () => {
  const texts = [
    "my_site.VZ5vQk8aR4G",
    "my_site.VZ5vQk8aR4G\n",
    "  my_site.VZ5vQk8aR4G\r\n",
    "VZ5vQk8aR4G",
  ];
  for (const text of texts) assertEquals(parsePointer(text, where), "VZ5vQk8aR4G", text);
});

Deno.test("parsePointer() refuses what names no revision of the package", () => {
  for (const text of ["", "other.VZ5vQk8aR4G", "my_site.tgz", "my_site.VZ5vQk8aR4G.tgz", "../x"]) {
    assertThrows(() => parsePointer(text, where), IntegrityError, "my_site.rev");
  }
});

Deno.test("a blessing carries what it replaced", () => {
  const blessing = {
    id: ID,
    replaced: anId("VZ5uB1x0pQa"),
    note: { by: "a@b", at: "2026-11-22T00:00:00.000Z", message: undefined },
  };
  assertEquals(readBlessing(ID, blessingMetadata(blessing)), blessing);
  assertEquals(readBlessing(ID, { "ftl-replaced": "../etc" }).replaced, undefined);
});
