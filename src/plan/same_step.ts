/**
 * Decides whether a step of a rollout asks for what its words say already. Who signs asks so to sign the same as
 * somebody else, rather than to change it. What is not asked for stays as it is:
 *
 *     asked               the same if
 *     a size              its share is the same, and it grows in the same time, or not at all
 *     over                it grows in the same time
 *     groups              their machines may take it already
 *     pause               it is paused
 *     a size, over, groups without a pause: it is not paused
 *     atOnce, halt        the same number
 */
import { type Rollout, roundCut } from "../revision/rollout.ts";
import type { StageRequest } from "./blessing.ts";
import { sizeShare } from "./rollout.ts";

/**
 * By the table above. Words that do not parse are never the same.
 *
 * @param machines how many are known to be alive
 */
export function asksTheSame(
  { size, groups, over, atOnce, halt, pause = false }: StageRequest,
  rollout: Rollout,
  { machines }: { readonly machines: number },
): boolean {
  if (rollout.broken !== undefined) return false;
  const isPaused = rollout.state === "paused";
  const goesOn = size !== undefined || groups !== undefined || over !== undefined;
  if (pause ? !isPaused : isPaused && goesOn) return false;
  // A size alone ends its growth. What no size goes with leaves it.
  if ((size !== undefined || over !== undefined) && rollout.over !== over) return false;
  const share = size && roundCut(sizeShare(size, machines));
  return (share === undefined || share === roundCut(rollout.share ?? rollout.cut)) &&
    (groups ?? []).every((group) => rollout.groups.includes(group)) &&
    (atOnce ?? rollout.atOnce) === rollout.atOnce && (halt ?? rollout.halt) === rollout.halt;
}
