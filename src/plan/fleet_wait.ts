/**
 * Decides whether somebody who waits for a fleet need not wait any longer. The first row that fits counts:
 *
 *     a machine that knows what is blessed is in quarantine, unhealthy, or fails by a script   failed
 *     no machine has reported the package                                                      nobody
 *     every machine that is alive runs what it should                                          done
 *     else                                                                                     late
 *
 * What a machine said before it saw the present blessing is no failure of that. `late` and `nobody` may still change.
 */
import { EXIT } from "../errors.ts";
import type { FleetMachine } from "./fleet.ts";
import { isAlive, type JudgedFleet } from "./fleet_view.ts";

export type WaitVerdict =
  | { readonly verdict: "done" }
  | { readonly verdict: "nobody" }
  /** With the machines that have failed, or that do not run yet what they should. */
  | { readonly verdict: "failed" | "late"; readonly machines: readonly FleetMachine[] };

export function judgeWait({ fleet, informed }: JudgedFleet): WaitVerdict {
  const living = fleet.machines.filter(isAlive);
  const failed = living.filter((one) => informed.has(one.machine) && hasFailed(one));
  if (failed.length > 0) return { verdict: "failed", machines: failed };
  if (living.length === 0) return { verdict: "nobody" };
  const late = living.filter((one) => !isInLine(one));
  return late.length > 0 ? { verdict: "late", machines: late } : { verdict: "done" };
}

/** Whether it runs what it should. */
export function isInLine({ active, want }: FleetMachine): boolean {
  return want === undefined || active === want;
}

function hasFailed({ state, error }: FleetMachine): boolean {
  if (state === "failing") return error?.code === EXIT.script;
  return state === "quarantine" || state === "unhealthy";
}
