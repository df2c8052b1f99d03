/** Deletes what earlier commands left behind. It never delays or stops the command's own work. */
import {
  emptyStaging,
  emptyTrash,
  hasTemporaries,
  leftovers,
  removeTemporaries,
  removeTrees,
} from "./removal.ts";
import { dropSpare, spareLeftovers } from "../delta/spare.ts";
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
  /** Whether a spare stays. By default as the configuration says. */
  readonly keepsSpare?: boolean;
}

/**
 * Empties trash and staging. A tree that cannot be deleted is reported once, not with every sync; `ftl doctor`
 * shows it. Call it under the sync lock.
 */
export async function cleanUp(
  context: Context,
  pkg: PackageDir,
  options: CleanUpOptions,
): Promise<void> {
  const { locks, kept = [], holdsCandidates = false } = options;
  const { signal } = context;
  const { keepsSpare = context.config.spare } = options;
  const found = [
    ...kept,
    ...await emptyStaging(pkg, signal),
    ...await cleanSpare(pkg, { isKept: keepsSpare, signal }),
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
export function isCleanUpDue({ config }: Context, pkg: PackageDir): boolean {
  return leftovers(pkg, { keepsSpare: config.spare }).length > 0 || readReported(pkg).length > 0;
}

/** A spare that is to go, or is not whole, is moved into the trash, which is emptied next. */
async function cleanSpare(
  pkg: PackageDir,
  { isKept, signal }: { readonly isKept: boolean; readonly signal: AbortSignal },
): Promise<Leftover[]> {
  const paths = spareLeftovers(pkg, { isKept });
  if (!isKept && paths.length > 0) dropSpare(pkg);
  return await removeTrees(paths, signal);
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
