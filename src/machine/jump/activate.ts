/** A jump on one machine: the scripts and the links, in the order that the design page gives. */
import { NotFoundError, ScriptError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import { readLink, writeLinks } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { clearJournal, readJournal, writeJournal } from "./journal.ts";
import { hasScript, runScript, type ScriptSetting } from "../scripts/run_script.ts";
import { postSyncOf } from "../state.ts";

export interface ActivateSetting extends Omit<ScriptSetting, "pkg" | "from" | "to"> {
  /** Called when all that could stop the jump has passed, right before the links are switched. */
  readonly beforeSwitch?: () => void;
}

export interface Activation {
  /** The id that was active before; the same as the new one where nothing was to be done. */
  readonly from: string | undefined;
  /** Scripts that failed without keeping the revision from becoming active. */
  readonly failures: readonly ScriptError[];
}

/**
 * Makes `id` the active revision. To be called under the package's lock, after `finishJump`. Throws
 * `NotFoundError` where it is not here, `ScriptError` where its `post-sync` has not succeeded, or where
 * its `pre-jump` fails: then nothing has changed.
 */
export async function activate(
  pkg: PackageDir,
  id: string,
  setting: ActivateSetting,
): Promise<Activation> {
  const from = readLink(pkg, "current");
  requireReady(pkg, id);
  if (from === id) return { from, failures: [] };

  const scripts = { ...setting, pkg, from, to: id };
  await runScript("pre-jump", id, scripts);
  faultPoint("pre-jumped");
  const journaled = hasScript(pkg.revisionPath(id), "post-jump") ||
    (from !== undefined && hasScript(pkg.revisionPath(from), "un-jump"));
  if (journaled) writeJournal(pkg, { from, to: id, action: setting.action });
  faultPoint("journal-written");
  // A broken old version must not keep the machine.
  const unJump = from !== undefined && pkg.has(from)
    ? await failureOf(() => runScript("un-jump", from, scripts))
    : undefined;
  faultPoint("un-jumped");
  // A script may have taken the revision away.
  requireReady(pkg, id);
  setting.beforeSwitch?.();
  writeLinks(pkg, {
    current: id,
    previous: from !== undefined && pkg.has(from) ? from : undefined,
  });
  const failure = await failureOf(() => runScript("post-jump", id, scripts));
  faultPoint("post-jumped");
  if (journaled) clearJournal(pkg);
  return { from, failures: [unJump, failure].filter((error) => error !== undefined) };
}

/** What a jump that was cut short left to be done. */
export interface FinishedJump {
  /** The revision that it was to. */
  readonly to: string;
  /** The active revision, whose `post-jump` ran now: `to`, or the old one where nothing was switched. */
  readonly id: string;
  readonly failures: readonly ScriptError[];
}

/**
 * Ends a jump that a kill cut short. After the switch of the links its `post-jump` is due. Before it, the old
 * revision's `un-jump` may have stopped what is still the active one, whose `post-jump` starts it again. To
 * be called under the package's lock.
 */
export async function finishJump(
  pkg: PackageDir,
  setting: ActivateSetting,
): Promise<FinishedJump | undefined> {
  const jump = readJournal(pkg);
  if (jump === undefined) return undefined;
  const { from, to, action } = jump;
  const active = readLink(pkg, "current");
  const id = active !== undefined && pkg.has(active) && (active === to || active === from)
    ? active
    : undefined;
  const failure = id === undefined
    ? undefined
    : await failureOf(() => runScript("post-jump", id, { ...setting, action, pkg, from, to: id }));
  clearJournal(pkg);
  return id === undefined
    ? undefined
    : { to, id, failures: failure === undefined ? [] : [failure] };
}

/** Whether a killed command left a jump to be finished. */
export function hasUnfinishedJump(pkg: PackageDir): boolean {
  return readJournal(pkg) !== undefined;
}

/** The failure of a script that is not to stop what goes on; anything else is thrown. */
async function failureOf(run: () => Promise<void>): Promise<ScriptError | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof ScriptError) return error;
    throw error;
  }
}

function requireReady(pkg: PackageDir, id: string): void {
  const name = pkg.revisionName(id);
  if (!pkg.has(id)) {
    throw new NotFoundError(`No revision ${name} on this machine`, {
      hint:
        `'ftl list ${pkg.name}' shows those that are here, 'ftl sync ${pkg.name}' fetches new ones`,
    });
  }
  const postSync = postSyncOf(pkg, id);
  if (postSync === "ok") return;
  const why = postSync === "failed" ? "its post-sync failed" : "its post-sync has not run yet";
  throw new ScriptError(`Cannot activate ${name}: ${why}`, {
    hint: `'ftl sync ${pkg.name}' runs it again`,
  });
}
