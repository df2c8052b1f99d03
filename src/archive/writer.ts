/**
 * Writes admitted entries below one folder, with synchronous calls: the fast way in Deno by far.
 *
 * What a small file takes is mostly its path: the system walks it with every call, and the runtime, where
 * its permissions are bounded, looks at each folder of it before a file is opened. So folders are filled
 * side by side in one aside, and moved to their places when all is there. It is a folder of their own
 * because ext4 never gives back what a folder of many names has taken.
 */
import { lutimesSync } from "node:fs";
import { explainDiskError } from "../core/disk_errors.ts";
import { type Entry, type EntryHandler, shown } from "./entry.ts";
import { setMtime } from "./create_file.ts";
import { linkByWayOf, withShortPath } from "./long_path.ts";
import { type Admission, nameOf, parentOf, type Tree } from "./rules.ts";
import { SmallFileWriter } from "./small_files.ts";
import type { ArchiveThread } from "./thread.ts";

interface Folder {
  /** Its name aside, where it is filled there; else it is where it belongs in the folder that it is in. */
  readonly aside: number | undefined;
  /** What it gets at the end, when nothing is written into it any more. */
  readonly mode: number;
  readonly mtime: number | undefined;
}

/** Absolute paths. */
export interface Places {
  /** An existing, empty folder that nobody else writes to. */
  readonly target: string;
  /** A place for a folder on the same file system, which is there meanwhile; the shorter, the faster. */
  readonly aside: string;
}

/** Folders side by side at most: some file systems take no more than 32,000 in one. */
const MOST_ASIDE = 30_000;

/**
 * Unpacks below a folder. Nothing is followed and nothing overwritten: files are created new, after what the
 * tree says is there has been removed.
 */
export class TreeWriter implements EntryHandler {
  readonly #tree: Tree;
  readonly #target: string;
  /** By their paths below the target; a folder comes after the one that it is in. */
  readonly #folders = new Map<string, Folder>();
  readonly #aside: string;
  /** Folders made there; none again once all are in their places. */
  #made = 0;
  #entry: Entry | undefined;
  #path = "";
  #file: Deno.FsFile | undefined;
  readonly #small = new SmallFileWriter((error, path) => this.#explained(error, path));

  constructor(tree: Tree, { target, aside }: Places) {
    this.#tree = tree;
    this.#target = target;
    this.#aside = aside;
  }

  /** From now on that thread writes small files too. */
  takeHelp(thread: ArchiveThread): void {
    this.#small.takeHelp(thread);
  }

  beginChunk(chunk: Uint8Array): void {
    this.#small.beginChunk(chunk);
  }

  endChunk(): void {
    this.#small.endChunk();
  }

  begin(entry: Entry): void {
    const admission = this.#tree.admit(entry);
    if (admission.replaced !== undefined || entry.kind === "hardlink") this.#small.settle();
    this.#entry = entry.kind === "file" ? entry : undefined;
    for (const parent of admission.parents) this.#makeParent(parent);
    if (admission.replaced !== undefined) this.#do(admission.path, (site) => Deno.removeSync(site));
    if (admission.replaced === "folder") this.#folders.delete(admission.path);
    this.#path = admission.path;
    if (entry.kind === "directory") this.#makeFolder(entry, admission);
    else if (entry.kind === "symlink") this.#makeSymlink(entry);
    else if (entry.kind === "hardlink" && !admission.exists) this.#makeHardLink(admission.linked);
  }

  data(piece: Uint8Array): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (piece.length === entry.size) this.#writeSmall(entry, piece);
    else this.#do(this.#path, (path) => this.#append(path, { entry, piece }));
  }

  finish(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (this.#file === undefined) return this.#writeSmall(entry, new Uint8Array());
    this.#closeFile();
    this.#entry = undefined;
    this.#do(this.#path, (path) => {
      Deno.chmodSync(path, entry.mode); // unlike `writeFileSync`, opening leaves it to the umask
      setMtime(path, entry.mtime);
    });
  }

  /**
   * Moves the folders to their places, and gives them their modes and mtimes: the deepest first, as an
   * outer one may lock the inner ones.
   */
  complete(): void {
    this.#small.settle();
    for (const [folder, { aside }] of this.#folders) {
      if (aside === undefined) continue;
      const site = `${this.#aside}/${aside}`;
      this.#at(this.#placeOf(folder), folder, (path) => Deno.renameSync(site, path));
    }
    // Not with whatever is in it: were anything left there, it would be missing from the revision.
    if (this.#made > 0) this.#at(this.#aside, "", (path) => Deno.removeSync(path));
    this.#made = 0;
    const folders = [...this.#folders].sort(([a], [b]) => b.length - a.length);
    for (const [folder, { mode, mtime }] of folders) {
      this.#at(this.#placeOf(folder), folder, (path) => {
        setMtime(path, mtime);
        Deno.chmodSync(path, folder === "" ? mode | 0o700 : mode);
      });
    }
  }

  /** Lets go of what is half written. */
  close(): void {
    this.#closeFile();
    if (this.#made === 0) return;
    try {
      Deno.removeSync(this.#aside, { recursive: true });
    } catch {
      // What ended the writing matters more. The caller deletes it with the target.
    }
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #makeFolder({ mode, mtime }: Entry, { path: folder, exists }: Admission): void {
    if (!exists) return this.#make(folder, { mode, mtime });
    this.#folders.set(folder, { aside: this.#folders.get(folder)?.aside, mode, mtime });
  }

  /** A folder that the archive uses and does not have: its mode is not left to the umask. */
  #makeParent(folder: string): void {
    this.#make(folder, { mode: 0o755, mtime: undefined });
  }

  #make(folder: string, then: Pick<Folder, "mode" | "mtime">): void {
    const isAside = parentOf(folder) !== "" && this.#made < MOST_ASIDE;
    if (isAside && this.#made === 0) {
      this.#at(this.#aside, folder, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    }
    const aside = isAside ? this.#made++ : undefined;
    this.#folders.set(folder, { aside, ...then });
    this.#do(folder, (site) => Deno.mkdirSync(site, { mode: 0o700 }));
  }

  #makeSymlink({ target, mtime }: Entry): void {
    this.#do(this.#path, (path) => {
      Deno.symlinkSync(target, path);
      if (mtime === undefined) return;
      const time = dateOf(mtime);
      lutimesSync(path, time, time);
    });
  }

  #makeHardLink(linked: string): void {
    const from = this.#siteOf(linked);
    const to = this.#siteOf(this.#path);
    const between = `${this.#target}/.ftl-${crypto.randomUUID()}`;
    this.#do(this.#path, () => linkByWayOf(between, { from, to }));
  }

  #writeSmall(entry: Entry, content: Uint8Array): void {
    this.#entry = undefined;
    const path = this.#path;
    this.#small.write({ path, place: this.#siteOf(path) }, content, {
      mode: entry.mode,
      mtime: entry.mtime,
    });
  }

  #append(path: string, { entry, piece }: { entry: Entry; piece: Uint8Array }): void {
    this.#file ??= Deno.openSync(path, { write: true, createNew: true, mode: entry.mode });
    for (let at = 0; at < piece.length;) at += this.#file.writeSync(piece.subarray(at));
  }

  /** One step on the disk, where the entry with that path is until all is there. */
  #do(path: string, step: (site: string) => void): void {
    this.#at(this.#siteOf(path), path, step);
  }

  /** One step at `place`; an error speaks of the path that the user knows. */
  #at(place: string, path: string, step: (place: string) => void): void {
    try {
      withShortPath(place, step);
    } catch (error) {
      throw this.#explained(error, path);
    }
  }

  #explained(error: unknown, path: string): unknown {
    return explainDiskError(error, `Cannot write ${shown(this.#placeOf(path))}`);
  }

  /** Where the entry with that path is until all is there. */
  #siteOf(path: string): string {
    if (path === "") return this.#target;
    const aside = this.#folders.get(path)?.aside;
    if (aside !== undefined) return `${this.#aside}/${aside}`;
    return `${this.#siteOf(parentOf(path))}/${nameOf(path)}`;
  }

  /** Where it belongs. */
  #placeOf(path: string): string {
    return path === "" ? this.#target : `${this.#target}/${path}`;
  }
}

/** Seconds from 1970 on that a Date can hold. File systems hold fewer. */
const LAST_DATE = 8.64e12;

/**
 * The time of a symlink, for which the runtime wants a Date: it takes a negative number for now. Before 1970
 * it is without its fraction, which the runtime refuses.
 */
function dateOf(mtime: number): Date {
  const seconds = Math.max(-LAST_DATE, Math.min(LAST_DATE, mtime));
  return new Date((seconds < 0 ? Math.floor(seconds) : seconds) * 1000);
}
