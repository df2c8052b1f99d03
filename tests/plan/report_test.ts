import { assert, assertEquals } from "../assert.ts";
import { isReportDue, isWarningDue, type ReportFacts } from "../../src/plan/report.ts";

const NOW = Date.parse("2026-11-25T14:00:00Z");
const HOUR = 3_600_000;
const MINUTE = 60_000;
const LAST = {
  machine: "i-0abc",
  digest: "a",
  sentAt: NOW - MINUTE,
  deniedAt: undefined,
  warnedAt: undefined,
};
const FACTS: ReportFacts = { every: 3600, machine: "i-0abc", now: NOW, digest: "a", last: LAST };

const ROWS: [sentence: string, facts: Partial<ReportFacts>, due: boolean][] = [
  ["a machine that reported a minute ago waits", {}, false],
  ["a machine that never reported does", { last: undefined }, true],
  ["FTL_REPORT=0 is never", { every: 0, last: undefined }, false],
  ["another digest is news", { digest: "b" }, true],
  ["the file of another machine is none", { machine: "i-0abd" }, true],
  ["after 0.8 of the time nobody reports", { now: NOW - MINUTE + 0.8 * HOUR - 1 }, false],
  ["after 1.2 of the time everybody does", { now: NOW - MINUTE + 1.2 * HOUR }, true],
  ["a clock that went back is no reason to be silent", { now: NOW - HOUR }, true],
  ["what was denied now waits", { digest: "b", last: { ...LAST, deniedAt: NOW - MINUTE } }, false],
  [
    "what was denied is tried again after ten minutes",
    { digest: "b", last: { ...LAST, deniedAt: NOW - 10 * MINUTE } },
    true,
  ],
  [
    "a denied first report is tried again",
    { last: { ...LAST, digest: undefined, sentAt: undefined, deniedAt: NOW - 10 * MINUTE } },
    true,
  ],
  [
    "a denial of another machine does not count",
    { machine: "i-0abd", last: { ...LAST, deniedAt: NOW } },
    true,
  ],
];

for (const [sentence, facts, due] of ROWS) {
  Deno.test(`isReportDue(): ${sentence}`, () => {
    assertEquals(isReportDue({ ...FACTS, ...facts }), due);
  });
}

Deno.test("isReportDue() spreads the machines of a fleet over two fifths of the time", () => {
  const due = (machine: string, now: number): boolean =>
    isReportDue({ ...FACTS, machine, now, last: { ...LAST, machine } });
  const machines = Array.from({ length: 1000 }, (_, i) => `i-${i}`);
  for (const [part, low, high] of [[0.9, 200, 300], [1, 450, 550], [1.1, 700, 800]] as const) {
    const count = machines.filter((one) => due(one, NOW - MINUTE + part * HOUR)).length;
    assert(count > low && count < high, `${count} of 1,000 after ${part} of the time`);
  }
});

Deno.test("isWarningDue() is true once an hour", () => {
  assertEquals(isWarningDue(undefined, NOW), true);
  assertEquals(isWarningDue({ ...LAST, warnedAt: NOW - HOUR + 1 }, NOW), false);
  assertEquals(isWarningDue({ ...LAST, warnedAt: NOW - HOUR }, NOW), true);
});
