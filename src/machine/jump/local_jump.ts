/** A jump on this machine, used by `jump` and `jump-back`. */
import type { Context } from "../../context.ts";
import type { Hold } from "../../plan/hold.ts";
import type { RevisionId, RevisionName } from "../../revision/names.ts";
import { PackageLocks } from "../lock/package_locks.ts";
import type { PackageDir } from "../package_dir.ts";
import { readPointerState } from "../state.ts";
import { blessingOf } from "./hold.ts";
import type { OnBadHealth } from "./journal.ts";
import { Jumps } from "./jump.ts";

/** The result of a jump. */
export interface Jumped {
  /** The name of the revision that is active or blessed now. */
  readonly revision: RevisionName;
  /** The revision that was active or blessed before. It equals `revision` if there was nothing to do. */
  readonly from: RevisionName | undefined;
  /** Scripts that failed; the jump happened all the same. */
  readonly failures: readonly Error[];
}

export interface LocalJump {
  readonly action: "jump" | "jump-back";
  /**
   * Called under the lock.
   *
   * @param wentBackTo the revision that is active again, if an unfinished jump has just gone back
   */
  readonly choose: (wentBackTo: RevisionId | undefined) => RevisionId;
  readonly onBadHealth: OnBadHealth;
}

/**
 * Makes a revision active. Stores a hold, unless it is the blessed one and no rollout is under way. `choose` is called under the lock.
 * Throws the errors of `Jumps.to`; after an error nothing has changed.
 */
export async function jumpLocally(
  context: Context,
  pkg: PackageDir,
  { action, choose, onBadHealth }: LocalJump,
): Promise<Jumped> {
  using _lock = await new PackageLocks(context, pkg, `ftl ${action}`).take("package");
  const jumps = new Jumps(context, pkg, action);
  const unfinished = await jumps.finish();
  const id = choose(unfinished.wentBack?.to);
  const pointer = readPointerState(pkg);
  const blessing = blessingOf(pointer);
  const isInLine = blessing.blessed === id && blessing.rollout === undefined;
  const hold: Hold | undefined = isInLine ? undefined : { id, ...blessing };
  // No quarantine: a person decides what to do next.
  const health = { onBadHealth, fallback: pointer?.replaced };
  const { from, wentBack, failures } = await jumps.to(id, hold, health);
  for (const error of failures) context.report({ type: "failure", error });
  return {
    revision: pkg.revisionName(wentBack?.to ?? id),
    from: from === undefined ? undefined : pkg.revisionName(from),
    failures: [...unfinished.failures, ...failures],
  };
}
