/** Whether a revision may become active: it is here, and its `post-sync` has succeeded. */
import { ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { type PackageDir, requireRevision } from "../package_dir.ts";
import { postSyncOf } from "../state.ts";

export function isReady(pkg: PackageDir, id: RevisionId): boolean {
  return pkg.has(id) && postSyncOf(pkg, id) === "ok";
}

/** Throws `NotFoundError` if the revision is not here, `ScriptError` if its `post-sync` has not succeeded. */
export function requireReady(pkg: PackageDir, id: RevisionId): void {
  requireRevision(pkg, id);
  const postSync = postSyncOf(pkg, id);
  if (postSync === "ok") return;
  const name = pkg.revisionName(id);
  const why = postSync === "failed" ? "its post-sync failed" : "its post-sync has not run yet";
  throw new ScriptError(`Cannot activate ${name}: ${why}`, {
    revision: name,
    step: "post-sync",
    hint: `'ftl sync ${pkg.name}' runs it again`,
  });
}
