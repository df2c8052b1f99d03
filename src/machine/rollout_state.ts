/** What a machine remembers of its part in a staged rollout, `.ftl/rollout.json`. */
import type { FoundHalt } from "../plan/marks.ts";
import type { Staged } from "../plan/effective.ts";
import type { Outcome } from "../revision/marks.ts";
import { rolloutName } from "../revision/rollout.ts";
import { removeFile, replaceFile } from "./disk/durable.ts";
import { numberIn, readJson, textIn } from "./disk/json_file.ts";
import { readActiveFailures } from "./jump/outcomes.ts";
import { findQuarantine } from "./jump/quarantine.ts";
import { readLink } from "./links.ts";
import type { PackageDir } from "./package_dir.ts";
import { hasScript } from "./scripts/file.ts";

export interface RolloutState {
  /** The rollout's id. Of another rollout nothing is remembered. */
  readonly id: number;
  /** When the last jump to the candidate began: ISO 8601, UTC. Undefined: none has. */
  readonly since?: string | undefined;
  /** The turn for that jump. It is written before S3 is asked for it, so that no kill loses it. */
  readonly turn?: number | undefined;
  /** Whether S3 has answered that the turn is this machine's. */
  readonly isTaken?: boolean | undefined;
  /** How the candidate did here. Undefined as long as that is not known. */
  readonly outcome?: Outcome | undefined;
  /** Whether S3 has the outcome. If not, the next sync sends it. */
  readonly isSent?: boolean | undefined;
  /** The marks said that the rollout is halted. */
  readonly halt?: FoundHalt | undefined;
  /** When S3 last denied a mark: ISO 8601, UTC. */
  readonly deniedAt?: string | undefined;
}

/** Undefined if nothing is remembered of this rollout. Without `id`: whichever it is. */
export function readRolloutState(pkg: PackageDir, id?: number): RolloutState | undefined {
  const value = readJson(pkg.ownPath("rollout"));
  const known = value && numberIn(value, "id");
  if (value === undefined || known === undefined || (id !== undefined && id !== known)) {
    return undefined;
  }
  const { taken, sent } = value as Record<string, unknown>;
  const outcome = textIn(value, "outcome");
  const at = timeIn(value, "haltedAt");
  const pointer = textIn(value, "haltedBy");
  return {
    id: known,
    since: textIn(value, "since"),
    turn: numberIn(value, "turn"),
    isTaken: taken === true,
    outcome: outcome === "ok" || outcome === "failed" ? outcome : undefined,
    isSent: sent === true,
    halt: at === undefined || pointer === undefined ? undefined : { at, pointer },
    deniedAt: timeIn(value, "deniedAt") === undefined ? undefined : textIn(value, "deniedAt"),
  };
}

/** Unix milliseconds. */
function timeIn(value: object, name: string): number | undefined {
  const time = Date.parse(textIn(value, name) ?? "");
  return Number.isNaN(time) ? undefined : time;
}

/** Stores it, or that there is none. Call it under the package's lock. */
export function writeRolloutState(pkg: PackageDir, state: RolloutState | undefined): void {
  if (state === undefined) return removeFile(pkg.ownPath("rollout"), { durable: false });
  const { id, since, turn, isTaken: taken, outcome, isSent: sent, halt, deniedAt } = state;
  const haltedAt = halt && new Date(halt.at).toISOString();
  const stored = { id, since, turn, taken, outcome, sent, haltedAt, haltedBy: halt?.pointer };
  replaceFile(pkg.ownPath("rollout"), `${JSON.stringify({ ...stored, deniedAt })}\n`);
}

/**
 * How the candidate did on this machine, by what is on the disk. Undefined if no jump to it has ended. Call it when no
 * jump is open. A `post-jump` that failed is made up for by a health that succeeded.
 */
export function outcomeHere(
  pkg: PackageDir,
  { next: { id }, rollout }: Staged,
): Outcome | undefined {
  if (findQuarantine(pkg, id, rolloutName(rollout)) !== undefined) return "failed";
  if (readLink(pkg, "current") !== id) return undefined;
  const { postJump, health } = readActiveFailures(pkg);
  const hasHealth = hasScript(pkg.revisionPath(id), "health");
  return health !== undefined || (postJump !== undefined && !hasHealth) ? "failed" : "ok";
}
