/** Writes admitted entries below one folder, with synchronous calls: the fast way in Deno by far. */
import { lutimesSync } from "node:fs";
import { explainDiskError } from "../core/disk_errors.ts";
import { type Entry, type EntryHandler, shown } from "./entry.ts";
import { linkByWayOf, withShortPath } from "./long_path.ts";
import type { Admission, Tree } from "./rules.ts";

/** What a folder gets at the end, when nothing is written into it any more. */
interface Pending {
  mode: number;
  mtime: number | undefined;
}

/**
 * Unpacks below `target`, an existing empty folder that nobody else writes to. Nothing is followed and
 * nothing overwritten: files are created new, after what the tree says is there has been removed.
 */
export class TreeWriter implements EntryHandler {
  readonly #tree: Tree;
  readonly #target: string;
  readonly #folders = new Map<string, Pending>();
  #entry: Entry | undefined;
  #path = "";
  #file: Deno.FsFile | undefined;

  constructor(tree: Tree, target: string) {
    this.#tree = tree;
    this.#target = target;
  }

  begin(entry: Entry): void {
    const admission = this.#tree.admit(entry);
    this.#entry = entry.kind === "file" ? entry : undefined;
    for (const parent of admission.parents) this.#makeParent(parent);
    if (admission.replaced !== undefined) this.#do(admission.path, (path) => Deno.removeSync(path));
    if (admission.replaced === "folder") this.#folders.delete(admission.path);
    this.#path = admission.path;
    if (entry.kind === "directory") this.#makeFolder(entry, admission);
    else if (entry.kind === "symlink") this.#makeSymlink(entry);
    else if (entry.kind === "hardlink" && !admission.exists) this.#makeHardLink(admission.linked);
  }

  data(piece: Uint8Array): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (piece.length === entry.size) this.#writeWhole(entry, piece);
    else this.#do(this.#path, (path) => this.#append(path, { entry, piece }));
  }

  finish(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (this.#file === undefined) return this.#writeWhole(entry, new Uint8Array());
    this.close();
    this.#entry = undefined;
    this.#do(this.#path, (path) => {
      Deno.chmodSync(path, entry.mode); // unlike `writeFileSync`, opening leaves it to the umask
      setMtime(path, entry.mtime);
    });
  }

  /** Gives the folders their modes and mtimes, the deepest first, as an outer one may lock the inner ones. */
  complete(): void {
    const folders = [...this.#folders].sort(([a], [b]) => b.length - a.length);
    for (const [folder, { mode, mtime }] of folders) {
      this.#do(folder, (path) => {
        setMtime(path, mtime);
        Deno.chmodSync(path, folder === "" ? mode | 0o700 : mode);
      });
    }
  }

  /** Lets go of a file that is half written. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #makeFolder(entry: Entry, { path: folder, exists }: Admission): void {
    if (!exists) this.#do(folder, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    this.#folders.set(folder, { mode: entry.mode, mtime: entry.mtime });
  }

  /** A folder that the archive uses and does not have: its mode is not left to the umask. */
  #makeParent(folder: string): void {
    this.#do(folder, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    this.#folders.set(folder, { mode: 0o755, mtime: undefined });
  }

  #makeSymlink({ target, mtime }: Entry): void {
    this.#do(this.#path, (path) => {
      Deno.symlinkSync(target, path);
      if (mtime === undefined) return;
      const time = new Date(storable(mtime) * 1000); // a negative number would mean now
      lutimesSync(path, time, time);
    });
  }

  #makeHardLink(linked: string): void {
    const from = `${this.#target}/${linked}`;
    const to = `${this.#target}/${this.#path}`;
    const between = `${this.#target}/.ftl-${crypto.randomUUID()}`;
    this.#do(this.#path, () => linkByWayOf(between, { from, to }));
  }

  #writeWhole(entry: Entry, content: Uint8Array): void {
    this.#entry = undefined;
    this.#do(this.#path, (path) => {
      Deno.writeFileSync(path, content, { createNew: true, mode: entry.mode });
      setMtime(path, entry.mtime);
    });
  }

  #append(path: string, { entry, piece }: { entry: Entry; piece: Uint8Array }): void {
    this.#file ??= Deno.openSync(path, { write: true, createNew: true, mode: entry.mode });
    for (let at = 0; at < piece.length;) at += this.#file.writeSync(piece.subarray(at));
  }

  /** One step on the disk, at a path below the target. */
  #do(path: string, step: (path: string) => void): void {
    const full = path === "" ? this.#target : `${this.#target}/${path}`;
    try {
      withShortPath(full, step);
    } catch (error) {
      throw explainDiskError(error, `Cannot write ${shown(full)}`);
    }
  }
}

function setMtime(path: string, mtime: number | undefined): void {
  if (mtime === undefined) return;
  const time = storable(mtime);
  Deno.utimeSync(path, time, time);
}

/** Deno keeps milliseconds, and cannot set a fraction of a second before 1970. */
function storable(mtime: number): number {
  return mtime < 0 ? Math.floor(mtime) : mtime;
}
