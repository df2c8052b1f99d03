/**
 * Decides what may be unpacked, with a model of the tree that grows with each entry.
 *
 * The model needs no disk, so `check.ts` decides exactly as `unpack.ts` does. The tree starts empty
 * and nobody else writes to it. So the model knows every symlink, and refuses a path through one
 * before anything is opened.
 *
 *     at the path is ->  nothing   file      symlink   empty folder  folder
 *     file, link         create    replace   replace   replace       refuse
 *     folder             create    replace   replace   keep          keep
 *
 * A hard link to a symlink is another name of this symlink, so it counts as a symlink for later
 * entries.
 *
 * The later entry wins, as in GNU tar. GNU tar does not remove a folder that is not empty either.
 */
import { IntegrityError } from "../errors.ts";
import { type Entry, type EntryKind, shown } from "./entry.ts";
import { isLonger, MAX_PATH, nameOf, parentOf, safePath } from "./paths/safe_path.ts";
import {
  FILE,
  FOLDER,
  type NodeKind,
  NOTHING,
  PathTable,
  ROOT,
  SYMLINK,
} from "./paths/path_table.ts";

/** What a writer must do for an admitted entry, in this order. */
export interface Admission {
  /** The path below the root, without empty parts, `.` and `..`. Empty for the root itself. */
  path: string;
  /** The number of the entry's node, and that of its folder. */
  node: number;
  parent: number;
  /** What is at the path and must be removed first. */
  replaced: "file" | "folder" | undefined;
  /** Parent folders without an entry of their own, outermost first. */
  parents: readonly number[];
  /** Whether the folder exists already, or the hard link is already as it should be. */
  exists: boolean;
  /** The node of a hard link's target. */
  linked: number;
}

const NONE: readonly number[] = [];

export interface Limits {
  bytes?: number | undefined;
  entries?: number | undefined;
}

const KINDS: Readonly<Record<Exclude<EntryKind, "hardlink">, NodeKind>> = {
  file: FILE,
  symlink: SYMLINK,
  directory: FOLDER,
};

const KIND_NAMES: Readonly<Record<NodeKind, "file" | "symlink" | "folder" | undefined>> = {
  [NOTHING]: undefined,
  [FILE]: "file",
  [SYMLINK]: "symlink",
  [FOLDER]: "folder",
};

export class Tree {
  readonly #archive: string;
  readonly #limits: Limits;
  readonly #table = new PathTable();
  /**
   * The folder of the last entry. Archives go folder by folder, so it is often the next one's too.
   */
  #lastParent = "";
  #lastParentNode = ROOT;
  #entries = 0;
  #bytes = 0;

  /** @param archive the file's name, for messages */
  constructor(archive: string, limits: Limits = {}) {
    this.#archive = archive;
    this.#limits = limits;
  }

  /** The number of admitted entries. */
  get entries(): number {
    return this.#entries;
  }

  /** The bytes of content of the admitted entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is now at a path below the root. */
  kindOf(path: string): "file" | "symlink" | "folder" | undefined {
    const node = this.#find(path);
    return node === undefined ? undefined : KIND_NAMES[this.#table.kindOf(node)];
  }

  /** The paths of the nodes. */
  get paths(): Pick<PathTable, "size" | "parentOf" | "pathOf"> {
    return this.#table;
  }

  /** Counts content whose size no entry told. Throws IntegrityError if the limit is exceeded. */
  grow(bytes: number, name = this.#archive): void {
    this.#bytes += bytes;
    const { bytes: limit = Infinity } = this.#limits;
    if (this.#bytes > limit) {
      throw this.#refuse({ name }, `the archive unpacks to more than the allowed ${limit} bytes`);
    }
  }

  /**
   * Decides on the next entry. Throws IntegrityError, naming the entry, if it must not be unpacked.
   */
  admit(entry: Entry): Admission {
    this.#count(entry);
    const path = this.#clean(entry.name, entry.name);
    const linked = entry.kind === "hardlink" ? this.#linkTarget(entry) : ROOT;
    if (entry.kind === "symlink") this.#checkSymlink(entry);
    const { parent, parents } = this.#enterParents(path, entry);
    const node = path === "" ? ROOT : this.#table.enter(parent, nameOf(path));
    const there = this.#table.kindOf(node);
    const kind = entry.kind === "hardlink" ? this.#table.kindOf(linked) : KINDS[entry.kind];
    const admission: Admission = {
      path,
      node,
      parent,
      parents,
      linked,
      replaced: undefined,
      exists: kind === FOLDER ? there === FOLDER : entry.kind === "hardlink" && linked === node,
    };
    if (admission.exists) return admission;
    if (there === FOLDER) {
      if (node === ROOT) throw this.#refuse(entry, "it would replace the revision's own folder");
      if (!this.#table.isEmpty(node)) {
        throw this.#refuse(entry, "a folder that is not empty has that name");
      }
      admission.replaced = "folder";
      if (node === this.#lastParentNode) this.#rememberParent("", ROOT);
    } else if (there !== NOTHING) admission.replaced = "file";
    this.#table.setKind(node, kind);
    return admission;
  }

  #count(entry: Entry): void {
    const { entries = Infinity } = this.#limits;
    if (++this.#entries > entries) {
      throw this.#refuse(entry, `the archive has more than the allowed ${entries} entries`);
    }
    this.grow(entry.size ?? 0, entry.name);
  }

  #clean(path: string, name: string): string {
    const refuse = (why: string): never => {
      throw this.#refuse({ name }, why);
    };
    if (path === "") refuse(name === "" ? "it has no name" : "its target has no name");
    return safePath(path, refuse);
  }

  #linkTarget(entry: Entry): number {
    const node = this.#find(this.#clean(entry.target, entry.name));
    const kind = node === undefined ? NOTHING : this.#table.kindOf(node);
    if (node !== undefined && (kind === FILE || kind === SYMLINK)) return node;
    const found = kind === FOLDER ? "a folder" : "no earlier file of it";
    throw this.#refuse(entry, `it is a hard link to ${shown(entry.target)}, which is ${found}`);
  }

  /** The node at a path. Undefined if no such path was ever entered. */
  #find(path: string): number | undefined {
    let node: number | undefined = ROOT;
    for (const name of path === "" ? [] : path.split("/")) {
      node = this.#table.find(node, name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  #checkSymlink(entry: Entry): void {
    if (entry.target === "") throw this.#refuse(entry, "it is a symlink without a target");
    if (entry.target.includes("\0")) throw this.#refuse(entry, "its target has a NUL byte");
    if (isLonger(entry.target, MAX_PATH - 1)) {
      throw this.#refuse(entry, `its target is longer than ${MAX_PATH - 1} bytes`);
    }
  }

  /** Checks every folder of the path, and enters those that must be created. */
  #enterParents(path: string, entry: Entry): { parent: number; parents: readonly number[] } {
    const folder = parentOf(path);
    if (folder === this.#lastParent) return { parent: this.#lastParentNode, parents: NONE };
    const parents: number[] = [];
    let parent = ROOT;
    for (const name of folder === "" ? [] : folder.split("/")) {
      parent = this.#table.enter(parent, name);
      const kind = this.#table.kindOf(parent);
      if (kind === FOLDER) continue;
      const place = (): string => shown(this.#table.pathOf(parent));
      if (kind === SYMLINK) {
        throw this.#refuse(entry, `its path goes through the symlink ${place()}`);
      }
      if (kind === FILE) {
        throw this.#refuse(entry, `its path goes through ${place()}, which is a file`);
      }
      this.#table.setKind(parent, FOLDER);
      parents.push(parent);
    }
    this.#rememberParent(folder, parent);
    return { parent, parents };
  }

  #rememberParent(path: string, node: number): void {
    this.#lastParent = path;
    this.#lastParentNode = node;
  }

  #refuse(entry: Pick<Entry, "name">, why: string): IntegrityError {
    return new IntegrityError(`Refused ${shown(entry.name)} in ${this.#archive}: ${why}`);
  }
}
