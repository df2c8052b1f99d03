/** Writes admitted entries below one folder, with synchronous calls, which are by far the fastest in Deno. */
import { explainDiskError } from "../../disk_errors.ts";
import { folderMode, IMPLIED_MODE } from "./folder_mode.ts";
import { type Entry, type EntryHandler, shown } from "../entry.ts";
import { linkByWayOf, withShortPath } from "./long_path.ts";
import { Column, SPARSE } from "../paths/column.ts";
import { setLinkMtime, setMtime, storedMtime } from "./mtime.ts";
import type { Admission, Tree } from "../rules.ts";
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
  readonly #modes = new Column((length) => new Uint16Array(length), SPARSE);
  readonly #mtimes = new Column((length) => new Float64Array(length), SPARSE);
  #entry: Entry | undefined;
  #path = "";
  #file: Deno.FsFile | undefined;
  readonly #small: SmallFileWriter;

  /**
   * @param target an existing, empty folder that nobody else writes to: its absolute path
   * @param helper writes small files while it has nothing else to do
   */
  constructor(tree: Tree, target: string, helper: ArchiveThread) {
    this.#small = new SmallFileWriter(helper, (error, path) => this.#explained(error, path));
    this.#tree = tree;
    this.#target = target;
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
    this.#path = admission.path;
    if (admission.replaced === "folder") this.#modes.set(admission.node, 0);
    if (admission.replaced !== undefined) this.#do((path) => Deno.removeSync(path));
    if (entry.kind === "directory") this.#makeFolder(entry, admission);
    else if (entry.kind === "symlink") this.#makeSymlink(entry);
    else if (entry.kind === "hardlink" && !admission.exists) this.#makeHardLink(admission.linked);
  }

  data(piece: Uint8Array): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (piece.length === entry.size) this.#writeSmall(entry, piece);
    else this.#do((place) => this.#append(place, { entry, piece }));
  }

  finish(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (this.#file === undefined) return this.#writeSmall(entry, new Uint8Array());
    this.close();
    this.#entry = undefined;
    this.#do((place) => {
      Deno.chmodSync(place, entry.mode); // `openSync`, unlike `writeFileSync`, applies the umask
      setMtime(place, storedMtime(entry.mtime));
    });
  }

  /**
   * Sets the modes and mtimes of the folders. The innermost folders come first, because an outer one may make the inner
   * ones inaccessible. A folder's number is greater than that of its parent.
   */
  complete(): void {
    this.#small.settle();
    for (let node = this.#tree.paths.size - 1; node >= 0; node--) {
      const mode = this.#modes.get(node);
      if (mode === 0) continue;
      const mtime = this.#mtimes.get(node);
      this.#at(node, (place) => {
        if (!Number.isNaN(mtime)) setMtime(place, mtime);
        Deno.chmodSync(place, folderMode(node, mode & 0o777));
      });
    }
  }

  /** Closes the file that is open. */
  close(): void {
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
    this.#at(node, (place) => Deno.mkdirSync(place, { mode: 0o700 }));
  }

  /**
   * Stores what the folder gets at the end. An extra bit beside the mode marks that there is
   * something to set.
   */
  #setAtEnd(node: number, { mode, mtime }: { mode: number; mtime: number | undefined }): void {
    this.#modes.set(node, mode | 0o10000);
    this.#mtimes.set(node, storedMtime(mtime) ?? NaN);
  }

  #makeSymlink({ target, mtime }: Entry): void {
    this.#do((path) => {
      Deno.symlinkSync(target, path);
      setLinkMtime(path, storedMtime(mtime));
    });
  }

  #makeHardLink(linked: number): void {
    const from = this.#placeOf(this.#tree.paths.pathOf(linked));
    const between = `${this.#target}/.ftl-${crypto.randomUUID()}`;
    this.#try(this.#path, () => linkByWayOf(between, { from, to: this.#place }));
  }

  #writeSmall(entry: Entry, content: Uint8Array): void {
    this.#entry = undefined;
    const { mode } = entry;
    const mtime = storedMtime(entry.mtime);
    this.#small.write({ path: this.#path, place: this.#place }, content, { mode, mtime });
  }

  #append(place: string, { entry, piece }: { entry: Entry; piece: Uint8Array }): void {
    this.#file ??= Deno.openSync(place, { write: true, createNew: true, mode: entry.mode });
    for (let at = 0; at < piece.length;) at += this.#file.writeSync(piece.subarray(at));
  }

  /** The current entry's place. */
  get #place(): string {
    return this.#placeOf(this.#path);
  }

  #placeOf(path: string): string {
    return path === "" ? this.#target : `${this.#target}/${path}`;
  }

  /** Does one step on the disk, at the place of the current entry. */
  #do(step: (place: string) => void): void {
    this.#try(this.#path, () => withShortPath(this.#place, step));
  }

  /** Does one step at the place of the node. */
  #at(node: number, step: (place: string) => void): void {
    const path = this.#tree.paths.pathOf(node);
    this.#try(path, () => withShortPath(this.#placeOf(path), step));
  }

  /** An error names the path that the user knows. */
  #try(path: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw this.#explained(error, path);
    }
  }

  #explained(error: unknown, path: string): unknown {
    return explainDiskError(error, `Cannot write ${shown(this.#placeOf(path))}`);
  }
}
