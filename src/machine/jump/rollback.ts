/**
 * The way back of a jump whose new revision is not healthy.
 *
 *     step              on the disk afterwards                     after a kill, `Jumps.finish`
 *     journal           .ftl/jump.json: phase `rollback`           begins the rollback again
 *     un-jump of `to`   the same                                   does the same
 *     switch            current -> target, previous as before      does the same
 *     post-jump         the same                                   does the same
 *     quarantine        .ftl/bad.json                              does the same
 *     (end)             no journal, the hold as before             does nothing
 *
 * It runs no pre-jump, which may refuse, and no health: nothing may keep the machine from its way out. The
 * target of `previous` is restored, so that `jump-back` never leads to the revision that failed. If that is where
 * it led before, as after a `jump-back` from it, there is no `previous`.
 */
import type { Context } from "../../context.ts";
import type { ScriptError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { RevisionId } from "../../revision/names.ts";
import { madeChange } from "../disk/durable.ts";
import { restoreLinks } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { hasScript } from "../scripts/file.ts";
import { type BadHealth, unhealthy } from "./health.ts";
import { readHold, writeHolds } from "./hold.ts";
import { clearJournal, type JumpUnderWay, writePhase } from "./journal.ts";
import type { JumpScripts } from "./jump_scripts.ts";
import { addQuarantine, endQuarantine, type Quarantine } from "./quarantine.ts";
import { isReady, requireReady } from "./ready.ts";

/** A jump that goes back to `target`. */
export type Rollback = JumpUnderWay & { readonly target: RevisionId };

/** What a rollback has done. */
export interface WentBack {
  /** The revision that was not healthy. */
  readonly from: RevisionId;
  /** The revision that is active again. */
  readonly to: RevisionId;
}

/**
 * The revision that was active before, else the one that the blessed one replaced. Undefined if neither is
 * ready, or if the jump is one that stays.
 */
export function wayBack(
  pkg: PackageDir,
  { from, to, fallback, onBadHealth }: JumpUnderWay,
): RevisionId | undefined {
  if (onBadHealth === "stay") return undefined;
  return [from, fallback].find((id) => id !== undefined && id !== to && isReady(pkg, id));
}

/** So many tries of one jump may be cut short. */
const MOST_TRIES = 3;

/**
 * A revision that makes the machine reboot, or that gets FTL killed, never comes to an answer. After some tries
 * it counts as unhealthy, if it has a health and there is a way back.
 */
export function cutShortTooOften(pkg: PackageDir, jump: JumpUnderWay): BadHealth | undefined {
  const { to, phase, tries = 1 } = jump;
  const hasHealth = phase === "health" || hasScript(pkg.revisionPath(to), "health");
  if (tries < MOST_TRIES || !hasHealth || wayBack(pkg, jump) === undefined) return undefined;
  return { reason: `the jump was cut short ${tries} times`, log: undefined };
}

/**
 * Each step may run a second time after a kill. Returns the failures: the health's, then those of the scripts.
 * Throws if `un-jump` has taken the target away; then the next command decides again.
 */
export async function goBack(
  context: Context,
  pkg: PackageDir,
  { jump, scripts }: { jump: Rollback; scripts: JumpScripts },
): Promise<{ wentBack: WentBack; failures: ScriptError[] }> {
  const { to, target, previous, blessing, isFirst, reason = "", log } = jump;
  const at = new Date(context.now()).toISOString();
  writePhase(pkg, { ...jump, phase: "rollback", since: at });
  faultPoint("rollback-journaled");
  const given = { from: to, to: target, action: "rollback", isFirst } as const;
  const unJump = pkg.has(to) ? await scripts.unJump(to, given) : undefined;
  requireReady(pkg, target);
  restoreLinks(pkg, { current: target, previous: previous === to ? undefined : previous });
  faultPoint("rollback-linked");
  const postJump = await scripts.postJump(target, given);
  if (blessing !== undefined) {
    const quarantine = { id: to, blessing, at, reason: `health failed: ${reason}` };
    storeQuarantine(context, pkg, quarantine);
  }
  faultPoint("quarantined");
  // A sync that activates has ended the hold. The jump of a person has not, as it did not succeed.
  const hold = blessing === undefined ? readHold(pkg, target) : undefined;
  // If the hold of the other revision stays, on a full disk, it counts for nothing.
  madeChange(() => writeHolds(pkg, [hold]));
  clearJournal(pkg);
  const [revision, active] = [pkg.revisionName(to), pkg.revisionName(target)];
  context.report({ type: "rolled-back", revision, to: active, reason });
  const health = unhealthy(revision, { reason, log }, `${active} is active again`);
  const failures = [health, unJump, postJump].filter((error) => error !== undefined);
  return { wentBack: { from: to, to: target }, failures };
}

/**
 * The revision may have filled the disk. The links are back already, so the journal makes room, and then the
 * quarantines of other revisions or blessings, which are over.
 */
function storeQuarantine({ report }: Context, pkg: PackageDir, quarantine: Quarantine): void {
  const store = (): boolean => madeChange(() => addQuarantine(pkg, quarantine));
  if (store()) return;
  clearJournal(pkg);
  if (store()) return;
  endQuarantine(pkg);
  if (store()) return;
  const name = pkg.revisionName(quarantine.id);
  const message = `Cannot put ${name} into quarantine: a later sync tries it again`;
  report({ type: "warning", message });
}
