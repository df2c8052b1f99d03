/**
 * Deleting a folder with all that is in it: never what is mounted in it, never by way of a link, and on past
 * what cannot be deleted.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf, StorageError } from "../../errors.ts";
import { mountInTable } from "./mount_table.ts";

/** What could not be deleted. */
export interface Leftover {
  /** The tree that was to go; it may be gone in part. */
  readonly path: string;
  /** Why the first thing stays: a sentence with its path. */
  readonly reason: string;
}

/** Folders looked at between two turns of the event loop. */
const FOLDERS_A_TURN = 500;

/** Of folders that have been asked one by one: then it is faster to ask the kernel's table by a program. */
const MANY_FOLDERS = 1000;

/**
 * The first mount point in a tree, or undefined where all of it lies on the mount of the folder that the
 * tree is in. Nothing is changed.
 *
 * Devices do not tell: a bind mount may show another folder of the same file system. But rename(2) never
 * crosses a mount, and says EXDEV before it looks for the name that is to be moved
 * (https://man7.org/linux/man-pages/man2/rename.2.html): so a name that is nowhere is asked for. Where a
 * folder cannot be spoken of, the kernel's table tells of the whole tree; throws `StorageError` where that is
 * not to be had. Of a tree of many folders it tells too, if it is to be had.
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
    // One by one: a call takes no hundreds of thousands of arguments.
    for (const name of inner) folders.push(`${folder}/${name}`);
    if (seen % FOLDERS_A_TURN === 0) await turn();
  }
  return undefined;
}

/**
 * Deletes a file or a folder with all that is in it. What cannot be deleted is the answer, and the rest goes
 * all the same; that there is nothing is no error. On abort it throws the signal's reason at once.
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
      await orAborted(Deno.remove(path, { recursive: true }), signal);
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      // Gone by another command's hand: both empty the same trash.
      if (systemCode(error) === "ENOENT" && !isFolder(path)) return undefined;
    }
  }
  return await new StubbornTree(path, signal).remove();
}

/** A tree that does not go by one call: entry by entry, mending modes, and past what must stay. */
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
    // A folder that was closed could not be asked before.
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
      // Where it cannot be read it may still be empty.
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

/** A folder with names that only the system's own call can speak of. */
function removeUnnamed(folder: string, tree: string): Leftover | undefined {
  try {
    const mount = mountInTable(folder);
    if (mount === undefined) return removeEntry(folder, tree, { recursive: true });
    return { path: tree, reason: `Cannot delete ${mount}: it is a mount point` };
  } catch (error) {
    return { path: tree, reason: messageOf(error) };
  }
}

/** A file, a link, or an empty folder of `tree`. */
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
 * Opens a folder whose modes deny its owner to work in it; the answer is whether that was so. Nothing else
 * is touched: chmod(2) follows links.
 */
export function openForOwner(folder: string): boolean {
  try {
    const { mode, isDirectory } = Deno.lstatSync(folder);
    if (!isDirectory || ((mode ?? 0) & 0o700) === 0o700) return false;
    Deno.chmodSync(folder, ((mode ?? 0) & 0o777) | 0o700);
    return true;
  } catch {
    // What it is needed for will say why it fails.
    return false;
  }
}

/** Undefined where the path is too long to ask. */
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

/** The names of the folders in a folder; undefined where they cannot be told. */
function foldersIn(folder: string): string[] | undefined {
  try {
    const names = [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory)
      .map(({ name }) => name);
    return names.every((name) => isReachable(folder, name)) ? names : undefined;
  } catch (error) {
    if (systemCode(error) === "ENAMETOOLONG") return undefined;
    // Gone, or closed to this user, who then cannot delete what is in it either.
    return [];
  }
}

/** A name that is no UTF-8 is read with a sign in the place of its bytes, and leads nowhere. */
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

/** Whether anything has that path, be it a link that leads nowhere. */
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

/** What the system does by itself goes on: nobody waits for it any longer. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Lets signals and timers have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
