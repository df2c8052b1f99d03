/** Deletes what earlier commands left behind. It never delays or stops the command's own work. */
import {
  emptyStaging,
  emptyTrash,
  hasTemporaries,
  leftovers,
  removeTemporaries,
} from "./removal.ts";
import type { PackageLocks } from "../lock/package_locks.ts";
import { BusyError } from "../../errors.ts";
import type { PackageDir } from "../package_dir.ts";
import { readReported, writeReported } from "../state.ts";
import { isThere, type Leftover } from "./trees.ts";
import type { Context } from "../../context.ts";

export interface CleanUpOptions {
  /** Other trees that cannot be deleted. */
  readonly kept?: readonly Leftover[];
  readonly locks: PackageLocks;
  /** Whether the caller holds the lock on candidates. */
  readonly holdsCandidates?: boolean;
}

/**
 * Empties trash and staging. A tree that cannot be deleted is reported once, not with every sync; `ftl doctor`
 * shows it. Call it under the sync lock.
 */
export async function cleanUp(
  context: Context,
  pkg: PackageDir,
  { locks, kept = [], holdsCandidates = false }: CleanUpOptions,
): Promise<void> {
  const { signal } = context;
  const found = [
    ...kept,
    ...await emptyStaging(pkg, signal),
    ...await emptyTrash(pkg, signal),
    ...await cleanSmallFiles(pkg, { locks, holdsCandidates, signal }),
  ];
  const reported = readReported(pkg);
  for (const { path, reason } of found) {
    if (reported.includes(path)) continue;
    const message = `${reason}; it stays until you remove it, and 'ftl doctor' shows it`;
    context.report({ type: "warning", message });
  }
  const stays = new Set([...reported.filter(isThere), ...found.map(({ path }) => path)]);
  if (stays.size !== reported.length || reported.some((path) => !stays.has(path))) {
    writeReported(pkg, [...stays]);
  }
}

/** Whether there is anything to delete, or a report to forget. */
export function isCleanUpDue(pkg: PackageDir): boolean {
  return leftovers(pkg).length > 0 || readReported(pkg).length > 0;
}

interface SmallFilesSetting {
  readonly locks: PackageLocks;
  readonly holdsCandidates: boolean;
  readonly signal: AbortSignal;
}

/**
 * If another command may be writing such a file, the next sync deletes them. A candidate's preparation writes
 * its state.
 */
async function cleanSmallFiles(
  pkg: PackageDir,
  { locks, holdsCandidates, signal }: SmallFilesSetting,
): Promise<Leftover[]> {
  if (!hasTemporaries(pkg)) return [];
  const candidates = holdsCandidates ? undefined : await locks.try("candidates");
  if (candidates instanceof BusyError) return [];
  using _candidates = candidates;
  const lock = await locks.try("package");
  if (lock instanceof BusyError) return [];
  using _lock = lock;
  return await removeTemporaries(pkg, signal);
}
