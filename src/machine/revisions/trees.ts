/**
 * Deletes a folder with all its content. It deletes nothing that is mounted there, follows no link, and
 * continues after a failure.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf, StorageError } from "../../errors.ts";
import { orAborted } from "../../concurrency/abortable.ts";
import { mountInTable } from "./mount_table.ts";

/** A tree that could not be deleted. */
export interface Leftover {
  /** The tree that was to be deleted. Parts of it may be gone. */
  readonly path: string;
  /** Why the first entry stays: a sentence with its path. */
  readonly reason: string;
}

/** After so many folders, signals and timers get a turn. */
const FOLDERS_A_TURN = 500;

/** A tree with more folders counts as large: reading the kernel's table is faster than checking the rest. */
const MANY_FOLDERS = 1000;

/**
 * The first mount point in a tree. Undefined if the whole tree is on the mount of its parent folder. Changes
 * nothing.
 *
 * A mount point can have its parent's device number: a bind mount may show another folder of the same file
 * system. But rename(2) never crosses a mount, and it returns EXDEV before it looks up the name
 * (https://man7.org/linux/man-pages/man2/rename.2.html). So the check renames a name that does not exist.
 *
 * The kernel's table of mounts is read for the whole tree if the runtime cannot open one of its folders. Throws
 * `StorageError` if the table cannot be read then. The table is also read if the tree has many folders; if it
 * cannot be read then, the check continues folder by folder.
 */
export async function findMount(tree: string): Promise<string | undefined> {
  const outside = parentOf(tree);
  const folders = [tree];
  for (let seen = 1; folders.length > 0; seen++) {
    const folder = folders.pop() ?? tree;
    const isMount = isOnOtherMount(folder, outside);
    if (isMount === true) return folder;
    const inner = foldersIn(folder);
    if (isMount === undefined || inner === undefined) return mountInTable(tree);
    if (seen === MANY_FOLDERS) {
      try {
        return mountInTable(tree);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
      }
    }
    // Pushed one by one: a call cannot take hundreds of thousands of arguments.
    for (const name of inner) folders.push(`${folder}/${name}`);
    if (seen % FOLDERS_A_TURN === 0) await turn();
  }
  return undefined;
}

/**
 * Deletes a file, or a folder with all its content. Returns what cannot be deleted, and deletes the rest all
 * the same. A missing path is no error. On abort it throws the signal's reason at once.
 */
export async function removeTree(
  path: string,
  signal?: AbortSignal,
): Promise<Leftover | undefined> {
  if (!isFolder(path)) return removeEntry(path, path);
  let mount: string | undefined;
  try {
    mount = await findMount(path);
  } catch (error) {
    return { path, reason: messageOf(error) };
  }
  if (mount === undefined) {
    try {
      await orAborted(() => Deno.remove(path, { recursive: true }), signal);
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      // Another command deleted it: both empty the same trash.
      if (systemCode(error) === "ENOENT" && !isFolder(path)) return undefined;
    }
  }
  return await new StubbornTree(path, signal).remove();
}

/** A tree that one call cannot delete. It goes entry by entry, changes modes, and skips what must stay. */
class StubbornTree {
  readonly #tree: string;
  readonly #signal: AbortSignal | undefined;
  readonly #outside: string;
  #first: Leftover | undefined;
  #seen = 0;

  constructor(tree: string, signal: AbortSignal | undefined) {
    this.#tree = tree;
    this.#signal = signal;
    this.#outside = parentOf(tree);
  }

  async remove(): Promise<Leftover | undefined> {
    await this.#removeFolder(this.#tree);
    return this.#first;
  }

  async #removeFolder(folder: string): Promise<void> {
    const isMount = (): boolean => isOnOtherMount(folder, this.#outside) === true;
    // A closed folder could not be checked before it was opened.
    if (isMount() || (openForOwner(folder) && isMount())) {
      this.#first ??= { path: this.#tree, reason: `Cannot delete ${folder}: it is a mount point` };
      return;
    }
    if (++this.#seen % FOLDERS_A_TURN === 0) await turn();
    this.#signal?.throwIfAborted();
    let entries: Deno.DirEntry[] = [];
    try {
      entries = [...Deno.readDirSync(folder)];
    } catch (error) {
      // A folder that cannot be read may still be empty.
      if (systemCode(error) === "ENOENT") return;
    }
    for (const { name, isDirectory } of entries) {
      const inner = `${folder}/${name}`;
      if (isDirectory) await this.#removeFolder(inner);
      else this.#remember(removeEntry(inner, this.#tree));
    }
    const isNamed = entries.every(({ name }) => isReachable(folder, name));
    this.#remember(isNamed ? removeEntry(folder, this.#tree) : removeUnnamed(folder, this.#tree));
  }

  #remember(problem: Leftover | undefined): void {
    this.#first ??= problem;
  }
}

/** A folder with names that only the system's own call can delete. */
function removeUnnamed(folder: string, tree: string): Leftover | undefined {
  try {
    const mount = mountInTable(folder);
    if (mount === undefined) return removeEntry(folder, tree, { recursive: true });
    return { path: tree, reason: `Cannot delete ${mount}: it is a mount point` };
  } catch (error) {
    return { path: tree, reason: messageOf(error) };
  }
}

/** Deletes a file, a link, or an empty folder of `tree`. */
function removeEntry(
  path: string,
  tree: string,
  options: Deno.RemoveOptions = {},
): Leftover | undefined {
  try {
    Deno.removeSync(path, options);
    return undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    return { path: tree, reason: messageOf(explainDiskError(error, `Cannot delete ${path}`)) };
  }
}

/**
 * Gives the owner of a folder its rights, if the modes deny them. Returns whether that was so. It changes
 * nothing but folders: chmod(2) follows links.
 */
export function openForOwner(folder: string): boolean {
  try {
    const { mode, isDirectory } = Deno.lstatSync(folder);
    if (!isDirectory || ((mode ?? 0) & 0o700) === 0o700) return false;
    Deno.chmodSync(folder, ((mode ?? 0) & 0o777) | 0o700);
    return true;
  } catch {
    // The operation that needs the right reports why it fails.
    return false;
  }
}

/** Undefined if the path is too long to check. */
function isOnOtherMount(folder: string, outside: string): boolean | undefined {
  const name = `.ftl-nowhere-${crypto.randomUUID()}`;
  try {
    Deno.renameSync(`${folder}/${name}`, `${outside}/${name}`);
    return false;
  } catch (error) {
    const code = systemCode(error);
    return code === "ENAMETOOLONG" ? undefined : code === "EXDEV";
  }
}

/** The names of the folders in a folder. Undefined if they cannot be read. */
function foldersIn(folder: string): string[] | undefined {
  try {
    const names = [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory)
      .map(({ name }) => name);
    return names.every((name) => isReachable(folder, name)) ? names : undefined;
  } catch (error) {
    if (systemCode(error) === "ENAMETOOLONG") return undefined;
    // The folder is gone, or closed to this user. Then this user cannot delete its content either.
    return [];
  }
}

/** The runtime reads a name that is not UTF-8 with a replacement character. That name leads nowhere. */
function isReachable(folder: string, name: string): boolean {
  return !name.includes("\ufffd") || isThere(`${folder}/${name}`);
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Whether anything has that path, even a broken link. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** Lets signals and timers run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
