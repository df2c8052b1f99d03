/** When somebody who waits for a fleet need not wait any longer. */
import { assertEquals } from "../assert.ts";
import type { SeenReport } from "../../src/plan/fleet.ts";
import type { FleetSource } from "../../src/plan/fleet_view.ts";
import { countInLine, judgeWait } from "../../src/plan/fleet_wait.ts";
import {
  AT,
  ERROR,
  HOUR,
  IN,
  judge,
  MINUTE,
  NEXT,
  OLD,
  OLD_SERIAL,
  OUT,
  rank,
  seen,
  staged,
} from "./fleet_reports.ts";

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

Deno.test("a machine that went back from a candidate is not counted among those that run what they should", () => {
  const pointer = staged(`cut=${((rank(IN) + rank(OUT)) / 2).toFixed(9)}`);
  const count = (report: Parameters<typeof seen>[1]): number => {
    return countInLine(judge([seen(IN, report), seen(OUT)], { pointer }));
  };
  assertEquals(count({ active: NEXT }), 2);
  assertEquals(count({}), 1);
  assertEquals(count({ state: "quarantine" }), 1);
  const unhealthy = seen("i-1", { state: "unhealthy" });
  assertEquals(countInLine(judge([unhealthy, seen("i-2")])), 1);
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

Deno.test("a rollout that no machine may take is not done, unless a person has paused it", () => {
  const reports = [seen(IN), seen(OUT)];
  assertEquals(verdict(reports, { pointer: staged("cut=0 group=canary") }), "untried");
  assertEquals(verdict(reports, { pointer: staged("cut=0 state=paused") }), "done");
  assertEquals(verdict([seen(IN, { active: NEXT })], { pointer: staged("cut=0") }), "done");
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
