/** What is shown of a fleet, from its reports and from what is blessed now; and when nobody need wait any longer. */
import { assertEquals } from "../assert.ts";
import type { FleetMachine, SeenReport } from "../../src/plan/fleet.ts";
import { type FleetSource, type JudgedFleet, judgeFleet } from "../../src/plan/fleet_view.ts";
import { judgeWait } from "../../src/plan/fleet_wait.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import type { Blessing } from "../../src/revision/pointer.ts";
import type { ReportedPackage } from "../../src/revision/report.ts";
import { parseRollout } from "../../src/revision/rollout.ts";
import { anId, aPackage } from "../names.ts";

const SITE = aPackage("my_site");
const [OLD, NOW, NEXT] = [anId("VZ5vQk8aR4G"), anId("VZ6vQk8aR4G"), anId("VZ7vQk8aR4G")];
const AT = Date.parse("2026-11-25T14:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SERIAL = 1795615200123;
const TIME = new Date(AT).toISOString();

const POINTER: Blessing = {
  id: NOW,
  replaced: OLD,
  note: { by: "ann@laptop", at: TIME, message: "looks good" },
  serial: SERIAL,
  since: SERIAL,
  object: undefined,
};

/** A machine that runs what is blessed, and knows it. */
const OK: ReportedPackage = {
  state: "ok",
  active: NOW,
  since: TIME,
  previous: OLD,
  want: NOW,
  serial: SERIAL,
  rollout: undefined,
  error: undefined,
};

function seen(
  machine: string,
  found: Partial<ReportedPackage> = {},
  { age = MINUTE, groups = [] }: { age?: number; groups?: string[] } = {},
): SeenReport {
  const report = {
    machine,
    host: `host-${machine}`,
    groups,
    ftl: "0.2.0",
    arch: "x86_64",
    every: 3600,
    at: TIME,
    packages: new Map([[SITE, { ...OK, ...found }]]),
    truncated: false,
  };
  return { machine, seen: AT - age, report };
}

function judge(reports: SeenReport[], more: Partial<FleetSource> = {}): JudgedFleet {
  return judgeFleet({ package: SITE, at: AT, pointer: POINTER, reports, ...more });
}

function only(report: SeenReport, more: Partial<FleetSource> = {}): FleetMachine {
  const [machine] = judge([report], more).fleet.machines;
  if (machine === undefined) throw new Error("no machine is shown");
  return machine;
}

const OLD_SERIAL = { serial: SERIAL - 1, want: OLD };
const ERROR = { text: "its post-sync failed: exit 1", code: 6, since: TIME, count: 1 };

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

const [IN, OUT] = ["i-1", "i-2"].sort((a, b) => rank(a) - rank(b)) as [string, string];

function rank(machine: string): number {
  return rankOf(machine, { package: SITE, id: SERIAL });
}

function staged(words: string): Blessing {
  const rollout = parseRollout(`id=${SERIAL} at=${AT / 1000} ${words}`);
  return { ...POINTER, next: { id: NEXT, object: undefined }, rollout };
}

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

function verdict(reports: SeenReport[], more: Partial<FleetSource> = {}): string {
  const found = judgeWait(judge(reports, more));
  const names = "machines" in found ? found.machines.map(({ machine }) => machine) : [];
  return [found.verdict, ...names].join(" ");
}

Deno.test("a wait ends when all that live run what they should", () => {
  const dead = seen("i-3", { active: OLD }, { age: 4 * HOUR });
  assertEquals(verdict([seen("i-1"), seen("i-2", OLD_SERIAL), dead]), "done");
  assertEquals(verdict([seen("i-1"), seen("i-2", { active: OLD }), dead]), "late i-2");
  assertEquals(verdict([seen("i-1", { state: "held", active: OLD })]), "late i-1");
});

Deno.test("a wait ends when a machine that knows the blessing has failed", () => {
  const failed = { active: OLD, error: ERROR };
  for (const state of ["quarantine", "failing"] as const) {
    assertEquals(verdict([seen("i-1"), seen("i-2", { ...failed, state })]), "failed i-2");
    assertEquals(verdict([seen("i-2", { ...failed, ...OLD_SERIAL, state })]), "late i-2");
  }
  assertEquals(verdict([seen("i-1", { state: "unhealthy" })]), "failed i-1");
  const network = { ...failed, state: "failing", error: { ...ERROR, code: 7 } } as const;
  assertEquals(verdict([seen("i-1", network)]), "late i-1");
});

Deno.test("a wait knows when nobody has reported", () => {
  assertEquals(verdict([]), "nobody");
  assertEquals(verdict([{ machine: "i-1", seen: AT, report: undefined }]), "nobody");
  assertEquals(verdict([seen("i-1", {}, { age: 4 * HOUR })]), "nobody");
});

Deno.test("during a rollout a wait ends when those have it that may", () => {
  const pointer = staged(`cut=${((rank(IN) + rank(OUT)) / 2).toFixed(9)}`);
  assertEquals(verdict([seen(IN), seen(OUT)], { pointer }), `late ${IN}`);
  assertEquals(verdict([seen(IN, { active: NEXT }), seen(OUT)], { pointer }), "done");
  const refused = seen(IN, { state: "quarantine" });
  assertEquals(verdict([refused, seen(OUT)], { pointer }), `failed ${IN}`);
});

Deno.test("a wait for a rollout that grows by itself ends when it has come to all", () => {
  const pointer = staged("cut=0 over=60");
  assertEquals(verdict([seen(IN)], { pointer }), "growing");
  const paused = staged("cut=0 over=60 state=paused");
  assertEquals(verdict([seen(IN)], { pointer: paused }), "done");
  const later = { pointer, at: AT + MINUTE };
  assertEquals(verdict([seen(IN, {}, { age: -MINUTE })], later), `late ${IN}`);
  assertEquals(verdict([seen(IN, { active: NEXT }, { age: -MINUTE })], later), "done");
});

Deno.test("a wait ends when the rollout has halted, though nobody else should take it", () => {
  const marks = { isHalted: true, failed: ["i-9"], turns: [] };
  assertEquals(verdict([seen(IN)], { pointer: staged("cut=1 halt=1"), marks }), "halted");
});
