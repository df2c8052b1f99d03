import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { cutTo, padTo, paintFor, widthOf } from "../../../src/cli/terminal/paint.ts";
import type { MasterRevision } from "../../../src/commands/list.ts";
import type { PackageStatus } from "../../../src/commands/status.ts";
import { align, revisionLines, statusLines } from "../../../src/cli/text/tables.ts";
import { aName, aPackage } from "../../names.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const plain = { paint: paintFor({ color: false }), now: NOW, columns: 200 };
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

const STATUS: PackageStatus = {
  package: aPackage("a"),
  active: aName("a.VZ5vQk8aR4G"),
  dangling: true,
  previous: undefined,
  held: true,
  revisions: 1,
  unprepared: [],
  failedPostJump: undefined,
  disk: 5_000_000,
  lastSync: { at: "2026-11-22T11:00:00.000Z", failure: "x \u001b[2J" },
  logs: "/srv/ftl/a/.ftl/log",
  lastLog: undefined,
  blessed: undefined,
  master: undefined,
  failures: [],
};

Deno.test("statusLines() shows what is not known as a question mark", () => {
  const [heading, line] = statusLines([STATUS], { ...plain, isTerminal: true });
  assertEquals(heading?.split(/ {2,}/)[0], "PACKAGE");
  assertEquals(line?.split(/ {2,}/), [
    "a",
    "a.VZ5vQk8aR4G (gone) (held)",
    "-",
    "-",
    "?",
    "5.0 MB",
    "1 h ago, failed: x \\x1b[2J",
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

Deno.test("a status keeps to its terminal's width, and programs get one package below the other", () => {
  const revisions = [1, 2, 3].map((n) => aName(`a_package_with_a_name.VZ5vQk8aR4${n}`));
  const found: PackageStatus = {
    ...STATUS,
    package: aPackage("a_package_with_a_name"),
    active: aName("a_package_with_a_name.VZ5vQk8aR4G"),
    lastSync: { at: "2026-11-22T11:00:00.000Z", failure: "no word of it is long, but ".repeat(9) },
    master: {
      newest: undefined,
      revisions: 3,
      fetch: revisions,
      activate: revisions[0],
      remove: revisions,
      missing: revisions[1],
    },
  };
  const wide = statusLines([found, found], { ...plain, columns: 999, isTerminal: true });
  assertEquals(wide.length, 3);
  for (const isTerminal of [true, false]) {
    const narrow = statusLines([found, found], { ...plain, isTerminal, columns: 80 });
    assert(narrow.every((line) => widthOf(line) <= 80), narrow.join("\n"));
    assertEquals(narrow[0]?.split(/ +/), ["PACKAGE", "a_package_with_a_name"]);
    assertEquals(narrow[1]?.split(/ +/).slice(0, 2), [
      "ACTIVE",
      "a_package_with_a_name.VZ5vQk8aR4G",
    ]);
    assertEquals(narrow.filter((line) => line.startsWith("PACKAGE ")).length, 2);
  }
});

Deno.test("status tells where a script's output is, of one package or where something went wrong", () => {
  const found = {
    ...STATUS,
    package: aPackage("my_site"),
    lastSync: undefined,
    lastLog: "/srv/ftl/my_site/.ftl/log/x.log",
  };
  const line = "my_site: its last script's output is in /srv/ftl/my_site/.ftl/log/x.log";
  const failed = { ...found, unprepared: [aName("my_site.VZ5vQk8aR4G")] };
  for (const columns of [200, 40]) {
    const options = { ...plain, isTerminal: true, columns };
    assertEquals(statusLines([found], options).at(-1), line);
    assertEquals(statusLines([found, found], options).includes(line), false);
    assertEquals(statusLines([found, failed], options).at(-1), line);
    assertEquals(statusLines([{ ...found, lastLog: undefined }], options).includes(line), false);
  }
});

Deno.test("status tells how the active revision's post-jump failed", () => {
  const log = "/srv/ftl/a/.ftl/log/x-post-jump.log";
  const at = "2026-11-22T11:00:00.000Z";
  const found = { ...STATUS, held: false, dangling: false, lastLog: log };
  const failed = { ...found, failedPostJump: { at, outcome: "exit 3\u001b[2J", log } };
  const options = { ...plain, isTerminal: true };
  const lines = statusLines([failed], options);
  assertMatch(lines[1] ?? "", /^a +a\.VZ5vQk8aR4G \(post-jump failed\) {2}/);
  const story = "a: the post-jump of a.VZ5vQk8aR4G failed 1 h ago: exit 3\\x1b[2J";
  assertEquals(lines.slice(2), [`${story}; its output is in ${log}`]);
  const unlogged = {
    ...failed,
    lastLog: undefined,
    failedPostJump: { at, outcome: "exit 3\u001b[2J" },
  };
  assertEquals(statusLines([unlogged], options).slice(2), [story]);
  // Another script ran later.
  const later = { ...failed, lastLog: `${log}2` };
  assertEquals(statusLines([later], options).length, 4);
});
