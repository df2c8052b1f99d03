/** Deleting what earlier commands have left. It never stands before the work, nor ends it. */
import {
  emptyStaging,
  emptyTrash,
  hasTemporaries,
  leftovers,
  removeTemporaries,
} from "../../local/removal.ts";
import { tryLock } from "../../local/lock.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { readTold, writeTold } from "../../local/state.ts";
import { isThere, type Leftover } from "../../local/trees.ts";
import type { Context } from "./context.ts";

/**
 * Empties trash and staging. What cannot be deleted is told once, not with every sync, and `ftl doctor` shows
 * it; `kept` are other trees that cannot go. To be called under the sync lock.
 */
export async function cleanUp(
  context: Context,
  pkg: PackageDir,
  kept: readonly Leftover[] = [],
): Promise<void> {
  const { signal } = context;
  const found = [
    ...kept,
    ...await emptyStaging(pkg, signal),
    ...await emptyTrash(pkg, signal),
    ...await cleanSmallFiles(context, pkg),
  ];
  const told = readTold(pkg);
  for (const { path, reason } of found) {
    if (told.includes(path)) continue;
    const message = `${reason}; it stays until you remove it, and 'ftl doctor' shows it`;
    context.report({ type: "warning", message });
  }
  const stays = new Set([...told.filter(isThere), ...found.map(({ path }) => path)]);
  if (stays.size !== told.length || told.some((path) => !stays.has(path))) {
    writeTold(pkg, [...stays]);
  }
}

/** Whether there is anything to clean up, or to say no more of. */
export function isCleanUpDue(pkg: PackageDir): boolean {
  return leftovers(pkg).length > 0 || readTold(pkg).length > 0;
}

/** Where another command may be writing one, the next sync does it: whoever prepares a candidate writes its state. */
async function cleanSmallFiles({ signal }: Context, pkg: PackageDir): Promise<Leftover[]> {
  if (!hasTemporaries(pkg)) return [];
  using candidates = await tryLock(pkg.candidatesLock, "ftl sync");
  if (candidates === undefined) return [];
  using lock = await tryLock(pkg.lock, "ftl sync");
  return lock === undefined ? [] : await removeTemporaries(pkg, signal);
}
