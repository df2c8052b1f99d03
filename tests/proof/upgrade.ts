/** FTL 0.1.0 is killed and the present one mends, and the other way round: a machine may change at any moment. */
import { jumpMaster } from "../../mod.ts";
import { OlderFtl } from "../e2e/older_ftl.ts";
import type { Inspector } from "./invariants.ts";
import type { Figures, Lab } from "./lab.ts";
import { requireRecovery } from "./recovery.ts";
import { killAtSteps, type Killed, type Step } from "./steps.ts";

/** Steps of 0.1.0, by the names in its `src/core/fault_point.ts`. */
export const OLDER_STEPS: readonly Step<string>[] = [
  { command: "spool", at: "part-uploaded", active: "old" },
  { command: "spool", at: "upload-completed", active: "old" },
  { command: "bless", at: "pointer-written", active: "old" },
  { command: "sync", at: "master-written", active: "old" },
  { command: "sync", at: "staged", active: "old" },
  { command: "sync", at: "flushed", active: "old" },
  { command: "sync", at: "published", active: "old" },
  { command: "sync", at: "state-written", active: "old" },
  { command: "sync", at: "post-synced", active: "old" },
  { command: "sync", at: "pre-jumped", active: "old" },
  { command: "sync", at: "journal-written", active: "old" },
  { command: "sync", at: "un-jumped", active: "old" },
  { command: "sync", at: "previous-linked", active: "old" },
  { command: "sync", at: "current-linked", active: "new" },
  { command: "sync", at: "post-jumped", active: "new" },
  { command: "jump", at: "hold-written", active: "old" },
  { command: "jump", at: "current-linked", active: "new" },
  { command: "jump-back", at: "previous-linked", active: "old" },
  { command: "purge", at: "pre-removed", active: "old" },
  { command: "purge", at: "state-forgotten", active: "old" },
  { command: "purge", at: "discarded", active: "old" },
  { command: "sync that removes", at: "discarded", active: "old" },
  { command: "purge", at: "trash-emptied", active: "old" },
];

/** Steps of the present FTL that leave what 0.1.0 does not know. */
export const PRESENT_STEPS: readonly Step[] = [
  { command: "sync", at: "records-written", active: "old" },
  { command: "sync", at: "un-jumped", active: "old" },
  { command: "sync", at: "health-started", active: "new" },
  { command: "sync of a bad one", at: "rollback-journaled", active: "new" },
  { command: "sync of a bad one", at: "rollback-linked", active: "old" },
  { command: "sync of a rollout", at: "mark-written", active: "old" },
  { command: "sync of a rollout", at: "outcome-remembered", active: "new" },
  { command: "sync of a copy", at: "adopted", active: "old" },
  { command: "jump", at: "hold-written", active: "old" },
  { command: "purge", at: "pre-removed", active: "old" },
  { command: "sync that removes", at: "spare-marked", active: "old" },
  { command: "sync that removes", at: "spare-kept", active: "old" },
  { command: "sync by a delta", at: "spare-taken", active: "old" },
  { command: "sync by a delta", at: "delta-filled", active: "old" },
];

/** Both ways, at all steps. */
export async function changeVersions(): Promise<Figures> {
  const [older, present] = [await killOlder(), await killPresent()];
  const { steps = 0, ...uploads } = older;
  return { "steps of 0.1.0": steps, "steps of the present": present["steps"] ?? 0, ...uploads };
}

/** Kills 0.1.0 at these steps. Throws an Error that names what the present FTL does not mend. */
export async function killOlder(steps = OLDER_STEPS): Promise<Figures> {
  using older = new OlderFtl();
  return await killAtSteps(steps, {
    launch: (lab, args, { killAt = "" }) =>
      older.startToKill(args, { cwd: lab.root, env: lab.env, killAt }),
  });
}

/** Kills the present FTL at these steps. Throws an Error that names what stops 0.1.0, or is not mended after it. */
export async function killPresent(steps = PRESENT_STEPS): Promise<Figures> {
  using older = new OlderFtl();
  return await killAtSteps(steps, { mend: (...killed) => requireGoneBack(older, ...killed) });
}

/** 0.1.0 takes over, and runs what is blessed; then the present FTL takes over again. */
async function requireGoneBack(
  older: OlderFtl,
  lab: Lab,
  inspector: Inspector,
  { old, next, isBad, rollout }: Killed,
): Promise<void> {
  // The first one respects a hold.
  for (const args of [["sync"], ["sync", "--follow"]]) {
    const { code, stderr } = await older.runHere(args, lab.env);
    if (code !== 0) throw new Error(`0.1.0 ended with ${code}: ${stderr}`);
    await inspector.look();
  }
  const rev = await lab.bucket.getSmall("site.rev");
  const current = lab.linked("current");
  if (current !== rev?.text) throw new Error(`0.1.0 runs ${current}, ${rev?.text} is blessed`);
  if (lab.machine.names("site/.ftl").includes("jump.json")) {
    throw new Error("0.1.0 left the jump open");
  }
  if (isBad) await jumpMaster(lab.context(), old, { again: true });
  else if (rollout !== undefined) await jumpMaster(lab.context(), next);
  await requireRecovery(lab);
}
