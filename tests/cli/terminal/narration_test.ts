import { assertEquals } from "../../assert.ts";
import {
  formatAge,
  formatBytes,
  formatDuration,
  narrate,
} from "../../../src/cli/terminal/narration.ts";
import { paintFor } from "../../../src/cli/terminal/paint.ts";
import { UsageError } from "../../../src/errors.ts";
import type { FtlEvent } from "../../../src/events.ts";
import { aName, aPackage } from "../../names.ts";

const ACTIVE = aName("a.VZ5vQk8aR4G");
const NEXT = aName("a.VZ6vQk8aR4G");
const paint = paintFor({ color: false });
const loud = { quiet: false, logsChanges: false, verbose: false, paint };

Deno.test("a sync is summed up in one line", () => {
  const base = {
    type: "synced",
    package: aPackage("a"),
    active: ACTIVE,
    fetched: 0,
    activated: undefined,
    removed: 0,
    failures: 0,
    ms: 3200,
  } as const;
  const cases: [change: Partial<Extract<FtlEvent, { type: "synced" }>>, line: string][] = [
    [{}, "a: nothing to do, a.VZ5vQk8aR4G is active"],
    [{ active: undefined }, "a: nothing to do"],
    [{ fetched: 2 }, "a: fetched 2, in 3.2 s"],
    [
      { fetched: 2, activated: ACTIVE, removed: 1, failures: 1 },
      "a: fetched 2, activated a.VZ5vQk8aR4G, removed 1, 1 failure, in 3.2 s",
    ],
    [
      { candidate: NEXT, waiting: "the rollout is paused" },
      "a: nothing to do, a.VZ5vQk8aR4G is active; a.VZ6vQk8aR4G is being rolled out: the rollout is paused",
    ],
    [
      { candidate: NEXT, waiting: "the rollout is paused", fetched: 1 },
      "a: fetched 1, in 3.2 s; a.VZ6vQk8aR4G is being rolled out: the rollout is paused",
    ],
    [{ candidate: NEXT, active: NEXT }, "a: nothing to do, a.VZ6vQk8aR4G is active"],
  ];
  for (const [change, line] of cases) assertEquals(narrate({ ...base, ...change }, loud), [line]);
});

Deno.test("what was verified says who has signed it, if somebody is known", () => {
  const same = { type: "verified", revision: ACTIVE, changed: 0, missing: 0, extra: 0 } as const;
  for (const [by, who] of [[[], ""], [["ci", "a\nb"], "signed by ci, a\\x0ab, "]] as const) {
    assertEquals(narrate({ ...same, entries: 2, bytes: 3, by, ms: 3200 }, loud), [
      `a.VZ5vQk8aR4G: 2 entries, 3 B: as it was spooled, ${who}in 3.2 s`,
    ]);
  }
});

Deno.test("a hold says whether another revision is blessed, or only being rolled out", () => {
  const held = { type: "held", revision: ACTIVE, blessed: NEXT } as const;
  for (const [isCandidate, what] of [[false, "blessed"], [true, "being rolled out"]] as const) {
    assertEquals(narrate({ ...held, isCandidate }, loud), [
      `a.VZ5vQk8aR4G: held here by a jump, though a.VZ6vQk8aR4G is ${what}; ` +
      "'ftl sync --follow' ends the hold",
    ]);
  }
});

Deno.test("--quiet keeps warnings, errors and the output of scripts", () => {
  const quiet = { ...loud, quiet: true };
  assertEquals(narrate({ type: "removed", revision: ACTIVE }, quiet), []);
  assertEquals(narrate({ type: "warning", message: "x" }, quiet), ["warning: x"]);
  assertEquals(narrate({ type: "failure", error: new UsageError("x") }, quiet), ["ftl: x"]);
  const output = {
    type: "script-output",
    revision: ACTIVE,
    step: "post-sync",
    line: "hi",
  } as const;
  assertEquals(narrate(output, quiet), ["a.VZ5vQk8aR4G post-sync| hi"]);
  // Attempts of a health between the first and the last one.
  const repeated = { ...output, repeated: true } as const;
  assertEquals(narrate(repeated, loud), []);
  assertEquals(narrate(repeated, { ...loud, verbose: true }), narrate(output, loud));
});

Deno.test("sizes, durations and ages are short and never lie by more than a rounding", () => {
  assertEquals(
    [0, 999, 1000, 99_949, 999_499, 999_500, 1.5e9, 2e15].map(formatBytes),
    ["0 B", "999 B", "1.0 kB", "99.9 kB", "999 kB", "1.0 MB", "1.5 GB", "2000 TB"],
  );
  assertEquals(
    [0, 59_949, 59_950, 125_000, 3_900_000].map(formatDuration),
    ["0.0 s", "59.9 s", "1 min 0 s", "2 min 5 s", "1 h 5 min"],
  );
  assertEquals(
    [-5, 59_000, 60_000, 7_200_000, 172_800_000].map(formatAge),
    ["0 s", "59 s", "1 min", "2 h", "2 d"],
  );
});

Deno.test("a second signature is told with how many people have signed", () => {
  const said = (people: number) => narrate({ type: "signed", revision: NEXT, people }, loud);
  assertEquals(said(1), ["a.VZ6vQk8aR4G: signed by 1 person now"]);
  assertEquals(said(2), ["a.VZ6vQk8aR4G: signed by 2 people now"]);
});

Deno.test("why a revision came whole: what went wrong is always told, what is no gain to those who ask", () => {
  const event = {
    type: "fetched",
    revision: NEXT,
    bytes: 4_100_000,
    moved: 4_100_000,
    how: "whole",
    entries: 2,
    unpacked: 5,
    ms: 100,
  } as const;
  const verbose = { ...loud, verbose: true };
  const said = (more: object, options: typeof loud): string =>
    narrate({ ...event, ...more }, options)[0]?.split("; ")[1] ?? "";
  assertEquals(said({ fallback: "x" }, loud), "no delta: x");
  assertEquals([said({ noGain: "x" }, loud), said({ noGain: "x" }, verbose)], ["", "no delta: x"]);
  assertEquals(narrate({ ...event, how: "spare", moved: 443 }, loud), [
    `${NEXT}: fetched 443 B of 4.1 MB (spare), 2 entries, in 0.1 s`,
  ]);
});
