/** What is known of a staged rollout that is under way: from its words, its marks, and who runs the candidate. */
import { type PackageName, revisionName } from "../revision/names.ts";
import type { Blessing } from "../revision/pointer.ts";
import type { FleetMachine, FleetRollout } from "./fleet.ts";
import { cutAt, shareAt } from "./rollout.ts";

/** What the marks of the rollout that is under way tell: see `src/revision/rollout.ts`. */
export interface RolloutMarks {
  readonly isHalted: boolean;
  /** Machines that have failed. */
  readonly failed: readonly string[];
  /** Machines that have a turn. */
  readonly turns: readonly string[];
}

/** What a rollout is judged by. */
export interface RolloutSource {
  readonly package: PackageName;
  /** S3's time: Unix milliseconds. */
  readonly at: number;
  /** Undefined if nothing is blessed. */
  readonly pointer: Blessing | undefined;
  /** Undefined without a rollout, or if they could not be listed. */
  readonly marks?: RolloutMarks | undefined;
}

/** Undefined if no rollout is under way. */
export function rolloutOf(
  { package: name, pointer, marks, at }: RolloutSource,
  living: readonly FleetMachine[],
): FleetRollout | undefined {
  const { next, rollout } = pointer ?? {};
  if (next === undefined || rollout === undefined || next.id === pointer?.id) return undefined;
  const candidate = revisionName({ package: name, id: next.id });
  const cut = cutAt(rollout, at);
  const { id, over, groups, atOnce, halt } = rollout;
  const running = living.filter(({ active }) => active === candidate).length;
  return {
    id,
    next: candidate,
    state: rollout.state === "paused"
      ? "paused"
      : marks?.isHalted === true
      ? "halted"
      : cut >= 1 && (atOnce === undefined || running === living.length)
      ? "complete"
      : "running",
    percent: shareAt(rollout, at) * 100,
    cut,
    over,
    groups,
    atOnce,
    halt,
    running,
    failed: marks?.failed,
    turns: marks?.turns ?? [],
  };
}
