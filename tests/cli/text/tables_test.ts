import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { paintFor } from "../../../src/cli/terminal/paint.ts";
import { cutTo, padTo, widthOf } from "../../../src/cli/terminal/width.ts";
import type { MasterRevision } from "../../../src/commands/list/list.ts";
import { align, revisionLines } from "../../../src/cli/text/tables.ts";
import { aName } from "../../names.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const plain = { paint: paintFor({ color: false }), now: NOW, columns: () => 200 };
const REVISIONS = [
  {
    revision: aName("a.VZ5uB1x0pQa"),
    active: false,
    previous: true,
    size: 1_234_567,
    spooledAt: "2026-11-20T12:00:00.000Z",
  },
  {
    revision: aName("a.VZ5vQk8aR4G"),
    active: true,
    previous: false,
    size: 999,
    spooledAt: "2026-11-22T11:57:00.000Z",
    details: { by: "ann@dev", message: "fix" },
    blessing: { by: "bob@dev", message: "ship it", replaced: aName("a.VZ5uB1x0pQa") },
  },
] as const satisfies readonly MasterRevision[];

Deno.test("revisionLines() gives programs one name a line, marked as the Go original marks it", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: false, long: false }), [
    "a.VZ5uB1x0pQa",
    "a.VZ5vQk8aR4G\t(active)",
  ]);
});

Deno.test("revisionLines() marks the candidate of a rollout, for programs and for people", () => {
  const [candidate, blessed] = REVISIONS;
  const found = [{ ...candidate, previous: false, rolloutPercent: 12.5 }, blessed];
  assertEquals(revisionLines(found, { ...plain, isTerminal: false, long: false }), [
    "a.VZ5uB1x0pQa\t(rolling out)",
    "a.VZ5vQk8aR4G\t(active)",
  ]);
  const [line] = revisionLines(found, { ...plain, isTerminal: true, long: false });
  assertEquals(line, "a.VZ5uB1x0pQa  2 d ago    1.2 MB  (rolling out, at 12.5 %)");
});

Deno.test("revisionLines() gives people age, size and marks in columns", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: true, long: false }), [
    "a.VZ5uB1x0pQa  2 d ago    1.2 MB  (previous)",
    "a.VZ5vQk8aR4G  3 min ago  999 B   (active, blessed by bob@dev: ship it)",
  ]);
});

Deno.test("revisionLines() adds who and why in a long listing, and times with their zone", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: false, long: true }), [
    "a.VZ5uB1x0pQa  2026-11-20T12:00Z  1.2 MB  -        (previous)",
    "a.VZ5vQk8aR4G  2026-11-22T11:57Z  999 B   ann@dev  (active, blessed by bob@dev: ship it)  fix",
  ]);
});

Deno.test("revisionLines() shows why a revision was left at the one that was left", () => {
  const [older, newer] = REVISIONS;
  const note = { by: "bob@dev", message: "login is broken" };
  const lines = revisionLines([
    {
      ...older,
      revision: aName("a.VZ5uB1x0pQa"),
      active: true,
      previous: false,
      blessing: { ...note, replaced: aName("a.VZ5vQk8aR4G") },
    },
    {
      ...newer,
      revision: aName("a.VZ5vQk8aR4G"),
      active: false,
      previous: true,
      blessing: undefined,
      left: note,
    },
  ], { ...plain, isTerminal: false, long: true });
  assertMatch(
    lines[0] ?? "",
    /\(active, blessed by bob@dev instead of a\.VZ5vQk8aR4G: login is broken\)/,
  );
  assertMatch(lines[1] ?? "", /\(previous, left by bob@dev: login is broken\)/);
});

Deno.test("columns stay aligned with wide characters and colors", () => {
  const { good } = paintFor({ color: true });
  const lines = align([["\u65e5\u672c\u8a9e", "x"], [good("ok"), "y"], ["longer one", "z"]]);
  const columns = lines.map((line) => widthOf(line.slice(0, line.search(/[xyz]$/))));
  assertEquals(new Set(columns).size, 1);
  assertEquals(widthOf("\u65e5\u672c\u8a9e"), 6);
  assertEquals(padTo("\u65e5", 4), "\u65e5  ");
});

Deno.test("cutTo() never gives more columns than it may", () => {
  for (const text of ["short", "a much longer text", "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e"]) {
    for (let width = 1; width < 20; width++) assert(widthOf(cutTo(text, width)) <= width, text);
  }
  assertEquals(cutTo("short", 5), "short");
});

Deno.test("notes of other people's making cannot speak to the terminal", () => {
  const lines = revisionLines([{
    revision: aName("a.VZ5vQk8aR4G"),
    active: false,
    previous: false,
    spooledAt: undefined,
    size: undefined,
    details: { by: "x\u001b]0;title\u0007", message: "two\nlines\u001b[31m" },
  }], { ...plain, isTerminal: true, long: true });
  assertEquals(lines.length, 1);
  assertEquals(lines[0]?.includes("\u001b"), false);
});

Deno.test("revisionLines() says who has signed a revision and its blessing, and what is wrong with that", () => {
  const [older, newer] = REVISIONS;
  const lineOf = (
    details: MasterRevision["details"],
    blessing: Partial<MasterRevision["blessing"]> = {},
  ): string => {
    const found = { ...newer, details, blessing: { ...newer.blessing, ...blessing } };
    const [line = ""] = revisionLines([found], { ...plain, isTerminal: false, long: true });
    return line.slice(line.indexOf("("));
  };
  const trusted = { verdict: "trusted", by: ["ci@x.org"], why: undefined } as const;
  const both = {
    verdict: "trusted",
    by: ["ann@x.org", "bob\u001b@x.org"],
    why: undefined,
  } as const;
  assertEquals(
    lineOf({ signatures: 1, trust: trusted }, { signatures: 2, trust: both }),
    "(active, signed by ci@x.org, blessed by bob@dev: ship it, blessing signed by ann@x.org and bob\\x1b@x.org)",
  );
  const unsigned = { verdict: "unsigned", by: [], why: "it is not signed" } as const;
  const few = {
    verdict: "too-few",
    by: ["ann@x.org"],
    why: "1 of 2 people have signed it",
  } as const;
  assertEquals(
    lineOf({ signatures: 0, trust: unsigned }, { signatures: 1, trust: few }),
    "(active, not signed, blessed by bob@dev: ship it, blessing refused: 1 of 2 people have signed it)",
  );
  assertEquals(
    lineOf({ signatures: 1, trust: undefined }, { signatures: 2, trust: undefined }),
    "(active, with 1 signature, not checked, blessed by bob@dev: ship it, " +
      "blessing with 2 signatures, not checked)",
  );
  assertEquals(
    lineOf({ signatures: 0, trust: undefined }, { signatures: 0, trust: undefined }),
    "(active, blessed by bob@dev: ship it)",
  );
  const [line = ""] = revisionLines([{ ...older, details: { signatures: 1, trust: trusted } }], {
    ...plain,
    isTerminal: false,
    long: true,
  });
  assertEquals(line.endsWith("(previous, signed by ci@x.org)"), true, line);
});
