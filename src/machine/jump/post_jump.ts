/**
 * Remembers that the last `post-jump` of a revision failed. The revision is active all the same, so `ftl status`
 * and `ftl doctor` show the failure until a `post-jump` succeeds.
 */
import { StorageError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import {
  type FailedPostJump,
  postSyncOf,
  readRevisionState,
  writeRevisionState,
} from "../state.ts";

/** The failure of the active revision's last `post-jump`. Undefined if it succeeded, or if there is none. */
export function readFailedPostJump(pkg: PackageDir): FailedPostJump | undefined {
  const active = readLink(pkg, "current");
  return active === undefined ? undefined : readRevisionState(pkg, active)?.failedPostJump;
}

/**
 * Stores how a revision's `post-jump` failed, or, with undefined, that it succeeded. The jump has happened
 * already, so a full disk does not stop it: then nothing is stored.
 */
export function rememberPostJump(
  pkg: PackageDir,
  id: RevisionId,
  failedPostJump: FailedPostJump | undefined,
): void {
  try {
    const state = readRevisionState(pkg, id);
    if (failedPostJump === undefined && state?.failedPostJump === undefined) return;
    // The script may have removed its own revision.
    if (!pkg.has(id)) return;
    const known = state ?? { postSync: postSyncOf(pkg, id) };
    writeRevisionState(pkg, id, { ...known, failedPostJump });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}
