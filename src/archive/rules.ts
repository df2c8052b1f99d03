/**
 * What may be unpacked: a model of the tree that grows with each entry and decides on the next one.
 *
 * It needs no disk, so `check.ts` decides exactly as `unpack.ts` does. The tree starts empty and nobody
 * else writes to it, so the model knows every symlink there is, and a path that goes through one is
 * refused before anything is opened.
 *
 *     at the path is ->  nothing   file      symlink   empty folder  folder
 *     file, link         create    replace   replace   replace       refuse
 *     folder             create    replace   replace   keep          keep
 *
 * A hard link to a symlink is one more name of the link itself, and so a symlink for what comes after it.
 *
 * The later entry wins, as in GNU tar, which does not remove a folder that has something in it either.
 */
import { IntegrityError } from "../core/errors.ts";
import { type Entry, shown } from "./entry.ts";

/** The longest path and the longest name in it, in bytes: Linux's PATH_MAX and NAME_MAX. */
export const MAX_PATH = 4096;
export const MAX_NAME = 255;

/** What a writer has to do for an entry that is admitted, in this order. */
export interface Admission {
  /** The path below the root: no empty parts, no `.`, no `..`; empty for the root itself. */
  path: string;
  /** What lies there and has to go first. */
  replaced: "file" | "folder" | undefined;
  /** Parent folders that no entry has told of, outermost first. */
  parents: string[];
  /** Whether a folder is there already, or a hard link already is what it should become. */
  exists: boolean;
  /** A hard link's target, as a path below the root. */
  linked: string;
}

interface Folder {
  entries: number;
}

type Node = "file" | "symlink" | Folder;

export interface Limits {
  bytes?: number | undefined;
  files?: number | undefined;
}

const encoder = new TextEncoder();

export class Tree {
  readonly #archive: string;
  readonly #limits: Limits;
  readonly #nodes = new Map<string, Node>([["", { entries: 0 }]]);
  /** The folder of the last entry: archives go folder by folder. */
  #lastParent = "";
  #entries = 0;
  #bytes = 0;

  /** @param archive the file's name, for messages */
  constructor(archive: string, limits: Limits = {}) {
    this.#archive = archive;
    this.#limits = limits;
  }

  /** Entries admitted. */
  get entries(): number {
    return this.#entries;
  }

  /** Bytes of content that the admitted entries have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What lies at a path below the root by now. */
  kindOf(path: string): "file" | "symlink" | "folder" | undefined {
    const node = this.#nodes.get(path);
    return typeof node === "object" ? "folder" : node;
  }

  /** Counts content whose size no entry told. Throws IntegrityError past the limit. */
  grow(bytes: number, name = this.#archive): void {
    this.#bytes += bytes;
    const { bytes: limit = Infinity } = this.#limits;
    if (this.#bytes > limit) {
      throw this.#refuse({ name }, `the archive unpacks to more than the allowed ${limit} bytes`);
    }
  }

  /** Decides on the next entry. Throws IntegrityError, naming the entry, where it must not be unpacked. */
  admit(entry: Entry): Admission {
    this.#count(entry);
    const path = this.#clean(entry.name, entry.name);
    const linked = entry.kind === "hardlink" ? this.#linkTarget(entry) : "";
    const kind = entry.kind === "hardlink" ? this.#nodes.get(linked) : entry.kind;
    if (entry.kind === "symlink") this.#checkSymlink(entry);
    const parents = this.#parentsOf(path, entry);
    const node = this.#nodes.get(path);
    const admission: Admission = { path, parents, linked, replaced: undefined, exists: false };
    if (entry.kind === "directory" && typeof node === "object") {
      admission.exists = true;
      return admission;
    }
    if (entry.kind === "hardlink" && linked === path) {
      admission.exists = true;
      return admission;
    }
    if (typeof node === "object") {
      if (path === "") throw this.#refuse(entry, "it would replace the revision's own folder");
      if (node.entries > 0) throw this.#refuse(entry, "a folder that is not empty has that name");
      admission.replaced = "folder";
    } else if (node !== undefined) admission.replaced = "file";
    this.#put(path, kind === "directory" ? { entries: 0 } : kind === "symlink" ? kind : "file");
    return admission;
  }

  #count(entry: Entry): void {
    const { files = Infinity } = this.#limits;
    if (++this.#entries > files) {
      throw this.#refuse(entry, `the archive has more than the allowed ${files} entries`);
    }
    this.grow(entry.size ?? 0, entry.name);
  }

  /** The safe form of a path: `./a//b/` is `a/b`. */
  #clean(path: string, name: string): string {
    const refuse = (why: string): never => {
      throw this.#refuse({ name }, why);
    };
    if (path === "") refuse(name === "" ? "it has no name" : "its target has no name");
    if (path.includes("\0")) refuse("its path has a NUL byte");
    if (path.startsWith("/")) refuse("its path is absolute");
    if (isSafe(path)) return path;
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) refuse('its path has a ".."');
    if (isLonger(path, MAX_PATH)) {
      refuse(`its path is longer than ${MAX_PATH} bytes`);
    }
    if (parts.some((part) => isLonger(part, MAX_NAME))) {
      refuse(`a name in its path is longer than ${MAX_NAME} bytes`);
    }
    return parts.join("/");
  }

  #linkTarget(entry: Entry): string {
    const target = this.#clean(entry.target, entry.name);
    if (typeof this.#nodes.get(target) !== "string") {
      const found = this.#nodes.has(target) ? "a folder" : "no earlier file of it";
      throw this.#refuse(entry, `it is a hard link to ${shown(entry.target)}, which is ${found}`);
    }
    return target;
  }

  #checkSymlink(entry: Entry): void {
    if (entry.target === "") throw this.#refuse(entry, "it is a symlink to nowhere");
    if (entry.target.includes("\0")) throw this.#refuse(entry, "its target has a NUL byte");
    if (isLonger(entry.target, MAX_PATH - 1)) {
      throw this.#refuse(entry, `its target is longer than ${MAX_PATH - 1} bytes`);
    }
  }

  /** Checks every folder on the way, and returns those that have to be made. */
  #parentsOf(path: string, entry: Entry): string[] {
    const made: string[] = [];
    const parent = parentOf(path);
    if (parent === this.#lastParent) return made;
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const folder = path.slice(0, slash);
      const node = this.#nodes.get(folder);
      if (typeof node === "object") continue;
      if (node === "symlink") {
        throw this.#refuse(entry, `its path goes through the symlink ${shown(folder)}`);
      }
      if (node === "file") {
        throw this.#refuse(entry, `its path goes through ${shown(folder)}, which is a file`);
      }
      this.#put(folder, { entries: 0 });
      made.push(folder);
    }
    this.#lastParent = parent;
    return made;
  }

  #put(path: string, node: Node): void {
    if (!this.#nodes.has(path)) {
      const parent = this.#nodes.get(parentOf(path));
      if (typeof parent === "object") parent.entries++;
    }
    this.#nodes.set(path, node);
    if (typeof node === "string" && path === this.#lastParent) this.#lastParent = "";
  }

  #refuse(entry: Pick<Entry, "name">, why: string): IntegrityError {
    return new IntegrityError(`Refused ${shown(entry.name)} in ${this.#archive}: ${why}`);
  }
}

/** Of a safe path the folder that it is in, and the name that it has there. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `text` has more than that many bytes in UTF-8, where a character has three at most. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}

/** The usual case, decided fast: short, and no part is empty or starts with a dot. */
function isSafe(path: string): boolean {
  return path.length <= MAX_NAME / 3 && !/(^|\/)(\.|\/|$)/.test(path);
}
