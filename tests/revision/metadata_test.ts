import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  noteMetadata,
  readNote,
  readRevisionContent,
  revisionMetadata,
  uploadMetadata,
} from "../../src/revision/metadata.ts";
import { UsageError } from "../../src/errors.ts";

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
  assertEquals(noteMetadata({ message: "x".repeat(1000) })["ftl-message"]?.length, 1000);
  assertThrows(() => noteMetadata({ message: "x".repeat(1001) }), UsageError, "too long");
});

Deno.test("what is known of a revision's content comes back, and what is malformed counts as absent", () => {
  const content = { sha256: "0f".repeat(32), bytes: 123, entries: 4 };
  assertEquals(readRevisionContent(revisionMetadata(content)), content);
  assertEquals(
    readRevisionContent({ "ftl-sha256": "xyz", "ftl-bytes": "-1", "ftl-files": "1e9" }),
    { sha256: undefined, bytes: undefined, entries: undefined },
  );
});

Deno.test("uploads of the same file have different marks", () => {
  const marks = Array.from({ length: 3 }, () => uploadMetadata()["ftl-upload"]);
  assertEquals(new Set(marks).size, 3);
});

Deno.test("an empty message is none", () => {
  assertEquals(noteMetadata({ by: "ann@laptop", message: "" }), { "ftl-by": "ann@laptop" });
});
