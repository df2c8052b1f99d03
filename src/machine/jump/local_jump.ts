/** A jump on this machine, as `jump` and `jump-back` make it. */
import type { Context } from "../../context.ts";
import type { Hold } from "../../plan/hold.ts";
import type { RevisionId, RevisionName } from "../../revision/names.ts";
import { PackageLocks } from "../lock/package_locks.ts";
import type { PackageDir } from "../package_dir.ts";
import { readPointerState } from "../state.ts";
import { Jumps } from "./jump.ts";

/** What a jump did. */
export interface Jumped {
  /** The name of what is active or blessed now. */
  readonly revision: RevisionName;
  /** What was active or blessed before; the same where nothing was to be done. */
  readonly from: RevisionName | undefined;
  /** Scripts that failed without keeping the jump from happening. */
  readonly failures: readonly unknown[];
}

/**
 * Makes a revision active, and remembers a choice away from the blessed one as a hold. `choose` is asked
 * under the lock. Throws what `Jumps.to` throws: then nothing has changed.
 */
export async function jumpLocally(
  context: Context,
  pkg: PackageDir,
  { action, choose }: { action: "jump" | "jump-back"; choose: () => RevisionId },
): Promise<Jumped> {
  using _lock = await new PackageLocks(context, pkg, `ftl ${action}`).take("package");
  const jumps = new Jumps(context, pkg, action);
  const unfinished = await jumps.finish();
  const id = choose();
  const { blessed, version } = readPointerState(pkg) ?? {};
  const hold: Hold | undefined = blessed === id ? undefined : { id, blessed, version };
  const { from, failures } = await jumps.to(id, hold);
  for (const error of failures) context.report({ type: "failure", error });
  return {
    revision: pkg.revisionName(id),
    from: from === undefined ? undefined : pkg.revisionName(from),
    failures: [...unfinished, ...failures],
  };
}
