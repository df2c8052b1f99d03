import { assertEquals, assertMatch } from "../../assert.ts";
import { caseTable, judgeCase, summary } from "../../../scripts/bench/report.ts";
import type { CaseResult, Target } from "../../../scripts/bench/targets.ts";

const TARGETS: readonly Target[] = [
  { measure: "time", of: "ftl", beside: "tar", atMost: 0.4 },
  { measure: "peak", of: "ftl", atMost: 200 },
];

const RESULT: CaseResult = {
  name: "sync-two-cores",
  title: "on two cores",
  runs: {
    ftl: [{ ms: 500, cpu: 0.25, peak: 120 }],
    tar: [{ ms: 1000, cpu: 1.5, peak: undefined }],
  },
  facts: { entries: 24_000 },
};

Deno.test("caseTable() shows what each took, what else is known, and the targets", () => {
  assertEquals(
    caseTable(judgeCase(TARGETS, RESULT)),
    `
sync-two-cores: on two cores
           median             range     CPU    peak
  ftl      500 ms  500 ms .. 500 ms  250 ms  120 MB
  tar      1.00 s  1.00 s .. 1.00 s  1.50 s
  entries   24000
  target            measured           range  at most
  ftl / tar            0.500  0.500 .. 0.500      0.4  MISSED
  ftl, peak memory    120 MB      120 .. 120   200 MB     met`,
  );
});

Deno.test("a target says what the least is that a program on this runtime takes", () => {
  const targets = TARGETS.map((one) =>
    one.measure === "time" ? { ...one, least: "the least" } : one
  );
  const runs = { ...RESULT.runs, "the least": [{ ms: 450, cpu: 0.2, peak: undefined }] };
  const judged = judgeCase(targets, { ...RESULT, runs });
  assertMatch(caseTable(judged), /\n {2}target +measured +range +the least +at most\n/);
  assertMatch(
    caseTable(judged),
    /\n {2}ftl \/ tar +0\.500 +0\.500 \.\. 0\.500 +0\.450 +0\.4 +MISSED\n/,
  );
  assertMatch(summary([judged]), /ftl \/ tar 0\.500, at most 0\.4, the least 0\.450$/);
});

Deno.test("summary() ends with what is missed", () => {
  const text = summary([judgeCase(TARGETS, RESULT)]);
  assertMatch(text, /\n\nMissed:\n {2}sync-two-cores: ftl \/ tar 0\.500, at most 0\.4$/);
});

Deno.test("summary() names what was not measured and why, and does not call it met", () => {
  const unavailable = "only root may mount an image";
  const judged = judgeCase(TARGETS, { ...RESULT, runs: {}, unavailable });
  assertMatch(caseTable(judged), /not measured: only root may mount an image$/);
  const text = summary([judged]);
  assertMatch(text, /\nNot measured:\n {2}sync-two-cores: only root may mount an image\n/);
  assertMatch(text, /\nNone of the targets that were measured is missed$/);
});

Deno.test("summary() names a target whose contender did not run", () => {
  const { ftl = [] } = RESULT.runs;
  const text = summary([judgeCase(TARGETS, { ...RESULT, runs: { ftl } })]);
  assertMatch(text, /\nNot measured:\n {2}sync-two-cores: ftl \/ tar\n\n/);
});
