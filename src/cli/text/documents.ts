/**
 * The output of `--json`: one document for each command line, for programs that other people wrote. So its keys
 * are listed here one by one and do not follow the types of the code. `scripts/reference/schema/`
 * says what each of them means. The file is long because it lists all of them.
 *
 * - Every document of a command and mode has the same keys. A value that is unknown or missing is null.
 * - Revisions are given by their names, which every command accepts. Times are ISO 8601 in UTC, sizes bytes.
 */
import type { Diagnosis } from "../../commands/doctor/doctor.ts";
import type { Jumped, Staged } from "../../commands/jump.ts";
import type {
  ListedSignatures,
  LocalPackage,
  LocalRevision,
  MasterPackage,
  MasterRevision,
  RevisionDetails,
} from "../../commands/list/list.ts";
import type { Purged } from "../../commands/purge.ts";
import type { Spooled } from "../../commands/spool/spool.ts";
import type {
  FailedScript,
  LastSync,
  MasterStatus,
  PackageStatus,
  Pause,
  Status,
  StatusJump,
} from "../../commands/status/status.ts";
import type { PlannedSync } from "../../commands/sync/plan_syncs.ts";
import type { PackageNews, PackageSync } from "../../commands/sync/sync.ts";
import { escapeJson } from "../../foreign_text.ts";
import type { MachineRollout } from "../../plan/machine_rollout.ts";
import type { Note } from "../../revision/metadata.ts";
import { exitCodeOf, showError } from "../failure.ts";

/**
 * The first key of every document. It grows when a key goes away or changes its meaning, not when a key is
 * added.
 */
export const SCHEMA = 1;

/** The content of a document after its first two keys. */
export type Payload = Readonly<Record<string, unknown>>;

/** A whole document. `command` is null if no command was understood; then the document is an error. */
export function documentText(command: string | null, payload: Payload): string {
  return `${escapeJson(JSON.stringify({ schema: SCHEMA, command, ...payload }, null, 2))}\n`;
}

/** Replaces any other document if a command ended without a result. */
export function errorDocument(error: unknown): Payload {
  return { error: failure(error) };
}

export function failure(error: unknown): Payload {
  const { message, hint = null } = showError(error);
  return { message, hint, exitCode: exitCodeOf(error) };
}

export function spoolDocument(spooled: Spooled): Payload {
  const { revision, key, size, sha256, entries, bytes, warnings } = spooled;
  const deltas = spooled.deltas.map(({ from, bytes }) => ({ from, bytes }));
  return { revision, key, size, sha256, entries, bytes, deltas, warnings };
}

/** What a listing was asked for. */
interface ListMode {
  readonly master: boolean;
  readonly long: boolean;
}

/** A package of either listing. The listing decides which values there can be. */
type AnyPackage = Partial<LocalPackage & MasterPackage>;
type AnyRevision = LocalRevision | MasterRevision;

export function packagesDocument(packages: readonly AnyPackage[], mode: ListMode): Payload {
  return { master: mode.master, packages: packages.map((found) => packageEntry(found, mode)) };
}

function packageEntry(found: AnyPackage, { master, long }: ListMode): Payload {
  const { package: name, active = null, newest = null, revisions = null } = found;
  if (!long) return { package: name };
  const known = { package: name, active, newest, revisions };
  return master ? { ...known, size: found.size ?? null } : { ...known, held: found.held ?? null };
}

export function revisionsDocument(
  packageName: string,
  revisions: readonly AnyRevision[],
  mode: ListMode,
): Payload {
  return {
    master: mode.master,
    package: packageName,
    revisions: revisions.map((found) => revisionEntry(found, mode)),
  };
}

function revisionEntry(found: AnyRevision, { long }: ListMode): Payload {
  const { revision, active, previous, spooledAt, size = null } = found;
  const local = { revision, active, previous, spooledAt: time(spooledAt), size };
  if ("postSync" in found) {
    const { held, postSync, how = null, moved = null } = found;
    return { ...local, held, postSync, how, moved };
  }
  const { blessing, left, rolloutPercent = null } = found;
  const known = { ...local, rolloutPercent };
  if (!long) return known;
  return {
    ...known,
    details: detailsEntry(found.details ?? {}),
    blessing: blessing === undefined ? null : {
      ...noteEntry(blessing),
      replaced: blessing.replaced ?? null,
      ...signaturesEntry(blessing),
    },
    left: left === undefined ? null : noteEntry(left),
  };
}

function detailsEntry(details: RevisionDetails): Payload {
  const { sha256 = null, bytes = null, entries = null } = details;
  return { ...noteEntry(details), sha256, bytes, entries, ...signaturesEntry(details) };
}

function signaturesEntry({ signatures = 0, trust }: Partial<ListedSignatures>): Payload {
  if (trust === undefined) return { signatures, trust: null };
  const { verdict, by, why = null } = trust;
  return { signatures, trust: { verdict, by, why } };
}

function noteEntry(note: Note): Payload {
  const { by = null, at, message = null } = note;
  return { by, at: time(at), message };
}

/** Null also if somebody else wrote a text that is not a time. */
export function time(text: string | undefined): string | null {
  const milliseconds = Date.parse(text ?? "");
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString();
}

export function syncDocument(results: readonly PackageSync[]): Payload {
  return { dryRun: false, packages: results.map(syncEntry) };
}

/** What the program of `FTL_NOTIFY` reads: one line. */
export function notificationText({ event, machine, result }: PackageNews): string {
  const payload = { schema: SCHEMA, event, machine, ...syncEntry(result) };
  return `${escapeJson(JSON.stringify(payload))}\n`;
}

function syncEntry(result: PackageSync): Payload {
  const { package: name, active = null, fetched, activated = null, removed, heldFrom = null } =
    result;
  const { quarantined = null, rolledBack = null } = result;
  const transfers = result.transfers.map(transferEntry);
  const pause = pauseEntry(result.pause);
  const rollout = rolloutEntry(result.rollout);
  const failures = result.failures.map(failure);
  return {
    package: name,
    active,
    fetched,
    transfers,
    activated,
    removed,
    heldFrom,
    quarantined,
    rolledBack,
    pause,
    rollout,
    failures,
  };
}

function transferEntry(transfer: PackageSync["transfers"][number]): Payload {
  const { revision, how, bytes, moved, base = null, fallback = null } = transfer;
  return { revision, how, bytes, moved, base, fallback };
}

function pauseEntry(pause: Pause | undefined): Payload | null {
  if (pause === undefined) return null;
  const { path, why = null, until = null } = pause;
  return { path, why, until: until && time(until) };
}

function rolloutEntry(rollout: MachineRollout | undefined): Payload | null {
  if (rollout === undefined) return null;
  const { candidate, percent, waiting = null, rank = null, cut = null } = rollout;
  return { candidate, percent, waiting, rank, cut };
}

export function plannedSyncDocument(plans: readonly PlannedSync[]): Payload {
  return { dryRun: true, packages: plans.map(planEntry) };
}

function planEntry(plan: PlannedSync): Payload {
  const { package: name, fetch, activate = null, remove, held = null, missing = null } = plan;
  const { quarantined = null, paused = null } = plan;
  const rollout = rolloutEntry(plan.rollout);
  const failures = plan.failures.map(failure);
  return {
    package: name,
    fetch,
    activate,
    remove,
    held,
    missing,
    quarantined,
    paused,
    rollout,
    failures,
  };
}

export function jumpDocument(jumped: Jumped, { master }: { master: boolean }): Payload {
  const { revision, from = null, failures } = jumped;
  return { revision, from, master, rollout: null, failures: failures.map(failure) };
}

/** A step of a rollout. `from` and `revision` are as where nothing is rolled out: what is blessed stays. */
export function stageDocument(
  { revision, blessed, percent, rollout, machines, failures }: Staged & Pick<Jumped, "failures">,
): Payload {
  const { id, over = null, groups, atOnce = null, halt = null, of = null, state } = rollout;
  return {
    ...{ revision: blessed, from: blessed, master: true, failures: failures.map(failure) },
    rollout: {
      id,
      revision,
      percent,
      over,
      groups,
      atOnce,
      halt,
      of,
      state,
      machines: machines.map(({ machine }) => machine),
    },
  };
}

export function purgeDocument(
  { removed, failures }: Purged,
  { master, dryRun }: { master: boolean; dryRun: boolean },
): Payload {
  return { removed, dryRun, master, failures: failures.map(failure) };
}

export function statusDocument({ packages, failures }: Status): Payload {
  return { packages: packages.map(statusEntry), failures: failures.map(failure) };
}

function statusEntry(found: PackageStatus): Payload {
  const { package: name, active = null, dangling, previous = null, held, blessed = null } = found;
  const { revisions, unprepared, failedPostJump, failedHealth, quarantine, pause, jump } = found;
  const { disk, lastSync, logs, lastLog = null, master, failures, spare = null } = found;
  const { how, bytes = null, moved = null } = found.transfer ?? {};
  return {
    package: name,
    active,
    dangling,
    previous,
    held,
    blessed,
    revisions,
    unprepared,
    failedPostJump: failedScriptEntry(failedPostJump),
    failedHealth: failedScriptEntry(failedHealth),
    quarantine: quarantine === undefined ? null : {
      revision: quarantine.revision,
      at: time(quarantine.at),
      reason: quarantine.reason,
    },
    pause: pauseEntry(pause),
    jump: jump === undefined ? null : jumpEntry(jump),
    disk,
    lastSync: lastSync === undefined ? null : lastSyncEntry(lastSync),
    transfer: how === undefined ? null : { how, bytes, moved },
    spare,
    logs,
    lastLog,
    trust: found.trust === undefined ? null : { ...found.trust, at: time(found.trust.at) },
    rollout: rolloutEntry(found.rollout),
    master: master === undefined ? null : masterEntry(master),
    failures: failures.map(failure),
  };
}

function jumpEntry({ to, phase, since, seconds }: StatusJump): Payload {
  return { to, phase, since: time(since), seconds: seconds ?? null };
}

function failedScriptEntry(failed: FailedScript | undefined): Payload | null {
  if (failed === undefined) return null;
  const { at, outcome, log = null } = failed;
  return { at: time(at), outcome, log };
}

function lastSyncEntry({ at, failure: first }: LastSync): Payload {
  return { at: time(at), failure: first ?? null };
}

function masterEntry(master: MasterStatus): Payload {
  const { newest = null, revisions, fetch, activate = null, remove, missing = null } = master;
  return { newest, revisions, fetch, activate, remove, missing };
}

export function doctorDocument({ checks }: Diagnosis): Payload {
  return {
    checks: checks.map(({ name, status, detail, hint = null }) => ({ name, status, detail, hint })),
  };
}
