/** A jump on one machine: the scripts and the links, in the order that the design page gives. */
import { NotFoundError, ScriptError } from "../core/errors.ts";
import { readLink, writeLinks } from "./links.ts";
import type { PackageDir } from "./package_dir.ts";
import { type Hook, runScript, type ScriptSetting } from "./scripts.ts";
import { postSyncOf } from "./state.ts";

export type ActivateSetting = Omit<ScriptSetting, "pkg" | "from" | "to">;

export interface Activation {
  /** The id that was active before; the same as the new one where nothing was to be done. */
  readonly from: string | undefined;
  /** Scripts that failed without keeping the revision from becoming active. */
  readonly failures: readonly ScriptError[];
}

/**
 * Makes `id` the active revision. To be called under the package's lock. Throws `NotFoundError` where
 * it is not here, `ScriptError` where its `post-sync` has not succeeded, or where its
 * `pre-jump` fails: then nothing has changed.
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
  const failures: ScriptError[] = [];
  const runAnyway = async (hook: Hook, of: string): Promise<void> => {
    try {
      await runScript(hook, of, scripts);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      failures.push(error);
    }
  };

  await runScript("pre-jump", id, scripts);
  // A broken old version must not keep the machine.
  if (from !== undefined && pkg.has(from)) await runAnyway("un-jump", from);
  // A script may have taken the revision away.
  requireReady(pkg, id);
  writeLinks(pkg, {
    current: id,
    previous: from !== undefined && pkg.has(from) ? from : undefined,
  });
  await runAnyway("post-jump", id);
  return { from, failures };
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
