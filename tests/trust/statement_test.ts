/** What is signed: its text, what it must contain, and that nothing can be changed unseen. */
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals, assertThrows } from "../assert.ts";
import { IntegrityError } from "../../src/errors.ts";
import type { Metadata } from "../../src/revision/metadata.ts";
import {
  type BlessingFacts,
  blessingStatement,
  nextSignatureName,
  type RevisionFacts,
  revisionStatement,
  signaturesIn,
} from "../../src/trust/statement.ts";
import { BLESSING, BLESSING_TEXT, REVISION, REVISION_TEXT } from "./statements.ts";

const textOf = ({ bytes }: { readonly bytes: Uint8Array }): string =>
  new TextDecoder().decode(bytes);

Deno.test("the statement of a blessing is the text that docs and other programs know", () => {
  const statement = blessingStatement(BLESSING);
  assertEquals(textOf(statement), BLESSING_TEXT);
  assertEquals(statement.namespace, "ftl-bless:my_site");
  assertEquals([statement.key, statement.time], ["my_site.rev", 1795615200123]);
});

Deno.test("the statement of a revision is the text that docs and other programs know", () => {
  const statement = revisionStatement(REVISION);
  assertEquals(textOf(statement), REVISION_TEXT);
  assertEquals(statement.namespace, "ftl-spool:my_site");
  assertEquals(statement.time, Date.parse("2026-11-25T13:00:00.456Z"));
});

Deno.test("the order of metadata, other metadata and the signatures do not change a statement", () => {
  const { metadata } = BLESSING;
  const entries = Object.entries(metadata).reverse();
  const others = { "ftl-sig-1": "x", "ftl-sig-anything": "y", "cache-control": "z", "ft": "l" };
  const statement = blessingStatement({
    ...BLESSING,
    metadata: { ...others, ...Object.fromEntries(entries) },
  });
  assertEquals(textOf(statement), BLESSING_TEXT);
});

Deno.test("a field of a later FTL is covered", () => {
  const metadata = { ...BLESSING.metadata, "ftl-zone": "eu", "ftl-a": "b" };
  const text = textOf(blessingStatement({ ...BLESSING, metadata }));
  assert(text.endsWith("\nftl-zone: eu\n"));
  assert(text.includes("\nftl-a: b\nftl-at: "));
});

Deno.test("bucket and key in the head are encoded as metadata is", () => {
  const key = "my_site.VZ5vQk8aR4G.gr\u00fc\u00df 100%.tar";
  const text = textOf(revisionStatement({ ...REVISION, key, bucket: "b\nkey: x" }));
  const [, bucket, encoded] = text.split("\n");
  assertEquals(bucket, "bucket: b%0Akey: x");
  assertEquals(encoded, "key: my_site.VZ5vQk8aR4G.gr%C3%BC%C3%9F 100%25.tar");
});

Deno.test("a revision without a time is stated, but tells none", () => {
  for (const at of [undefined, "yesterday", "2026-11-25", "2026-11-25T13:00:00.456+01:00"]) {
    const { "ftl-at": _, ...rest } = REVISION.metadata;
    const metadata = at === undefined ? rest : { ...rest, "ftl-at": at };
    assertEquals(revisionStatement({ ...REVISION, metadata }).time, undefined);
  }
});

const NEXT = {
  "ftl-next": "VZ6vQk8aR4G",
  "ftl-next-key": "my_site.VZ6vQk8aR4G.tar.gz",
  "ftl-next-sha256": "0".repeat(64),
  "ftl-next-size": "1",
};

Deno.test("a candidate is covered with its object", () => {
  const metadata = { ...BLESSING.metadata, ...NEXT };
  const text = textOf(blessingStatement({ ...BLESSING, metadata }));
  assert(text.includes("\nftl-next: VZ6vQk8aR4G\nftl-next-key: my_site.VZ6"));
});

const BAD_BLESSINGS: [why: string, change: Partial<BlessingFacts>, message: string][] = [
  ["no serial", without("ftl-serial"), "has no ftl-serial"],
  ["a serial that is none", changed({ "ftl-serial": "-1" }), "has no ftl-serial"],
  ["no object", without("ftl-key"), "has no ftl-key"],
  ["no SHA-256", without("ftl-sha256"), "has no ftl-sha256"],
  ["half a SHA-256", changed({ "ftl-sha256": "0".repeat(32) }), "has no ftl-sha256"],
  ["no size", without("ftl-size"), "has no ftl-size"],
  [
    "another revision's object",
    changed({ "ftl-key": "my_site.VZ6vQk8aR4G.tgz" }),
    "another revision",
  ],
  [
    "another package's object",
    changed({ "ftl-key": "my_app.VZ5vQk8aR4G.tgz" }),
    "another revision",
  ],
  ["the pointer as its object", changed({ "ftl-key": "my_site.rev" }), "another revision"],
  ["a candidate without an object", changed({ "ftl-next": "VZ6vQk8aR4G" }), "ftl-next-sha256"],
  ["a candidate with half an object", changed({ ...NEXT, "ftl-next-size": "x" }), "ftl-next-size"],
  ["a candidate that is none", changed({ ...NEXT, "ftl-next": "../x" }), "has no ftl-next"],
  ["a candidate's object of another", changed({ ...NEXT, "ftl-next": "VZ7vQk8aR4G" }), "another"],
  ["the text of another package", { text: "my_app.VZ5vQk8aR4G" }, "names no revision of my_site"],
  ["a bare id as text", { text: "VZ5vQk8aR4G" }, "names no revision of my_site"],
  ["a text with a line end", { text: "my_site.VZ5vQk8aR4G\n" }, "names no revision of my_site"],
  ["a value with a line end", changed({ "ftl-by": "a\nftl-serial: 1" }), "FTL never writes"],
  ["a value that is not ASCII", changed({ "ftl-by": "j\u00f6rg" }), "FTL never writes"],
  ["an empty value", changed({ "ftl-message": "" }), "FTL never writes"],
  ["a name with a colon", changed({ "ftl-a: b": "c" }), "FTL never writes"],
  ["a name in capitals", changed({ "ftl-A": "c" }), "FTL never writes"],
];

function changed(change: Metadata): Partial<BlessingFacts> {
  return { metadata: { ...BLESSING.metadata, ...change } };
}

function without(name: string): Partial<BlessingFacts> {
  const { [name]: _, ...metadata } = BLESSING.metadata;
  return { metadata };
}

for (const [why, change, message] of BAD_BLESSINGS) {
  Deno.test(`a blessing cannot be stated with ${why}`, () => {
    assertThrows(() => blessingStatement({ ...BLESSING, ...change }), IntegrityError, message);
  });
}

Deno.test("a revision cannot be stated without its SHA-256, or with a key that is none", () => {
  const { "ftl-sha256": _, ...metadata } = REVISION.metadata;
  assertThrows(() => revisionStatement({ ...REVISION, metadata }), IntegrityError, "ftl-sha256");
  for (const key of ["my_site.rev", "my_site", "x/y.VZ5vQk8aR4G.tar", "my_site.VZ5vQk8aR4G.a/b"]) {
    assertThrows(() => revisionStatement({ ...REVISION, key }), IntegrityError, "is no key");
  }
});

const value = fc.stringMatching(/^[!-~]{1,20}$/);
const anyMetadata = fc.dictionary(fc.stringMatching(/^ftl-[a-rt-z][a-z0-9-]{0,6}$/), value);

Deno.test("two statements are the same only if all that they state is the same", () => {
  const facts: fc.Arbitrary<RevisionFacts> = fc.record({
    bucket: fc.constantFrom("a", "b", "a\nkey: b"),
    key: fc.constantFrom(
      "my_site.VZ5vQk8aR4G.tar",
      "my_site.VZ5vQk8aR4G.tar.gz",
      "my_site.VZ6vQk8aR4G",
    ),
    size: fc.constantFrom(1, 2),
    metadata: anyMetadata.map((metadata) => ({ ...REVISION.metadata, ...metadata })),
  });
  const named = ({ bucket, key, size, metadata }: RevisionFacts): string =>
    JSON.stringify([bucket, key, size, Object.entries(metadata).sort()]);
  fc.assert(fc.property(facts, facts, (a, b) => {
    const isSame = revisionStatement(a).sha256 === revisionStatement(b).sha256;
    assertEquals(isSame, named(a) === named(b));
  }));
});

Deno.test("a blessing is never the statement of a revision", () => {
  assertNotEquals(blessingStatement(BLESSING).sha256, revisionStatement(REVISION).sha256);
});

Deno.test("signatures are read in the order of their numbers", () => {
  const metadata = { "ftl-sig-10": "j", "ftl-sig-2": "b", "ftl-sig-1": "a", "ftl-by": "ann" };
  assertEquals(signaturesIn(metadata), ["a", "b", "j"]);
  assertEquals(nextSignatureName(metadata), "ftl-sig-11");
  assertEquals(nextSignatureName({}), "ftl-sig-1");
  assertEquals(signaturesIn({ "ftl-sig-01": "a", "ftl-sig-0": "b", "ftl-sig-x": "c" }), []);
});
