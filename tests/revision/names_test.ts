import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { UsageError } from "../../src/errors.ts";
import {
  isPackageName,
  isRevisionId,
  newRevisionId,
  type PackageName,
  parseRevisionName,
  requirePackageName,
  requireRevisionName,
  type RevisionId,
  type RevisionName,
  revisionName,
  timeOfId,
} from "../../src/revision/names.ts";
import { quote } from "../../src/foreign_text.ts";
import { anId, aPackage } from "../names.ts";

const SHA = "ab".repeat(32);
const NOW = Date.UTC(2026, 10, 22);

Deno.test("isPackageName() takes letters, digits, _ and -, not a - first", () => {
  for (const name of ["my_site", "a", "_", "0", "web-2", "A-"]) assert(isPackageName(name), name);
  for (const name of ["", "-a", "a.b", "a b", "a/b", "..", "\u00e9", "a\n"]) {
    assert(!isPackageName(name), JSON.stringify(name));
  }
});

Deno.test("isRevisionId() takes 6 to 64 of letters, digits, _ and -, never current or previous", () => {
  for (const id of ["VZ5vQk8aR4G", "201303057568Wq", "123456", "_-_-_-", "a".repeat(64)]) {
    assert(isRevisionId(id), id);
  }
  for (const id of ["", "12345", "a".repeat(65), "current", "previous", "abc.def", "abcde/"]) {
    assert(!isRevisionId(id), id);
  }
});

Deno.test("parseRevisionName() splits at the first dot and refuses what is no revision", () => {
  assertEquals(parseRevisionName("my_site.VZ5vQk8aR4G"), {
    package: aPackage("my_site"),
    id: anId("VZ5vQk8aR4G"),
  });
  for (const text of ["my_site", "my_site.", ".VZ5vQk8aR4G", "my_site.VZ5vQk8aR4G.tgz", "a.b"]) {
    assertEquals(parseRevisionName(text), undefined, text);
  }
});

Deno.test("the compiler tells ids, names of revisions and names of packages apart", () => {
  const whole = parseRevisionName("my_site.VZ5vQk8aR4G");
  assert(whole !== undefined);
  // @ts-expect-error -- an id says nothing of the package
  const fromId: RevisionName = whole.id;
  // @ts-expect-error -- a name is more than an id
  const fromName: RevisionId = revisionName(whole);
  // @ts-expect-error -- neither is a package's name
  const fromBoth: PackageName = whole.id;
  // @ts-expect-error -- nobody has checked it
  const unchecked: RevisionId = "VZ5vQk8aR4G";
  const strings: string[] = [fromId, fromName, fromBoth, unchecked];
  assertEquals(strings.length, 4);
});

Deno.test("a name that is none says what one looks like", () => {
  const error = assertThrows(() => requireRevisionName("my_site"), UsageError, "'my_site'");
  assertMatch(error.hint ?? "", /ftl list my_site/);
  const other = assertThrows(() => requirePackageName("my_site.VZ5vQk8aR4G"), UsageError);
  assertMatch(other.hint ?? "", /its package is my_site/);
});

Deno.test("newRevisionId() makes 11 base-62 digits whose first 7 are the time", () => {
  const id = newRevisionId({ now: NOW, sha256: SHA });
  assertMatch(id, /^[0-9A-Za-z]{11}$/);
  assertEquals(timeOfId(id), NOW);
});

Deno.test("newRevisionId() differs for different files in the same millisecond", () => {
  const ids = new Set(
    ["00", "01", "7f", "ab", "ff"].map((byte) =>
      newRevisionId({ now: NOW, sha256: byte.repeat(32) })
    ),
  );
  assertEquals(ids.size, 5);
});

Deno.test("ids sort by time, and after those of the Go original", () => {
  const ids = [0, 1, 61, 62, 1000, 86_400_000].map((later) =>
    newRevisionId({ now: NOW + later, sha256: SHA })
  );
  assertEquals([...ids].sort(), ids);
  assert(ids[0] !== undefined && ids[0] > "201303057568Wq");
});

Deno.test("newRevisionId() is greater than the newest id, whatever that is", () => {
  const newest = [
    newRevisionId({ now: NOW, sha256: SHA }),
    newRevisionId({ now: NOW + 365 * 86_400_000, sha256: SHA }),
    "201303057568Wq",
    "zzzzzy9",
    "zzzzzz",
    "Zzzzzzzzzzz",
    "Z_zzzzzzzzz",
    "W-----------",
    "______",
    "Wzzzzzz" + "z".repeat(57),
    "------",
  ];
  for (const id of newest) {
    const made = newRevisionId({ now: NOW, sha256: SHA, newest: anId(id) });
    assert(made > id, `${made} > ${id}`);
    assertMatch(made, /^[0-9A-Za-z]{11}$/);
  }
});

Deno.test("newRevisionId() goes on from an id in the future by the least step", () => {
  const future = newRevisionId({ now: NOW + 1_000_000, sha256: SHA });
  const made = newRevisionId({ now: NOW, sha256: SHA, newest: future });
  assertEquals(timeOfId(made), NOW + 1_000_001);
});

Deno.test("newRevisionId() says so where no id can be greater", () => {
  assertThrows(
    () => newRevisionId({ now: NOW, sha256: SHA, newest: anId("z".repeat(64)) }),
    UsageError,
    "No new revision id",
  );
});

Deno.test("newRevisionId() says so where the clock is past what an id can tell", () => {
  const last = 62 ** 7 - 1;
  assertEquals(newRevisionId({ now: last, sha256: SHA }).slice(0, 7), "zzzzzzz");
  for (const now of [last + 1, Date.UTC(2107, 0), 8.64e15, Infinity]) {
    assertThrows(() => newRevisionId({ now, sha256: SHA }), UsageError, "clock is past 2081-");
  }
  for (const now of [0, -1, -8.64e15]) {
    assertEquals(newRevisionId({ now, sha256: SHA }).slice(0, 7), "0000000");
  }
});

Deno.test("timeOfId() knows FTL's own ids alone", () => {
  assertEquals(timeOfId(anId("201303057568Wq")), undefined);
  assertEquals(timeOfId(anId("V_5vQk8aR4G")), undefined);
});

Deno.test("quote() lets no control character through to a terminal", () => {
  assertEquals(quote("a\u001b[31mb\n"), "'a\\x1b[31mb\\x0a'");
  assert(quote("x".repeat(1000)).length < 250);
});
