/**
 * Compares the new revision's folder with its tree, entry by entry: nothing more, nothing less, and each as it must be.
 * The modes and mtimes of folders are set meanwhile, inner ones first, as an outer one may deny access to them.
 */
import { shown } from "../../archive/entry.ts";
import type { RevisionTree, TreeEntry } from "../../archive/tree/tree.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { IntegrityError } from "../../errors.ts";
import { hasMode, hasMtime, setAttributes } from "./attributes.ts";
import {
  entriesBelow,
  isKind,
  linksIn,
  moreNames,
  type Owner,
  rootModeOf,
} from "./known_folder.ts";
import { lookAt, type Walked } from "./walk.ts";

export interface SealOptions {
  readonly owner: Owner;
  /** How entries looked that have been left as and where they were: see `Taken`. */
  readonly looks: ReadonlyMap<TreeEntry, Deno.FileInfo>;
}

/** Returns all entries as they are in the end. Throws `IntegrityError`, naming the first that is not as it must be. */
export function seal(folder: string, tree: RevisionTree, { owner, looks }: SealOptions): Walked[] {
  const names = moreNames(tree);
  const due = entriesBelow(tree);
  const infos = new Looking(folder, due, { looks, names }).run();
  const inodes = new Map<string, number | null>();
  const found = due.map((entry, i): Walked => {
    const info = infos[i];
    const isFit = info !== undefined && isKind(entry, info) && info.uid === owner.uid &&
      info.gid === owner.gid && isAsDue({ entry, info }, { folder, names, inodes });
    if (!isFit) throw differs(entry.path);
    return { path: entry.path, info };
  });
  for (let i = due.length - 1; i >= 0; i--) {
    const [entry, walked] = [due[i], found[i]];
    if (entry?.kind !== "folder" || walked === undefined) continue;
    found[i] = {
      path: entry.path,
      info: finishFolder(`${folder}/${entry.path}`, entry, walked.info),
    };
  }
  finishRoot(folder, tree);
  return found;
}

/**
 * Looks at all that is below a folder. What is in a folder that has not changed since it was taken over is not looked at
 * again, if it was left as it was: another entry of the same name would have changed the folder.
 */
class Looking {
  readonly #folder: string;
  readonly #due: readonly TreeEntry[];
  readonly #looks: SealOptions["looks"];
  readonly #names: ReadonlyMap<string, number>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #found: (Deno.FileInfo | undefined)[];
  /** The entries whose names have been met. */
  readonly #met: Uint8Array;

  constructor(
    folder: string,
    due: readonly TreeEntry[],
    { looks, names }: Pick<SealOptions, "looks"> & Pick<SealSetting, "names">,
  ) {
    this.#folder = folder;
    this.#due = due;
    this.#looks = looks;
    this.#names = names;
    this.#numbers = new Map(due.map(({ path }, i) => [path, i]));
    this.#found = new Array(due.length);
    this.#met = new Uint8Array(due.length);
  }

  /** How each entry looks, in their order. Undefined if it is not there. Throws if anything else is. */
  run(): readonly (Deno.FileInfo | undefined)[] {
    this.#lookAt(this.#folder, { prefix: "", inside: inside(this.#folder), isSame: false });
    // A folder comes before all that is in it.
    this.#due.forEach((entry, i) => {
      if (entry.kind !== "folder" || this.#met[i] !== 1) return;
      const place = `${this.#folder}/${entry.path}`;
      const found = inside(place);
      // Only now, so that what changes the names changes how it looks.
      const info = lookAt(place);
      this.#found[i] = info;
      const before = this.#looks.get(entry);
      const isSame = before !== undefined && info !== undefined && looksSame(before, info);
      this.#lookAt(place, { prefix: `${entry.path}/`, inside: found, isSame });
    });
    return this.#found;
  }

  #lookAt(place: string, { prefix, inside, isSame }: LookedInto): void {
    for (const { name, isDirectory } of inside) {
      const path = prefix + name;
      const number = this.#numbers.get(path) ?? -1;
      const entry = this.#due[number];
      // Two names that are not UTF-8 may look alike.
      if (entry === undefined || this.#met[number] === 1) throw differs(path);
      if (isDirectory !== (entry.kind === "folder")) throw differs(path);
      this.#met[number] = 1;
      if (isDirectory) continue;
      const known = isSame && linksIn(this.#names, entry) === 1
        ? this.#looks.get(entry)
        : undefined;
      this.#found[number] = known ?? lookAt(`${place}/${name}`);
    }
  }
}

interface LookedInto {
  readonly prefix: string;
  readonly inside: readonly Deno.DirEntry[];
  /** Whether the folder looks as it did when its entries were taken over. */
  readonly isSame: boolean;
}

/** Nothing if it cannot be read: then its entries are missed. */
function inside(place: string): readonly Deno.DirEntry[] {
  try {
    return withShortPath(place, (path) => Array.from(Deno.readDirSync(path)));
  } catch {
    return [];
  }
}

/** Whether nothing was done to it. */
function looksSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.ino === b.ino && a.ctime?.getTime() === b.ctime?.getTime() &&
    a.mtime?.getTime() === b.mtime?.getTime() && a.mode === b.mode && a.uid === b.uid &&
    a.gid === b.gid;
}

interface SealSetting {
  readonly folder: string;
  readonly names: ReadonlyMap<string, number>;
  /** Of the files and symlinks so far. */
  readonly inodes: Map<string, number | null>;
}

/** A folder's own mode and mtime are not looked at. */
function isAsDue(
  { entry, info }: { readonly entry: TreeEntry; readonly info: Deno.FileInfo },
  { folder, names, inodes }: SealSetting,
): boolean {
  if (entry.kind === "folder") return true;
  if (info.nlink !== linksIn(names, entry)) return false;
  if (entry.kind === "hardlink") return inodes.get(entry.target) === info.ino;
  if (info.nlink !== 1) inodes.set(entry.path, info.ino);
  if (!hasMtime(info, entry.mtime)) return false;
  if (entry.kind === "file") return info.size === entry.size && hasMode(info, entry.mode);
  const target = withShortPath(`${folder}/${entry.path}`, (path) => Deno.readLinkSync(path));
  return target === entry.target;
}

type Folder = Extract<TreeEntry, { readonly kind: "folder" }>;

function finishFolder(place: string, entry: Folder, info: Deno.FileInfo): Deno.FileInfo {
  if (hasMode(info, entry.mode) && hasMtime(info, entry.mtime)) return info;
  setAttributes(place, entry, info);
  const after = lookAt(place);
  if (after === undefined || !hasMode(after, entry.mode) || !hasMtime(after, entry.mtime)) {
    throw differs(entry.path);
  }
  return after;
}

function finishRoot(folder: string, tree: RevisionTree): void {
  const [first] = tree.entries;
  const mtime = first?.path === "" && first.kind === "folder" ? first.mtime : undefined;
  finishFolder(
    folder,
    { kind: "folder", path: "", mode: rootModeOf(tree), mtime },
    Deno.lstatSync(folder),
  );
}

function differs(path: string): IntegrityError {
  return new IntegrityError(`${path === "" ? "The result" : shown(path)} is not as it must be`);
}
