/**
 * Writes admitted entries below one folder, with synchronous calls, which are by far the fastest in
 * Deno.
 *
 * The cost of a small file is mostly its path. The system walks the path with every call. The
 * runtime, if its permissions are limited, checks each folder of the path before it opens a file.
 * So folders are filled side by side in one temporary folder, "aside", and moved to their places at
 * the end. The aside folder is a folder of its own, because ext4 never frees the space that the
 * names in a large folder have taken.
 */
import { explainDiskError } from "../../disk_errors.ts";
import { folderMode, IMPLIED_MODE } from "./folder_mode.ts";
import { type Entry, type EntryHandler, shown } from "../entry.ts";
import { linkByWayOf, withShortPath } from "./long_path.ts";
import { Column } from "../paths/column.ts";
import { setLinkMtime, setMtime, storedMtime } from "./mtime.ts";
import { ROOT } from "../paths/path_table.ts";
import type { Admission, Tree } from "../rules.ts";
import { FEW, type Places, Sites } from "./sites.ts";
import { SmallFileWriter } from "./small_files.ts";
import type { ArchiveThread } from "../thread/thread.ts";

/**
 * Unpacks below a folder. It follows no link and overwrites nothing. Files are created new, after
 * the writer has removed what the tree says is there.
 */
export class TreeWriter implements EntryHandler {
  readonly #tree: Tree;
  readonly #target: string;
  /** What each folder gets at the end, when nothing more is written into it: see `#setAtEnd`. */
  readonly #modes = new Column((length) => new Uint16Array(length), FEW);
  readonly #mtimes = new Column((length) => new Float64Array(length), FEW);
  readonly #aside: string;
  readonly #sites: Sites;
  #entry: Entry | undefined;
  #node = ROOT;
  #path = "";
  #site = "";
  #file: Deno.FsFile | undefined;
  readonly #small: SmallFileWriter;

  /** @param helper writes small files while it has nothing else to do */
  constructor(tree: Tree, places: Places, helper: ArchiveThread) {
    this.#small = new SmallFileWriter(helper, (error, path) => this.#explained(error, path));
    this.#tree = tree;
    this.#target = places.target;
    this.#aside = places.aside;
    this.#sites = new Sites(tree.paths, places);
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
    this.#node = admission.node;
    this.#path = admission.path;
    if (admission.replaced === "folder") this.#forget(admission.node);
    this.#site = entry.kind === "directory" ? "" : this.#sites.in(admission.parent, admission.path);
    if (admission.replaced === "file") {
      this.#remove(this.#sites.in(admission.parent, admission.path));
    }
    if (entry.kind === "directory") this.#makeFolder(entry, admission);
    else if (entry.kind === "symlink") this.#makeSymlink(entry);
    else if (entry.kind === "hardlink" && !admission.exists) this.#makeHardLink(admission.linked);
  }

  data(piece: Uint8Array): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (piece.length === entry.size) this.#writeSmall(entry, piece);
    else this.#do((site) => this.#append(site, { entry, piece }));
  }

  finish(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (this.#file === undefined) return this.#writeSmall(entry, new Uint8Array());
    this.#closeFile();
    this.#entry = undefined;
    this.#do((site) => {
      Deno.chmodSync(site, entry.mode); // `openSync`, unlike `writeFileSync`, applies the umask
      setMtime(site, storedMtime(entry.mtime));
    });
  }

  /**
   * Moves the folders to their places, and sets their modes and mtimes. The innermost folders come
   * first, because an outer one may make the inner ones inaccessible. A folder's number is greater
   * than that of its parent.
   */
  complete(): void {
    this.#small.settle();
    const { size } = this.#tree.paths;
    for (const { node, site } of this.#sites.aside()) {
      this.#at(this.#sites.placeOf(node), node, (path) => Deno.renameSync(site, path));
    }
    // Not recursively: if anything were left in it, it would be missing from the revision.
    if (this.#sites.hasAside) this.#at(this.#aside, ROOT, (path) => Deno.removeSync(path));
    this.#sites.endAside();
    for (let node = size - 1; node >= 0; node--) {
      const mode = this.#modes.get(node);
      if (mode === 0) continue;
      const mtime = this.#mtimes.get(node);
      this.#at(this.#sites.placeOf(node), node, (path) => {
        if (!Number.isNaN(mtime)) setMtime(path, mtime);
        Deno.chmodSync(path, folderMode(node, mode & 0o777));
      });
    }
  }

  /** Closes and removes what is half written. */
  close(): void {
    this.#closeFile();
    if (!this.#sites.hasAside) return;
    try {
      Deno.removeSync(this.#aside, { recursive: true });
    } catch {
      // The error that ended the writing matters more. The caller deletes the aside folder with the
      // target.
    }
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #makeFolder({ mode, mtime }: Entry, { node, exists }: Admission): void {
    if (!exists) this.#make(node);
    this.#setAtEnd(node, { mode, mtime });
  }

  /**
   * Makes a folder that the archive uses but has no entry for. Its mode does not depend on the
   * umask.
   */
  #makeParent(node: number): void {
    this.#make(node);
    this.#setAtEnd(node, { mode: IMPLIED_MODE, mtime: undefined });
  }

  #make(node: number): void {
    const isAside = this.#sites.goesAside(node);
    if (isAside && !this.#sites.hasAside) {
      this.#at(this.#aside, node, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    }
    if (isAside) this.#sites.putAside(node);
    this.#at(this.#sites.of(node), node, (site) => Deno.mkdirSync(site, { mode: 0o700 }));
  }

  /**
   * Stores what the folder gets at the end. An extra bit beside the mode marks that there is
   * something to set.
   */
  #setAtEnd(node: number, { mode, mtime }: { mode: number; mtime: number | undefined }): void {
    this.#modes.set(node, mode | 0o10000);
    this.#mtimes.set(node, storedMtime(mtime) ?? NaN);
  }

  /** Removes an empty folder that something else replaces. */
  #forget(node: number): void {
    this.#remove(this.#sites.of(node));
    this.#modes.set(node, 0);
    this.#sites.forget(node);
  }

  #remove(site: string): void {
    this.#at(site, this.#node, (path) => Deno.removeSync(path));
  }

  #makeSymlink({ target, mtime }: Entry): void {
    this.#do((path) => {
      Deno.symlinkSync(target, path);
      setLinkMtime(path, storedMtime(mtime));
    });
  }

  #makeHardLink(linked: number): void {
    const from = this.#sites.of(linked);
    const to = this.#site;
    const between = `${this.#target}/.ftl-${crypto.randomUUID()}`;
    this.#do(() => linkByWayOf(between, { from, to }));
  }

  #writeSmall(entry: Entry, content: Uint8Array): void {
    this.#entry = undefined;
    const { mode } = entry;
    const mtime = storedMtime(entry.mtime);
    this.#small.write({ path: this.#path, place: this.#site }, content, { mode, mtime });
  }

  #append(path: string, { entry, piece }: { entry: Entry; piece: Uint8Array }): void {
    this.#file ??= Deno.openSync(path, { write: true, createNew: true, mode: entry.mode });
    for (let at = 0; at < piece.length;) at += this.#file.writeSync(piece.subarray(at));
  }

  /** Does one step on the disk, at the current place of the current entry. */
  #do(step: (site: string) => void): void {
    this.#at(this.#site, this.#node, step);
  }

  /** Does one step at `place`. An error names the path that the user knows. */
  #at(place: string, node: number, step: (place: string) => void): void {
    try {
      withShortPath(place, step);
    } catch (error) {
      throw this.#explained(error, this.#tree.paths.pathOf(node));
    }
  }

  #explained(error: unknown, path: string): unknown {
    const place = path === "" ? this.#target : `${this.#target}/${path}`;
    return explainDiskError(error, `Cannot write ${shown(place)}`);
  }
}
