/** How a revision comes to this machine, and how it goes. */
import { ConflictError } from "../core/errors.ts";
import { faultPoint } from "../core/fault_point.ts";
import { explainDiskError, systemCode } from "../core/disk_errors.ts";
import { syncDirectory, syncFileSystem } from "./durable.ts";
import type { PackageDir } from "./package_dir.ts";
import { forgetRevisionState, type RevisionState, writeRevisionState } from "./state.ts";

/**
 * An empty folder below `.ftl/staging`, on the file system of `revs`, and nothing in `.ftl/aside`. To be
 * called under the sync lock.
 */
export function openStaging(pkg: PackageDir, id: string): string {
  const path = `${pkg.staging}/${id}`;
  removeTree(path);
  removeTree(pkg.aside);
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    // Where the archive says nothing of its own folder, the umask must not either.
    Deno.chmodSync(path, 0o755);
  } catch (error) {
    throw explainDiskError(error, `Cannot write in ${pkg.staging}`);
  }
  return path;
}

/**
 * Makes a staged revision visible: flushed first, then renamed into `revs`, then its state written. To be
 * called under the package's lock; `flushStaging` before it, without.
 */
export function publish(pkg: PackageDir, id: string, state: RevisionState): void {
  // The state of an earlier revision of that name must not pass for this one's, whatever comes between.
  forgetRevisionState(pkg, id);
  try {
    Deno.renameSync(`${pkg.staging}/${id}`, pkg.revisionPath(id));
    syncDirectory(pkg.revs);
    faultPoint("published");
  } catch (error) {
    if (["EEXIST", "ENOTEMPTY"].includes(systemCode(error) ?? "")) {
      throw new ConflictError(`${pkg.revisionPath(id)} is there already`, { cause: error });
    }
    throw explainDiskError(error, `Cannot put ${pkg.revisionName(id)} in its place`);
  }
  writeRevisionState(pkg, id, state);
  faultPoint("state-written");
}

/** Flushes what was staged to the disk. It takes a while: not under the package's lock. */
export function flushStaging(pkg: PackageDir, id: string, signal: AbortSignal): Promise<void> {
  return syncFileSystem(`${pkg.staging}/${id}`, signal);
}

/**
 * Deletes what was staged, after an error that matters more than one met here: what cannot be deleted now,
 * the next sync deletes.
 */
export function dropStaging(pkg: PackageDir, id: string): void {
  try {
    removeTree(`${pkg.staging}/${id}`);
    removeTree(pkg.aside);
  } catch {
    // Left for the next sync.
  }
}

/**
 * Takes a revision out of `revs` by one rename, so that it is never half there. To be called under the
 * package's lock; `emptyTrash` deletes it afterwards, without.
 */
export function discard(pkg: PackageDir, id: string): void {
  forgetRevisionState(pkg, id);
  faultPoint("state-forgotten");
  try {
    Deno.renameSync(pkg.revisionPath(id), `${pkg.trash}/${id}.${crypto.randomUUID()}`);
    syncDirectory(pkg.revs);
    faultPoint("discarded");
  } catch (error) {
    throw explainDiskError(error, `Cannot remove ${pkg.revisionName(id)}`);
  }
}

/** Deletes what was discarded, and what a killed command left in the trash. */
export function emptyTrash(pkg: PackageDir): void {
  emptyDirectory(pkg.trash);
  faultPoint("trash-emptied");
}

/** Deletes what a killed command left half unpacked. To be called under the sync lock. */
export function emptyStaging(pkg: PackageDir): void {
  emptyDirectory(pkg.staging);
  removeTree(pkg.aside);
}

/** Paths of what a killed command left, where none is at work now. */
export function leftovers(pkg: PackageDir): string[] {
  const names = (folder: string): string[] => {
    try {
      return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`).sort();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw explainDiskError(error, `Cannot read ${folder}`);
    }
  };
  const temporary = names(pkg.own).filter((path) => path === pkg.aside || path.endsWith(".tmp"));
  return [...names(pkg.staging), ...names(pkg.trash), ...temporary];
}

/** Bytes that the package takes on the disk: its revisions, and what is being made or removed. */
export function diskUsed(pkg: PackageDir): number {
  return treeSize(pkg.revs) + treeSize(pkg.own);
}

/** A tree may change while it is walked: what has gone counts nothing. */
function treeSize(path: string): number {
  try {
    let bytes = 0;
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const inner = `${path}/${name}`;
      const { blocks, size } = Deno.lstatSync(inner);
      bytes += blocks === null ? size : blocks * 512;
      if (isDirectory) bytes += treeSize(inner);
    }
    return bytes;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "EACCES") return 0;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

function emptyDirectory(path: string): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
  for (const entry of entries) removeTree(`${path}/${entry.name}`);
}

/** Deletes a file or folder, also one whose folders deny writing. That there is none is no error. */
function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    const code = systemCode(error);
    // Gone by another command's hand: both empty the same trash.
    if (code === "ENOENT") return;
    if (code !== "EACCES") throw explainDiskError(error, `Cannot remove ${path}`);
    try {
      makeRemovable(path);
      Deno.removeSync(path, { recursive: true });
    } catch (second) {
      if (systemCode(second) !== "ENOENT") throw explainDiskError(second, `Cannot remove ${path}`);
    }
  }
}

function makeRemovable(path: string): void {
  Deno.chmodSync(path, 0o700);
  for (const entry of Deno.readDirSync(path)) {
    if (entry.isDirectory) makeRemovable(`${path}/${entry.name}`);
  }
}
