import { assert, assertEquals } from "../assert.ts";
import { cutTo, padTo, paintFor, widthOf } from "../../src/cli/paint.ts";
import { align, revisionLines, statusLines } from "../../src/cli/tables.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const plain = { paint: paintFor({ color: false }), now: NOW };
const REVISIONS = [
  {
    revision: "a.VZ5uB1x0pQa",
    active: false,
    previous: true,
    size: 1_234_567,
    spooledAt: "2026-11-20T12:00:00.000Z",
  },
  {
    revision: "a.VZ5vQk8aR4G",
    active: true,
    previous: false,
    size: 999,
    spooledAt: "2026-11-22T11:57:00.000Z",
    details: { by: "ann@dev", message: "fix" },
    blessing: { by: "bob@dev", message: "ship it" },
  },
];

Deno.test("revisionLines() gives programs one name a line, marked as the Go original marks it", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: false, long: false }), [
    "a.VZ5uB1x0pQa",
    "a.VZ5vQk8aR4G\t(active)",
  ]);
});

Deno.test("revisionLines() gives people age, size and marks in columns", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: true, long: false }), [
    "a.VZ5uB1x0pQa  2 d ago    1.2 MB  (previous)",
    "a.VZ5vQk8aR4G  3 min ago  999 B   (active, blessed by bob@dev: ship it)",
  ]);
});

Deno.test("revisionLines() adds who and why in a long listing", () => {
  assertEquals(revisionLines(REVISIONS, { ...plain, isTerminal: false, long: true }), [
    "a.VZ5uB1x0pQa  2026-11-20 12:00  1.2 MB  -        (previous)",
    "a.VZ5vQk8aR4G  2026-11-22 11:57  999 B   ann@dev  (active, blessed by bob@dev: ship it)  fix",
  ]);
});

Deno.test("statusLines() shows what is not known as a question mark", () => {
  const [heading, line] = statusLines([{
    package: "a",
    active: "VZ5vQk8aR4G",
    previous: null,
    held: true,
    revisions: 1,
    unprepared: [],
    disk: 5_000_000,
    lastSync: { at: "2026-11-22T11:00:00.000Z", failure: "x" },
    blessed: null,
    master: undefined,
  }], { ...plain, isTerminal: true });
  assertEquals(heading?.split(/ {2,}/)[0], "PACKAGE");
  assertEquals(line?.split(/ {2,}/), [
    "a",
    "VZ5vQk8aR4G (held)",
    "-",
    "-",
    "?",
    "5.0 MB",
    "1 h ago, failed",
    "?",
  ]);
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
