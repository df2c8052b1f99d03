/**
 * How revisions leave a machine: each out of `revs` by one rename into `.ftl/trash`, so that it is never half
 * there, and deleted from there.
 */
import { explainDiskError, systemCode } from "../core/disk_errors.ts";
import { StorageError } from "../core/errors.ts";
import { faultPoint } from "../core/fault_point.ts";
import { removeFile, replaceFile, syncDirectory } from "./durable.ts";
import { makeFolder, type PackageDir } from "./package_dir.ts";
import { statePath } from "./state.ts";
import { findMount, type Leftover, openForOwner, removeTree } from "./trees.ts";

/** Throws `StorageError` where something is mounted in a revision: it would go into the trash with it. */
export async function requireNoMount(pkg: PackageDir, id: string): Promise<void> {
  const mount = await findMount(pkg.revisionPath(id));
  if (mount === undefined) return;
  throw new StorageError(`Cannot remove ${pkg.revisionName(id)}: ${mount} is a mount point`, {
    hint: `umount ${mount}, then the next sync removes it`,
  });
}

/** What became of revisions that were to be discarded. */
export interface Discarded {
  /** What lies in the trash now, and is to be deleted. */
  readonly trashed: readonly string[];
  /** Why others stay, by their ids. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/**
 * Takes revisions out of `revs`, and flushes once for all of them. To be called under the package's lock;
 * the trash is emptied without.
 */
export async function discard(pkg: PackageDir, ids: readonly string[]): Promise<Discarded> {
  const failures = new Map<string, unknown>();
  const moved: string[] = [];
  let folder: string | undefined;
  try {
    folder = makeTrashFolder(pkg);
    for (const id of ids) {
      const path = folder === undefined ? newPlace(pkg) : `${folder}/${id}`;
      try {
        if (await discardOne(pkg, { id, path })) moved.push(path);
      } catch (error) {
        failures.set(id, explainDiskError(error, `Cannot remove ${pkg.revisionName(id)}`));
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

/** One folder for all, so that one call deletes them; undefined where a full disk has no room for it. */
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

function newPlace(pkg: PackageDir): string {
  return `${pkg.trash}/${crypto.randomUUID()}`;
}

/** The answer is whether it lies at that path now. */
async function discardOne(
  pkg: PackageDir,
  { id, path }: { id: string; path: string },
): Promise<boolean> {
  // Its state goes first. Where a crash comes before it has gone for good, nothing reads it.
  removeFile(statePath(pkg, id), { durable: false });
  faultPoint("state-forgotten");
  const moved = await moveOut(pkg, { id, path });
  faultPoint("discarded");
  return moved;
}

/** The answer is false where it could not be moved, and was deleted where it is. */
async function moveOut(
  pkg: PackageDir,
  { id, path }: { id: string; path: string },
): Promise<boolean> {
  const from = pkg.revisionPath(id);
  try {
    renameFolder(from, path);
    return true;
  } catch (error) {
    // An overlay does not move a folder of a lower layer, as of an image; the trash may be elsewhere too.
    if (systemCode(error) !== "EXDEV") throw error;
  }
  makeFolder(pkg.removing);
  replaceFile(removalPath(pkg, id), "");
  const leftover = await removeInPlace(pkg, id);
  if (leftover !== undefined) throw new StorageError(leftover.reason);
  return false;
}

/** Moving a folder to another one takes the right to write in it, which its own modes may deny. */
function renameFolder(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== "EACCES" || !openForOwner(from)) throw error;
    Deno.renameSync(from, to);
  }
}

/** Deletes a revision that a file in `.ftl/removing` has taken out of sight. */
async function removeInPlace(pkg: PackageDir, id: string): Promise<Leftover | undefined> {
  const leftover = await removeTree(pkg.revisionPath(id));
  if (leftover !== undefined) return leftover;
  syncDirectory(pkg.revs);
  removeFile(removalPath(pkg, id), { durable: true });
  return undefined;
}

function removalPath(pkg: PackageDir, id: string): string {
  return `${pkg.removing}/${id}`;
}

/** Lets a revision of that id be seen again, where none is left of the one that was to go. */
export function clearRemoval(pkg: PackageDir, id: string): void {
  if (pkg.isBeingRemoved(id) && !pkg.isThere(id)) {
    removeFile(removalPath(pkg, id), { durable: true });
  }
}

/**
 * Deletes what was discarded, and what killed commands left half removed. The answer is what cannot be
 * deleted.
 */
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

/** Deletes what killed commands left half unpacked. To be called under the sync lock. */
export function emptyStaging(pkg: PackageDir, signal: AbortSignal): Promise<Leftover[]> {
  return removeTrees([...namesIn(pkg.staging), ...asides(pkg)], signal);
}

/** Deletes one after the other; the answer is what cannot be deleted. */
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

/** Paths of what a killed command left, where none is at work now. */
export function leftovers(pkg: PackageDir): string[] {
  const own = namesIn(pkg.own);
  return [
    ...namesIn(pkg.staging),
    ...namesIn(pkg.trash),
    ...(own.includes(pkg.removing) ? pkg.beingRemoved() : []).map((id) => pkg.revisionPath(id)),
    ...asides(pkg, own),
    ...temporaries(pkg, own),
  ];
}

/** Small files that a kill left between their making and their rename. */
function temporaries(pkg: PackageDir, own = namesIn(pkg.own)): string[] {
  const removing = own.includes(pkg.removing) ? namesIn(pkg.removing) : [];
  return [...own, ...namesIn(pkg.states), ...removing].filter((path) => path.endsWith(".tmp"));
}

/**
 * Deletes them; the answer is what cannot be deleted. To be called under all locks of the package, as any of
 * its commands may be writing one.
 */
export function removeTemporaries(pkg: PackageDir, signal: AbortSignal): Promise<Leftover[]> {
  return removeTrees(temporaries(pkg), signal);
}

export function hasTemporaries(pkg: PackageDir): boolean {
  return temporaries(pkg).length > 0;
}

function asides(pkg: PackageDir, own = namesIn(pkg.own)): string[] {
  return own.filter((path) => path === pkg.aside || path.startsWith(`${pkg.aside}-`));
}

function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw explainDiskError(error, `Cannot read ${folder}`);
  }
}
