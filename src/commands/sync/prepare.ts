/** Making a fetched revision ready to become active: its `post-sync`. */
import { ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Places } from "../../concurrency/places.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { Scripts } from "../../machine/scripts/scripts.ts";
import {
  forgetRevisionState,
  postSyncOf,
  readRevisionState,
  writeRevisionState,
} from "../../machine/state.ts";
import { type Context } from "../../context.ts";
import { hasScript } from "../../machine/scripts/file.ts";

/**
 * Milliseconds that a `post-sync` counts against the bound on how many run at the same time. Those of one
 * machine take turns, as they may need all of it; one that hangs must not keep the others from theirs.
 */
const PATIENCE = 30_000;

/**
 * Runs `post-sync` where it has not succeeded yet, and remembers how it went. To be called under the lock
 * on candidates, or, right after it was fetched, under the sync lock. Throws `ScriptError` where it fails, also
 * where it took its own revision away.
 */
export async function prepareRevision(
  context: Context,
  pkg: PackageDir,
  { id, urgent, turns }: { id: RevisionId; urgent: boolean; turns: Places },
): Promise<void> {
  if (postSyncOf(pkg, id) === "ok") return;
  const isRun = hasScript(pkg.revisionPath(id), "post-sync");
  using turn = isRun ? await turns.enter({ urgent, signal: context.signal }) : undefined;
  turn?.leaveAfter(PATIENCE);
  const from = readLink(pkg, "current");
  const remember = (postSync: "ok" | "failed"): void =>
    writeRevisionState(pkg, id, { ...readRevisionState(pkg, id), postSync });
  try {
    await new Scripts(context, pkg, "sync").run("post-sync", id, { from, to: id });
    faultPoint("post-synced");
    requireStillThere(pkg, id);
    remember("ok");
  } catch (error) {
    if (!pkg.has(id)) forgetRevisionState(pkg, id);
    else if (!context.signal.aborted) remember("failed");
    throw error;
  }
}

function requireStillThere(pkg: PackageDir, id: RevisionId): void {
  if (pkg.has(id)) return;
  const path = pkg.revisionPath(id);
  throw new ScriptError(
    `${pkg.revisionName(id)} post-sync took its own revision away: ${path} is not there any more`,
    { hint: "A revision stays where it is: let its post-sync copy what is needed elsewhere" },
  );
}
