/** A jump on this machine, as `jump` and `jump-back` make it. */
import { faultPoint } from "../../fault_point.ts";
import { activate, finishJump, hasUnfinishedJump } from "./activate.ts";
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { readHold, readPointerState, writeHolds } from "../state.ts";
import { type Context } from "../../context.ts";
import { lockPackage } from "../lock/package_locks.ts";
import { scriptSetting } from "../scripts/run_script.ts";
import type { Hold } from "../../plan/hold.ts";

/** What a jump did. */
export interface Jumped {
  /** The name of what is active or blessed now. */
  readonly revision: string;
  /** What was active or blessed before; the same where nothing was to be done. */
  readonly from: string | undefined;
  /** Scripts that failed without keeping the jump from happening. */
  readonly failures: readonly unknown[];
}

/**
 * Makes a revision active, and remembers a choice away from the blessed one as a hold. `choose` is asked
 * under the lock. Throws what `activate` throws: then nothing has changed.
 */
export async function jumpLocally(
  context: Context,
  pkg: PackageDir,
  { action, choose }: { action: "jump" | "jump-back"; choose: () => string },
): Promise<Jumped> {
  using _lock = await lockPackage(context, pkg, `ftl ${action}`);
  const unfinished = await finishUnfinishedJump(context, pkg);
  const id = choose();
  const master = readPointerState(pkg);
  const hold: Hold | undefined = master?.blessed === id
    ? undefined
    : { id, blessed: master?.blessed, version: master?.version };
  const oldHold = readHold(pkg, readLink(pkg, "current"));
  const { from, failures } = await activate(pkg, id, {
    ...scriptSetting(context, pkg, action),
    beforeSwitch: () => {
      writeHolds(pkg, [hold, oldHold]);
      faultPoint("hold-written");
    },
  });
  writeHolds(pkg, [hold]);
  const fromName = from === undefined ? undefined : pkg.revisionName(from);
  const revision = pkg.revisionName(id);
  if (from !== id) context.report({ type: "activated", revision, from: fromName });
  for (const error of failures) context.report({ type: "failure", error });
  return { revision, from: fromName, failures: [...unfinished, ...failures] };
}

/** Ends a jump that a kill cut short; the answer is what failed. To be called under the package's lock. */
export async function finishUnfinishedJump(
  context: Context,
  pkg: PackageDir,
): Promise<readonly unknown[]> {
  if (!hasUnfinishedJump(pkg)) return [];
  const finished = await finishJump(pkg, scriptSetting(context, pkg, "jump"));
  if (finished === undefined) return [];
  context.report({
    type: "warning",
    message: finished.id === finished.to
      ? `The jump to ${pkg.revisionName(finished.to)} was cut short: its post-jump ran now`
      : `The jump to ${pkg.revisionName(finished.to)} was cut short before it switched: ` +
        `${pkg.revisionName(finished.id)} is still active, and its post-jump ran again`,
  });
  for (const error of finished.failures) context.report({ type: "failure", error });
  return finished.failures;
}
