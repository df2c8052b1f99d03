/**
 * Remembers that the last `post-jump` of a revision failed, or its health. The revision is active all the same,
 * so `ftl status` and `ftl doctor` show the failure until the script succeeds.
 */
import type { RevisionId } from "../../revision/names.ts";
import { madeChange } from "../disk/durable.ts";
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { type FailedScript, postSyncOf, readRevisionState, writeRevisionState } from "../state.ts";

/** What failed of the active revision. Undefined: it succeeded, or there is no such script. */
export interface ActiveFailures {
  readonly postJump: FailedScript | undefined;
  readonly health: FailedScript | undefined;
}

export function readActiveFailures(pkg: PackageDir): ActiveFailures {
  const active = readLink(pkg, "current");
  const state = active === undefined ? undefined : readRevisionState(pkg, active);
  return { postJump: state?.failedPostJump, health: state?.failedHealth };
}

/**
 * Stores how a revision's script failed, or, with undefined, that it succeeded. The jump has happened already,
 * so a full disk does not stop it: then nothing is stored.
 */
export function rememberOutcome(
  pkg: PackageDir,
  id: RevisionId,
  outcome: {
    readonly of: "failedPostJump" | "failedHealth";
    readonly failed: FailedScript | undefined;
  },
): void {
  const { of, failed } = outcome;
  madeChange(() => {
    const state = readRevisionState(pkg, id);
    if (failed === undefined && state?.[of] === undefined) return;
    // The script may have removed its own revision.
    if (!pkg.has(id)) return;
    const known = state ?? { postSync: postSyncOf(pkg, id) };
    writeRevisionState(pkg, id, { ...known, [of]: failed });
  });
}
