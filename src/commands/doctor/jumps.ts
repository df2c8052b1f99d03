/** Checks what earlier jumps left: failed scripts, a quarantine, a hold, a jump that is not finished; and pauses. */
import { oneLine } from "../../foreign_text.ts";
import { isHeld } from "../../machine/jump/hold.ts";
import { type JumpPhase, readJournal } from "../../machine/jump/journal.ts";
import { readActiveFailures } from "../../machine/jump/outcomes.ts";
import { quarantineError, quarantineInForce } from "../../machine/jump/quarantine.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readPause } from "../../machine/pause_file.ts";
import { type FailedScript, readPointerState } from "../../machine/state.ts";
import { type Check, fail, warn } from "./check.ts";

export function checkPostJump(pkg: PackageDir): Check[] {
  return failedScript(pkg, "post-jump", readActiveFailures(pkg).postJump);
}

export function checkHealth(pkg: PackageDir): Check[] {
  return failedScript(pkg, "health", readActiveFailures(pkg).health);
}

function failedScript(
  pkg: PackageDir,
  step: "post-jump" | "health",
  failed: FailedScript | undefined,
): Check[] {
  const active = readLink(pkg, "current");
  if (active === undefined || failed === undefined) return [];
  const { outcome, log } = failed;
  const printed = log === undefined ? "" : `What it printed is in ${log}. `;
  const hint = `${printed}It runs again with a jump to another revision and back`;
  return [warn(step, `of ${pkg.revisionName(active)} failed: ${outcome}`, hint)];
}

export function checkHold(pkg: PackageDir): Check[] {
  const active = readLink(pkg, "current");
  const { blessed, next } = readPointerState(pkg) ?? {};
  if (active === undefined) return [];
  if (!isHeld(pkg)) return [];
  const instead = blessed === undefined
    // It may be since then.
    ? "nothing was blessed at the last sync"
    : active === blessed && next !== undefined
    ? `${pkg.revisionName(next.id)} is being rolled out`
    : `${pkg.revisionName(blessed)} is blessed`;
  return [warn(
    "holds",
    `${pkg.revisionName(active)} is held here by a jump, while ${instead}`,
    `'ftl sync --follow ${pkg.name}' ends the hold`,
  )];
}

/** A sync of this package fails as long as the quarantine is in force. */
export function checkQuarantine(pkg: PackageDir): Check[] {
  const pointer = readPointerState(pkg);
  const found = pointer && quarantineInForce(pkg, pointer);
  if (found === undefined || found.id === readLink(pkg, "current") || isHeld(pkg)) return [];
  return [fail("quarantine", quarantineError(pkg, found, pointer))];
}

export function checkPause(pkg: PackageDir, now: number): Check[] {
  const pause = readPause(pkg, now);
  if (pause === undefined) return [];
  const { path, why, until } = pause;
  const end = until === undefined ? "" : ` until ${until}`;
  const reason = why === undefined ? "" : `: ${oneLine(why)}`;
  // Whoever wrote such a line believes that the pause ends.
  const isNoTime = until === undefined && /^until\b/i.test(why ?? "");
  const hint = isNoTime ? "It has no time as in 'until 2026-12-01T06:00Z': only " : "";
  return [
    warn("pause", `${pkg.name} is paused by ${path}${end}${reason}`, `${hint}rm ${path} ends it`),
  ];
}

/** What may still be due of a jump that was cut short in that phase. */
const DUE: Readonly<Record<JumpPhase, string>> = {
  jump: "its post-jump may not have run",
  health: "it is not known whether the new revision is healthy",
  rollback: "its health failed, and it is to go back",
};

/** Call it only if no command holds a lock of the package. */
export function checkJournal(pkg: PackageDir): Check[] {
  const jump = readJournal(pkg);
  if (jump === undefined) return [];
  const text = `a jump of ${pkg.name} was cut short: ${DUE[jump.phase]}`;
  return [warn("unfinished", text, `'ftl sync ${pkg.name}' finishes it`)];
}
