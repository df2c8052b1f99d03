/** Removing one revision from this machine, as `sync` and `purge` do it. */
import { faultPoint } from "../../core/fault_point.ts";
import { readLink } from "../../local/links.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { discard } from "../../local/revisions.ts";
import { runScript } from "../../local/scripts.ts";
import { type Context, scriptSetting } from "./context.ts";

/**
 * Runs `pre-remove`, then takes the revision out of `revs`; `emptyTrash` deletes it. To be called under the
 * package's lock. Throws `ScriptError` where the script fails: then the revision stays.
 */
export async function removeRevision(context: Context, pkg: PackageDir, id: string): Promise<void> {
  const active = readLink(pkg, "current");
  const setting = scriptSetting(context, pkg, "remove");
  await runScript("pre-remove", id, { ...setting, from: active, to: active });
  faultPoint("pre-removed");
  discard(pkg, id);
  context.report({ type: "removed", revision: pkg.revisionName(id) });
}
