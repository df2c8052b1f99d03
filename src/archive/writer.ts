/** Writes admitted entries below one folder, with synchronous calls: the fast way in Deno by far. */
import { lutimesSync } from "node:fs";
import type { Entry, EntryHandler } from "./entry.ts";
import { explainDisk } from "./disk_errors.ts";
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
  /** The mode bits that a new file loses here: the umask, or a default ACL. */
  readonly #masked: number;
  readonly #folders = new Map<string, Pending>();
  #entry: Entry | undefined;
  #path = "";
  #file: Deno.FsFile | undefined;

  constructor(tree: Tree, target: string) {
    this.#tree = tree;
    this.#target = target;
    this.#masked = maskedBits(target);
  }

  begin(entry: Entry): void {
    const admission = this.#tree.admit(entry);
    this.#path = this.#at(admission.path);
    this.#entry = entry.kind === "file" ? entry : undefined;
    this.#onDisk(() => {
      this.#clear(admission);
      if (entry.kind === "directory") this.#directory(entry, admission);
      else if (entry.kind === "symlink") this.#symlink(entry);
      else if (entry.kind === "hardlink" && !admission.exists) {
        Deno.linkSync(this.#at(admission.linked), this.#path);
      }
    });
  }

  data(piece: Uint8Array): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#onDisk(() => {
      if (piece.length === entry.size) {
        this.#entry = undefined;
        return this.#whole(piece, entry);
      }
      this.#file ??= Deno.openSync(this.#path, { write: true, createNew: true, mode: entry.mode });
      for (let at = 0; at < piece.length;) at += this.#file.writeSync(piece.subarray(at));
    });
  }

  finish(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    if (entry === undefined) return;
    this.#onDisk(() => {
      if (this.#file === undefined) return this.#whole(new Uint8Array(), entry);
      this.close();
      this.#settle(entry);
    });
  }

  /** Gives the folders their modes and mtimes, the deepest first, as an outer one may lock the inner ones. */
  complete(): void {
    const paths = [...this.#folders.keys()].sort((a, b) => b.length - a.length);
    for (const path of paths) {
      const { mode, mtime } = this.#folders.get(path) ?? { mode: 0o755, mtime: undefined };
      this.#path = this.#at(path);
      this.#onDisk(() => {
        setMtime(this.#path, mtime);
        Deno.chmodSync(this.#path, path === "" ? mode | 0o700 : mode);
      });
    }
  }

  /** Lets go of a file that is half written. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #clear({ replaced, parents, path }: Admission): void {
    if (replaced !== undefined) Deno.removeSync(this.#path);
    if (replaced === "folder") this.#folders.delete(path);
    for (const parent of parents) Deno.mkdirSync(this.#at(parent));
  }

  #directory(entry: Entry, { path, exists }: Admission): void {
    if (!exists) Deno.mkdirSync(this.#path, { mode: 0o700 });
    this.#folders.set(path, { mode: entry.mode, mtime: entry.mtime });
  }

  #symlink(entry: Entry): void {
    Deno.symlinkSync(entry.target, this.#path);
    if (entry.mtime !== undefined) lutimesSync(this.#path, entry.mtime, entry.mtime);
  }

  #whole(content: Uint8Array, entry: Entry): void {
    Deno.writeFileSync(this.#path, content, { createNew: true, mode: entry.mode });
    this.#settle(entry);
  }

  #settle(entry: Entry): void {
    if ((entry.mode & this.#masked) !== 0) Deno.chmodSync(this.#path, entry.mode);
    setMtime(this.#path, entry.mtime);
  }

  #at(path: string): string {
    return path === "" ? this.#target : `${this.#target}/${path}`;
  }

  #onDisk(step: () => void): void {
    try {
      step();
    } catch (error) {
      throw explainDisk(error, this.#path);
    }
  }
}

/** Deno 2.7 cannot set a fraction of a second before 1970. */
function setMtime(path: string, mtime: number | undefined): void {
  if (mtime === undefined) return;
  const time = mtime < 0 ? Math.floor(mtime) : mtime;
  Deno.utimeSync(path, time, time);
}

/** Asks the disk rather than the process: reading the umask would set it, for all threads. */
function maskedBits(target: string): number {
  const probe = `${target}/.ftl-probe`;
  try {
    Deno.writeFileSync(probe, new Uint8Array(), { createNew: true, mode: 0o777 });
    const mode = Deno.lstatSync(probe).mode ?? 0;
    Deno.removeSync(probe);
    return 0o777 & ~mode;
  } catch (error) {
    throw explainDisk(error, target);
  }
}
