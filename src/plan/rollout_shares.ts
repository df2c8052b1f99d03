/**
 * Divides the living machines of a fleet by what a staged rollout is to them. Each machine counts
 * once, in the first row that fits; "-" fits everything:
 *
 *     its mark is failed   runs the candidate   nobody new may   in a group, or   counts as
 *                                                take it          rank below cut
 *     yes                  -                    -                -                failed
 *     no                   yes                  -                -                running
 *     no                   no                   yes              -                rest
 *     no                   no                   no               yes              next
 *     no                   no                   no               no               rest
 *
 * Nobody new may take the candidate of a rollout that is paused or halted.
 */
import type { Fleet, FleetMachine, FleetRollout } from "./fleet.ts";
import { rankOf, type RolloutOrder } from "./rollout.ts";

/** Numbers of machines. Together they are all living ones. */
export interface RolloutShares {
  /** They run the candidate. */
  readonly running: number;
  /** They may take the candidate, and have not yet. */
  readonly next: number;
  /** They have failed in the rollout. 0 if the marks are unknown. */
  readonly failed: number;
  /** The rollout has not come to them. */
  readonly rest: number;
}

/** Undefined if no rollout is under way. */
export function rolloutShares(fleet: Fleet): RolloutShares | undefined {
  const { package: name, rollout, machines } = fleet;
  if (rollout === undefined) return undefined;
  const order = { package: name, id: rollout.id };
  const failed = new Set(rollout.failed);
  const shares = { running: 0, next: 0, failed: 0, rest: 0 };
  for (const machine of machines) {
    if (machine.state === "gone") continue;
    shares[failed.has(machine.machine) ? "failed" : shareOf(machine, { rollout, order })]++;
  }
  return shares;
}

function shareOf(
  { machine, active, groups }: FleetMachine,
  { rollout, order }: { rollout: FleetRollout; order: RolloutOrder },
): "running" | "next" | "rest" {
  if (active === rollout.next) return "running";
  if (rollout.state === "paused" || rollout.state === "halted") return "rest";
  if (rollout.groups.some((group) => groups.includes(group))) return "next";
  return rankOf(machine, order) < rollout.cut ? "next" : "rest";
}
