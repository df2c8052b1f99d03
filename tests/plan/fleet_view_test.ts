/** What is shown of a fleet, from its reports and from what is blessed now. */
import { assertEquals } from "../assert.ts";
import { aPackage } from "../names.ts";
import { distrusts } from "../../src/plan/fleet.ts";
import type { FleetSource } from "../../src/plan/fleet_view.ts";
import type { ReportedPackage } from "../../src/revision/report.ts";
import {
  AT,
  ERROR,
  HOUR,
  IN,
  judge,
  MINUTE,
  NEXT,
  NOW,
  OK,
  OLD,
  OLD_SERIAL,
  only,
  OUT,
  POINTER,
  rank,
  seen,
  staged,
} from "./fleet_reports.ts";

const ROWS: [sentence: string, found: Partial<ReportedPackage>, shown: string][] = [
  ["runs what is blessed", {}, "ok"],
  ["has not seen the blessing, and runs it", OLD_SERIAL, "ok"],
  ["has not seen the blessing, and runs another one", { ...OLD_SERIAL, active: OLD }, "behind"],
  ["knows the blessing, and runs another one", { active: OLD, state: "ok" }, "behind"],
  ["said that it is behind, and runs what is blessed now", { state: "behind" }, "ok"],
  ["says that its sync failed", { state: "failing", active: OLD, error: ERROR }, "failing"],
  [
    "said that its sync failed, and has not seen the blessing",
    { ...OLD_SERIAL, state: "failing", error: ERROR },
    "failing",
  ],
  ["refuses what is blessed", { state: "quarantine", active: OLD }, "quarantine"],
  ["refused what was blessed", { ...OLD_SERIAL, state: "quarantine", active: OLD }, "behind"],
  ["is held", { state: "held", active: OLD }, "held"],
  ["was held before the blessing", { ...OLD_SERIAL, state: "held", active: OLD }, "behind"],
  ["is paused", { state: "paused", active: OLD }, "paused"],
  ["is paused, and has not seen the blessing", { ...OLD_SERIAL, state: "paused" }, "paused"],
  ["runs it unwell", { state: "unhealthy" }, "unhealthy"],
  ["ran another one unwell", { ...OLD_SERIAL, state: "unhealthy", active: OLD }, "behind"],
  ["runs nothing", { state: "new", active: undefined }, "behind"],
  ["has a state of a later version", { state: undefined }, "ok"],
];

for (const [sentence, found, shown] of ROWS) {
  Deno.test(`a machine that ${sentence} is ${shown}`, () => {
    assertEquals(only(seen("i-1", found)).state, shown);
  });
}

Deno.test("where nothing is blessed, a machine that runs nothing is new", () => {
  const found = { state: "new", active: undefined, want: undefined, serial: undefined } as const;
  assertEquals(only(seen("i-1", found), { pointer: undefined }).state, "new");
});

Deno.test("a pointer of FTL 0.1.0 is known by what the machine wants", () => {
  const pointer = { ...POINTER, serial: undefined };
  const knows = judge([seen("i-1", { serial: undefined })], { pointer });
  const not = judge([seen("i-1", { serial: undefined, want: OLD })], { pointer });
  assertEquals([[...knows.informed], [...not.informed]], [["i-1"], []]);
});

Deno.test("who is silent for three times its interval is gone and does not count, for a week", () => {
  const { fleet } = judge([
    seen("i-1", {}, { age: 3 * HOUR }),
    seen("i-2", { state: "failing", error: ERROR }, { age: 3 * HOUR + 1 }),
  ]);
  assertEquals(fleet.machines.map(({ machine, state }) => [machine, state]), [
    ["i-2", "gone"],
    ["i-1", "ok"],
  ]);
  assertEquals([fleet.living, fleet.states], [1, { ok: 1 }]);
});

Deno.test("a report that cannot be read is a row, and does not count", () => {
  const { fleet } = judge([{ machine: "i-1", seen: AT - MINUTE, report: undefined }]);
  const [machine] = fleet.machines;
  assertEquals([machine?.state, machine?.seen, fleet.living], [
    "unreadable",
    new Date(AT - MINUTE).toISOString(),
    0,
  ]);
});

Deno.test("who does not have the package is not shown, and nobody takes another one's name", () => {
  const other = seen("i-1");
  const report = other.report && { ...other.report, packages: new Map([[aPackage("b"), OK]]) };
  const liar = seen("i-2");
  const lie = liar.report && { ...liar.report, machine: "i-3" };
  const { fleet } = judge([{ ...other, report }, { ...liar, report: lie }]);
  assertEquals(fleet.machines.map(({ machine }) => machine), ["i-2"]);
});

Deno.test("the worst come first, then the names count", () => {
  const { fleet } = judge([
    seen("c"),
    seen("b"),
    seen("d", { state: "held", active: OLD }),
    seen("e", { active: OLD }),
    seen("a", { state: "quarantine", active: OLD }),
    seen("f", { state: "failing" }),
  ]);
  assertEquals(fleet.machines.map(({ machine }) => machine).join(""), "faedbc");
  assertEquals(fleet.states, { failing: 1, quarantine: 1, behind: 1, held: 1, ok: 2 });
  assertEquals([fleet.blessedBy, fleet.message], ["ann@laptop", "looks good"]);
});

Deno.test("during a rollout each machine should run what has come to it", () => {
  const pointer = staged(`cut=${((rank(IN) + rank(OUT)) / 2).toFixed(9)}`);
  const waiting = seen(OUT, { state: "waiting" });
  const { fleet } = judge([seen(IN), waiting], { pointer });
  assertEquals(fleet.machines.map(({ machine, state, want }) => [machine, state, want]), [
    [IN, "behind", `my_site.${NEXT}`],
    [OUT, "waiting", `my_site.${NOW}`],
  ]);
  const { fleet: later } = judge([seen(IN, { active: NEXT }), waiting], { pointer });
  assertEquals(later.machines.map(({ state }) => state), ["waiting", "ok"]);
  assertEquals([later.rollout?.running, later.rollout?.state, later.rollout?.next], [
    1,
    "running",
    `my_site.${NEXT}`,
  ]);
});

Deno.test("a rollout that has grown to all is complete, and one that is halted or paused says so", () => {
  const state = (words: string, more: Partial<FleetSource> = {}): string | undefined =>
    judge([seen("i-1")], { pointer: staged(words), ...more }).fleet.rollout?.state;
  const marks = { isHalted: true, failed: ["i-9"], turns: [] };
  assertEquals(
    [
      state("cut=0.5"),
      state("cut=1"),
      state("cut=0 over=60", { at: AT + MINUTE }),
      state("cut=0.5 state=paused"),
      state("cut=0.5 halt=1", { marks }),
    ],
    ["running", "complete", "complete", "paused", "halted"],
  );
});

Deno.test("while a rollout is halted, nobody new should take its candidate", () => {
  const marks = { isHalted: true, failed: ["i-9"], turns: [] };
  const more = { pointer: staged("cut=1 halt=1"), marks };
  assertEquals(only(seen("i-1", { state: "waiting" }), more).state, "waiting");
  assertEquals(only(seen("i-1", { active: NEXT }), more).want, `my_site.${NEXT}`);
});

Deno.test("a machine is shown with how it judges what is blessed, if it has seen that", () => {
  const trust = "unsigned" as const;
  const reports = [
    seen("i-1", { trust }),
    seen("i-2", { trust: "trusted" }),
    seen("i-3"),
    // It has seen another blessing.
    seen("i-4", { ...OLD_SERIAL, trust }),
    // It refuses what it has seen, and so does not remember it.
    seen("i-5", { ...OLD_SERIAL, trust, state: "failing", active: OLD, error: ERROR }),
    seen("i-6", { trust }, { age: 4 * HOUR }),
    // It fails, and trusted what was blessed before.
    seen("i-7", { ...OLD_SERIAL, trust: "trusted", state: "failing", active: OLD, error: ERROR }),
  ];
  const { fleet } = judge(reports);
  assertEquals(
    Object.fromEntries(fleet.machines.map(({ machine, trust }) => [machine, trust])),
    {
      "i-1": "unsigned",
      "i-2": "trusted",
      "i-3": undefined,
      "i-4": undefined,
      "i-5": "unsigned",
      "i-6": undefined,
      "i-7": undefined,
    },
  );
  assertEquals(fleet.trust, { trusted: 1, unsigned: 2 });
  assertEquals(fleet.machines.filter(distrusts).map(({ machine }) => machine), ["i-5", "i-1"]);
});
