/** Where an archive ends: truncated, with its marker, or with more behind it. */
import { checkArchive } from "../../../src/archive/check.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import {
  bytesOf,
  concat,
  END,
  gnuLong,
  gzip,
  member,
  pax,
  SAMPLE,
  stream,
  tar,
  zstd,
} from "../builders.ts";
import { assertRefused, assertUnpacked, Playground } from "../playground.ts";

Deno.test("a tar archive that is truncated at any byte is refused", async () => {
  // Once the first block of zeros is there, nothing that counts is missing.
  const whole = SAMPLE.length - 512;
  for (let length = 0; length < whole; length += 37) {
    await assertRefused(SAMPLE.slice(0, length), { says: ["my_site.tar"] });
  }
  await assertRefused(SAMPLE.slice(0, whole - 1), { says: ["truncated after empty"] });
  using play = new Playground();
  await assertUnpacked(SAMPLE.slice(0, whole), { play });
});

Deno.test("a truncated entry is named", async () => {
  const cut = tar({ name: "a/big", content: "x".repeat(5000) }).slice(0, 2000);
  await assertRefused(cut, { says: ["truncated in a/big"] });
});

Deno.test("a .tar without its end-of-archive marker counts as truncated", async () => {
  await assertRefused(member({ name: "a" }), { says: ["truncated after a", "end-of-archive"] });
  await assertRefused(concat(member({ name: "a" }), new Uint8Array(511)), { says: ["truncated"] });
  await assertRefused(new Uint8Array(), { says: ["truncated"] });
});

for (const [rest, pack] of [["tgz", gzip], ["tar.zst", zstd]] as const) {
  Deno.test(`a .${rest} without the marker is whole, as its compressed data is, but not within an entry`, async () => {
    using play = new Playground();
    await assertUnpacked(pack(member({ name: "a", content: "x" })), { rest, play });
    assertEquals(play.tree(), ['a 0644 "x"']);
    const cut: [what: string, bytes: Uint8Array][] = [
      ["truncated", new Uint8Array()],
      ["truncated in a", member({ name: "a", content: "x" }).slice(0, 700)],
      ["truncated after a", concat(member({ name: "a" }), new Uint8Array(100))],
      ["truncated after a", concat(member({ name: "a" }), pax({ path: "b" }))],
      ["truncated after a", concat(member({ name: "a" }), gnuLong("L", "b"))],
      ["truncated after a", concat(member({ name: "a" }), gnuLong("K", "b"))],
    ];
    for (const [says, bytes] of cut) await assertRefused(pack(bytes), { rest, says: [says] });
  });
}

Deno.test("an archive of nothing but its marker is an empty one", async () => {
  using play = new Playground();
  assertEquals(await assertUnpacked(tar(), { play }), { entries: 0, bytes: 0 });
});

Deno.test("zeros after the end-of-archive marker are padding", async () => {
  using play = new Playground();
  await assertUnpacked(concat(tar({ name: "a" }), new Uint8Array(9 * 1024 + 100)), { play });
  assertEquals(play.tree(), ['a 0644 ""']);
});

Deno.test("what follows the end-of-archive marker is left alone, and a note tells of it", async () => {
  const first = tar({ name: "a" });
  for (
    const rest of [bytesOf("garbage"), tar({ name: "b" }), concat(new Uint8Array(9000), SAMPLE)]
  ) {
    for (const chunk of [100, 512, 1 << 20]) {
      using play = new Playground();
      const bytes = concat(first, rest);
      assertEquals(await assertUnpacked(bytes, { play, chunk }), { entries: 1, bytes: 0 });
      assertEquals(play.tree(), ['a 0644 ""']);
      const notes: string[] = [];
      const onNote = (note: string): void => void notes.push(note);
      await checkArchive(stream(bytes, chunk), { package: "my_site", rest: "tar", onNote });
      assertEquals(notes.length, 1);
      assertStringIncludes(notes[0] ?? "", "my_site.tar goes on after its end-of-archive marker");
    }
  }
});

Deno.test("zeros after the marker, and what is no entry after its first block, bring no refusal", async () => {
  for (const rest of [new Uint8Array(20_000), bytesOf("x"), bytesOf("x".repeat(512))]) {
    using play = new Playground();
    await assertUnpacked(concat(member({ name: "a" }), new Uint8Array(512), rest), { play });
    assertEquals(play.tree(), ['a 0644 ""']);
  }
});

Deno.test("an entry behind a single block of zeros is neither smuggled in nor lost", async () => {
  const bytes = concat(member({ name: "a" }), new Uint8Array(512), member({ name: "b" }), END);
  for (const chunk of [100, 512, 1 << 20]) {
    await assertRefused(bytes, { says: ["it has a block of zeros between its entries"], chunk });
  }
});
