/** A jump on one machine: the scripts and the links, in the order that the design page gives. */
import { NotFoundError, ScriptError } from "../core/errors.ts";
import { faultPoint } from "../core/fault_point.ts";
import { readLink, writeLinks } from "./links.ts";
import type { PackageDir } from "./package_dir.ts";
import { clearJournal, readJournal, writeJournal } from "./journal.ts";
import { findScript, runScript, type ScriptSetting } from "./scripts.ts";
import { postSyncOf } from "./state.ts";

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
  const postJump = findScript(pkg.revisionPath(id), "post-jump") !== undefined;
  if (postJump) writeJournal(pkg, { from, to: id, action: setting.action });
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
  if (postJump) clearJournal(pkg);
  return { from, failures: [unJump, failure].filter((error) => error !== undefined) };
}

/** What a killed jump left to be done. */
export interface FinishedJump {
  /** The revision whose `post-jump` ran now. */
  readonly id: string;
  readonly failures: readonly ScriptError[];
}

/**
 * Ends a jump that a kill cut short after it had switched the links: runs its `post-jump`. One that was cut
 * short before has changed nothing, and is forgotten. To be called under the package's lock.
 */
export async function finishJump(
  pkg: PackageDir,
  setting: ActivateSetting,
): Promise<FinishedJump | undefined> {
  const jump = readJournal(pkg);
  if (jump === undefined) return undefined;
  const { from, to, action } = jump;
  const switched = readLink(pkg, "current") === to && pkg.has(to);
  const failure = switched
    ? await failureOf(() => runScript("post-jump", to, { ...setting, action, pkg, from, to }))
    : undefined;
  clearJournal(pkg);
  return switched ? { id: to, failures: failure === undefined ? [] : [failure] } : undefined;
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
