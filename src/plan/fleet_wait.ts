/**
 * Decides whether somebody who waits for a fleet need not wait any longer. The first row that fits counts:
 *
 *     a machine that knows what is blessed is in quarantine, unhealthy, or fails by a script   failed
 *     a rollout has halted                                                                     halted
 *     no machine has reported the package                                                      nobody
 *     a machine that is alive does not run what it should                                      late
 *     a rollout still comes to more machines by itself                                         growing
 *     a rollout is not paused, and no machine that is alive runs its candidate, or should      untried
 *     else                                                                                     done
 *
 * What a machine said before it saw the present blessing is no failure of that. `late`, `growing`,
 * `untried` and `nobody` may still change.
 */
import { EXIT } from "../errors.ts";
import type { Fleet, FleetMachine } from "./fleet.ts";
import { isAlive, type JudgedFleet } from "./fleet_view.ts";

export type WaitVerdict =
  | { readonly verdict: "done" }
  | { readonly verdict: "nobody" | "growing" | "untried" | "halted" }
  /** With the machines that have failed, or that do not run yet what they should. */
  | { readonly verdict: "failed" | "late"; readonly machines: readonly FleetMachine[] };

export function judgeWait({ fleet, informed }: JudgedFleet): WaitVerdict {
  const living = fleet.machines.filter(isAlive);
  const failed = living.filter((one) => informed.has(one.machine) && hasFailed(one));
  if (failed.length > 0) return { verdict: "failed", machines: failed };
  if (fleet.rollout?.state === "halted") return { verdict: "halted" };
  if (living.length === 0) return { verdict: "nobody" };
  const late = living.filter((one) => !isInLine(one));
  if (late.length > 0) return { verdict: "late", machines: late };
  if (isGrowing(fleet)) return { verdict: "growing" };
  return { verdict: isUntried(fleet, living) ? "untried" : "done" };
}

/** How many machines that are alive run what they should. One that went back from a candidate is in trouble instead. */
export function countInLine({ fleet, informed }: JudgedFleet): number {
  return fleet.machines.filter((one) => {
    return isAlive(one) && isInLine(one) && !(informed.has(one.machine) && hasFailed(one));
  }).length;
}

/** Whether it runs what it should. */
function isInLine({ active, want }: FleetMachine): boolean {
  return want === undefined || active === want;
}

function isGrowing({ rollout }: Fleet): boolean {
  return rollout?.state === "running" && rollout.over !== undefined;
}

/** A group that no machine is in must not count as a canary that is well. */
function isUntried({ rollout }: Fleet, living: readonly FleetMachine[]): boolean {
  if (rollout === undefined || rollout.state === "paused") return false;
  return !living.some(({ active, want }) => active === rollout.next || want === rollout.next);
}

function hasFailed({ state, error }: FleetMachine): boolean {
  if (state === "failing") return error?.code === EXIT.script;
  return state === "quarantine" || state === "unhealthy";
}
