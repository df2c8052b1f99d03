/** What the marks of a rollout tell people: who has failed, and who is in the jump now. */
import type { Bucket } from "../bucket/bucket.ts";
import { inParallel } from "../concurrency/parallel.ts";
import type { Context } from "../context.ts";
import type { RolloutMarks } from "../plan/fleet_rollout.ts";
import { isHalted } from "../plan/marks.ts";
import { isMachineName } from "../machine_name.ts";
import type { PackageName } from "../revision/names.ts";
import type { Blessing } from "../revision/pointer.ts";
import { fetchMarksIfAllowed, fetchTurnHolder, type RolloutPlace } from "./marks.ts";

/** Turns whose machines are looked up. There are no more than `--at-once` says, and few that are silent. */
const MOST_TURNS = 64;

/** Undefined without a rollout, or if its marks cannot be listed. */
export async function readRolloutMarks(
  context: Pick<Context, "signal" | "now">,
  bucket: Bucket,
  { package: name, pointer }: {
    readonly package: PackageName;
    readonly pointer: Blessing | undefined;
  },
): Promise<RolloutMarks | undefined> {
  const { next, rollout } = pointer ?? {};
  if (next === undefined || rollout === undefined || next.id === pointer?.id) return undefined;
  const place = { package: name, id: rollout.id };
  // Who may see the reports may not be allowed to see these.
  const marks = await fetchMarksIfAllowed(context, { bucket, place, onError: () => {} });
  if (marks === undefined) return undefined;
  const { signal } = context;
  const holders = (turns: readonly number[]): Promise<string[]> =>
    inParallel(turns.slice(0, MOST_TURNS), { concurrency: 8, signal }, (turn) => {
      return holderOf(bucket, place, turn);
    });
  const silent = await holders(marks.silentTurns);
  return {
    isHalted: isHalted(marks, rollout),
    failed: [...new Set([...marks.failed, ...silent])].sort(),
    turns: await holders(marks.unfinished),
  };
}

/** The machine, or `turn 17` if that cannot be read. */
async function holderOf(bucket: Bucket, place: RolloutPlace, turn: number): Promise<string> {
  const found = await fetchTurnHolder(bucket, place, turn).catch(() => undefined);
  return isMachineName(found) ? found : `turn ${turn}`;
}
