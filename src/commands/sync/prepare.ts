/** Prepares a fetched revision for activation: runs its `post-sync`. */
import { ScriptError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Slots } from "../../concurrency/slots.ts";
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
 * Milliseconds that a `post-sync` counts against the limit of scripts at the same time. The scripts of one
 * machine take turns, as each may need the whole machine. But a script that hangs must not keep the others
 * waiting.
 */
const PATIENCE = 30_000;

/**
 * Runs `post-sync` if it has not succeeded yet, and stores the result. Call it under the lock on candidates,
 * or, right after the download, under the sync lock. Throws `ScriptError` if the script fails, or if it removed
 * its own revision.
 */
export async function prepareRevision(
  context: Context,
  pkg: PackageDir,
  { id, urgent, turns }: { id: RevisionId; urgent: boolean; turns: Slots },
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
    {
      revision: pkg.revisionName(id),
      step: "post-sync",
      hint: "A revision stays in its place: let its post-sync copy what is needed elsewhere",
    },
  );
}
