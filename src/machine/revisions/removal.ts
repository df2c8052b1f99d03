/**
 * How revisions leave a machine. One rename moves a revision from `revs` into `.ftl/trash`, so it is never half
 * there. It is deleted from the trash.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { asError, StorageError } from "../../errors.ts";
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import { removeFile, replaceFile, syncDirectory } from "../disk/durable.ts";
import { makeFolder } from "../disk/folder.ts";
import type { PackageDir } from "../package_dir.ts";
import { spareLeftovers } from "../delta/spare.ts";
import { forgetRecords } from "../state.ts";
import { mountInTable } from "./mount_table.ts";
import { findMount, type Leftover, openForOwner, removeTree } from "./trees.ts";

/** Throws `StorageError` if something is mounted in a revision: the mount would move into the trash too. */
export async function requireNoMount(pkg: PackageDir, id: RevisionId): Promise<void> {
  const mount = await findMount(pkg.revisionPath(id));
  if (mount === undefined) return;
  throw new StorageError(`Cannot remove ${pkg.revisionName(id)}: ${mount} is a mount point`, {
    hint: `umount ${mount}, then the next sync removes it`,
  });
}

/**
 * Throws `StorageError` if something is mounted in a folder of FTL's own, which has many folders: so the kernel's table
 * is faster than a look at each.
 */
export async function requireNoMountIn(folder: string): Promise<void> {
  const mount = await mountIn(folder);
  if (mount !== undefined) throw new StorageError(`${mount} is a mount point`);
}

async function mountIn(folder: string): Promise<string | undefined> {
  try {
    return mountInTable(folder);
  } catch {
    return await findMount(folder);
  }
}

/** The result of discarding revisions. */
export interface Discarded {
  /** Paths in the trash that are to be deleted. */
  readonly trashed: readonly string[];
  /** Why the other revisions stay. */
  readonly failures: ReadonlyMap<RevisionId, Error>;
}

/**
 * Moves revisions out of `revs`, and flushes once for all of them. Call it under the package's lock. Empty the
 * trash without that lock.
 */
export async function discard(pkg: PackageDir, ids: readonly RevisionId[]): Promise<Discarded> {
  const failures = new Map<RevisionId, Error>();
  const moved: string[] = [];
  let folder: string | undefined;
  try {
    folder = makeTrashFolder(pkg);
    for (const id of ids) {
      const path = folder === undefined ? newPlace(pkg) : `${folder}/${id}`;
      try {
        if (await discardOne(pkg, { id, path })) moved.push(path);
      } catch (error) {
        failures.set(id, asError(explainDiskError(error, `Cannot remove ${pkg.revisionName(id)}`)));
      }
    }
    if (folder !== undefined && moved.length === 0) Deno.removeSync(folder);
    syncDirectory(pkg.states);
    syncDirectory(pkg.revs);
  } catch (error) {
    throw explainDiskError(error, `Cannot write in ${pkg.path}`);
  }
  return { trashed: folder === undefined || moved.length === 0 ? moved : [folder], failures };
}

/** One folder for all revisions, so that one call deletes them. Undefined if a full disk has no room for it. */
function makeTrashFolder(pkg: PackageDir): string | undefined {
  const folder = newPlace(pkg);
  try {
    Deno.mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch (error) {
    if (["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** A free path in the trash. */
export function newPlace(pkg: PackageDir): string {
  return `${pkg.trash}/${crypto.randomUUID()}`;
}

/** Returns whether the revision now lies at `path`. */
async function discardOne(
  pkg: PackageDir,
  { id, path }: { id: RevisionId; path: string },
): Promise<boolean> {
  // The state goes first. If a crash comes before the revision is gone, nothing reads the state.
  forgetRecords(pkg, id);
  removeFile(pkg.statePath(id), { durable: false });
  faultPoint("state-forgotten");
  const moved = await moveOut(pkg, { id, path });
  faultPoint("discarded");
  return moved;
}

/** Returns false if the revision could not be moved and was deleted in place. */
async function moveOut(
  pkg: PackageDir,
  { id, path }: { id: RevisionId; path: string },
): Promise<boolean> {
  const from = pkg.revisionPath(id);
  try {
    renameFolder(from, path);
    return true;
  } catch (error) {
    // An overlay cannot move a folder of a lower layer, e.g. of an image. The trash may also be on another
    // disk.
    if (systemCode(error) !== "EXDEV") throw error;
  }
  makeFolder(pkg.removing);
  replaceFile(pkg.removalPath(id), "");
  const leftover = await removeInPlace(pkg, id);
  if (leftover !== undefined) throw new StorageError(leftover.reason);
  return false;
}

/** Moving a folder into another one needs the right to write in it, which the folder's own modes may deny. */
export function renameFolder(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== "EACCES" || !openForOwner(from)) throw error;
    Deno.renameSync(from, to);
  }
}

/** Deletes a revision that a file in `.ftl/removing` has hidden. */
async function removeInPlace(pkg: PackageDir, id: RevisionId): Promise<Leftover | undefined> {
  const leftover = await removeTree(pkg.revisionPath(id));
  if (leftover !== undefined) return leftover;
  syncDirectory(pkg.revs);
  removeFile(pkg.removalPath(id), { durable: true });
  return undefined;
}

/** Makes a revision of that id visible again, after the old one is gone. */
export function clearRemoval(pkg: PackageDir, id: RevisionId): void {
  if (pkg.isBeingRemoved(id) && !pkg.isThere(id)) {
    removeFile(pkg.removalPath(id), { durable: true });
  }
}

/** Deletes what was discarded, and what killed commands left half removed. Returns what cannot be deleted. */
export async function emptyTrash(pkg: PackageDir, signal: AbortSignal): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for (const id of pkg.beingRemoved()) {
    const leftover = await removeInPlace(pkg, id);
    if (leftover !== undefined) leftovers.push(leftover);
  }
  leftovers.push(...await removeTrees(namesIn(pkg.trash), signal));
  faultPoint("trash-emptied");
  return leftovers;
}

/** Deletes what killed commands left half unpacked. Call it under the sync lock. */
export function emptyStaging(pkg: PackageDir, signal: AbortSignal): Promise<Leftover[]> {
  return removeTrees([...namesIn(pkg.staging), ...asides(pkg)], signal);
}

/** Deletes one path after the other. Returns what cannot be deleted. */
export async function removeTrees(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for (const path of paths) {
    const leftover = await removeTree(path, signal);
    if (leftover !== undefined) leftovers.push(leftover);
  }
  return leftovers;
}

/**
 * The paths that a killed command left behind, provided that no command is at work now. Without `keepsSpare` a spare is
 * one, too.
 */
export function leftovers(pkg: PackageDir, { keepsSpare = true } = {}): string[] {
  const own = namesIn(pkg.own);
  return [
    ...spareLeftovers(pkg, { isKept: keepsSpare, own }),
    ...namesIn(pkg.staging),
    ...namesIn(pkg.trash),
    ...(own.includes(pkg.removing) ? pkg.beingRemoved() : []).map((id) => pkg.revisionPath(id)),
    ...asides(pkg, own),
    ...temporaries(pkg, own),
  ];
}

/** Small files that a kill left behind before their rename, and those that FTL 0.1.0 does not remove. */
function temporaries(pkg: PackageDir, own = namesIn(pkg.own)): string[] {
  const removing = own.includes(pkg.removing) ? namesIn(pkg.removing) : [];
  const states = namesIn(pkg.states);
  return [
    ...[...own, ...states, ...removing].filter((path) => path.endsWith(".tmp")),
    ...orphans(pkg, states),
  ];
}

/** Records of revisions that are gone. */
function orphans(pkg: PackageDir, states: readonly string[]): string[] {
  const known = new Set(states);
  return states.filter((path) => {
    const [, place, id] = /^(.*\/([^/]+))\.(?:stat|tree)$/.exec(path) ?? [];
    return isRevisionId(id) && !known.has(`${place}.json`) && !pkg.isThere(id);
  });
}

/**
 * Deletes the temporary files. Returns what cannot be deleted. Call it under all locks of the package, as any
 * of its commands may be writing one.
 */
export function removeTemporaries(pkg: PackageDir, signal: AbortSignal): Promise<Leftover[]> {
  return removeTrees(temporaries(pkg), signal);
}

export function hasTemporaries(pkg: PackageDir): boolean {
  return temporaries(pkg).length > 0;
}

/** What an FTL 0.1.0 that was killed had unpacked beside the staging folder. */
function asides(pkg: PackageDir, own = namesIn(pkg.own)): string[] {
  return own.filter((path) => path === pkg.aside || path.startsWith(`${pkg.aside}-`));
}

/** The paths in a folder. None if it is missing. */
export function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw explainDiskError(error, `Cannot read ${folder}`);
  }
}
