import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  noteMetadata,
  readNote,
  readRevisionContent,
  revisionMetadata,
} from "../../src/revision/metadata.ts";
import { IntegrityError, UsageError } from "../../src/errors.ts";
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

Deno.test("notes of any characters come back from metadata, which is ASCII", () => {
  const notes = [
    "fix login",
    "100% done",
    "gr\u00fc\u00dfe \u2603 \ud83d\ude80",
    " padded ",
    "a\nb\tc",
  ];
  for (const message of notes) {
    const note = { by: "j\u00f6rg@web-1", at: "2026-11-22T00:00:00.000Z", message };
    const metadata = noteMetadata(note);
    for (const value of Object.values(metadata)) assert(/^[!-~]([ -~]*[!-~])?$/.test(value), value);
    assertEquals(readNote(metadata), note);
  }
});

Deno.test("notes that other tools wrote are shown as they are", () => {
  assertEquals(readNote({ "ftl-message": "50% off" }).message, "50% off");
  assertEquals(readNote({}), { by: undefined, at: undefined, message: undefined });
});

Deno.test("a message that S3 has no room for is refused before anything is sent", () => {
  assertThrows(() => noteMetadata({ message: "\u00e9".repeat(500) }), UsageError, "too long");
});

Deno.test("what is known of a revision's content comes back, and what is malformed counts as absent", () => {
  const content = { sha256: "0f".repeat(32), bytes: 123, entries: 4 };
  assertEquals(readRevisionContent(revisionMetadata(content)), content);
  assertEquals(
    readRevisionContent({ "ftl-sha256": "xyz", "ftl-bytes": "-1", "ftl-files": "1e9" }),
    { sha256: undefined, bytes: undefined, entries: undefined },
  );
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
