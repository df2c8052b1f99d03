/**
 * The clone rule. A package that was copied from another machine keeps its revisions, its links and what is
 * known of each revision. What the other machine decided and did goes, and the active revision's `post-jump` runs
 * once here.
 *
 *     step       on the disk afterwards                     after a kill, the next sync
 *     drop       none of the files in `DROPPED`             begins again
 *     journal    .ftl/jump.json: a jump from nothing        begins again
 *     owner      .ftl/machine.json names this machine       runs what the journal says
 *
 * The rest is the jump's: see `Jumps.finish`. A jump to another revision replaces the journal.
 */
import type { Context } from "../../context.ts";
import { faultPoint } from "../../fault_point.ts";
import { type MachineIdentity, originOf } from "../../plan/clone.ts";
import { removeFile } from "../disk/durable.ts";
import { readLink } from "../links.ts";
import { OWN_NAMES, type PackageDir } from "../package_dir.ts";
import { hasScript } from "../scripts/file.ts";
import { readOwner, writeOwner } from "../state.ts";
import { readJournal, writeJournal } from "./journal.ts";

/** What was true only of the other machine, with a reason for people. */
const DROPPED = {
  hold: "a local jump there",
  quarantine: "health that failed there",
  journal: "a jump that was under way there",
  rollout: "its part in a rollout",
  lastSync: "its last sync",
  listing: "what it saw in S3",
} as const satisfies Partial<Record<keyof typeof OWN_NAMES, string>>;

/**
 * Makes the package this machine's, if it is not, and adopts it if it is a copy. Call it under the package's
 * lock, and `Jumps.finish` afterwards.
 */
export function settleOwner(
  { report, now }: Context,
  pkg: PackageDir,
  me: MachineIdentity,
): void {
  const owner = readOwner(pkg);
  const origin = originOf(owner, me);
  if (origin === "same" || origin === "unclear") return;
  if (origin === "copy") {
    const warn = (message: string): void => report({ type: "warning", message });
    warn(`${pkg.name} is a copy from ${owner?.machine}; this machine is ${me.machine}`);
    dropState(pkg, warn);
    faultPoint("copy-dropped");
    writeAdoption(pkg, new Date(now()).toISOString());
    faultPoint("adopted");
  }
  writeOwner(pkg, me);
}

/** Whether the active revision's `post-jump` is still to run on this copy. */
export function isAdopting(pkg: PackageDir): boolean {
  return readJournal(pkg)?.action === "adopt";
}

function dropState(pkg: PackageDir, warn: (message: string) => void): void {
  const own = pkg.ownNames();
  for (const [name, what] of Object.entries(DROPPED) as [keyof typeof DROPPED, string][]) {
    if (!own.has(OWN_NAMES[name])) continue;
    removeFile(pkg.ownPath(name), { durable: true });
    warn(`${pkg.name}: ${OWN_NAMES[name]} is dropped: ${what}`);
  }
}

/** Nothing, if nothing is active here or the revision has no script that would run. */
function writeAdoption(pkg: PackageDir, since: string): void {
  const active = readLink(pkg, "current");
  if (active === undefined || !pkg.has(active)) return;
  const path = pkg.revisionPath(active);
  if (!hasScript(path, "post-jump") && !hasScript(path, "health")) return;
  writeJournal(pkg, {
    from: undefined,
    to: active,
    action: "adopt",
    phase: "jump",
    since,
    onBadHealth: "stay",
  });
}
