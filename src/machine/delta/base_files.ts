/**
 * Copies files of a revision that is here. What looks as FTL wrote it is copied by the system, which shares the blocks
 * where the file system can; all else is read, and must have its SHA-256.
 */
import type { TreeFile } from "../../archive/tree/tree.ts";
import { isTooLong, withShortPath } from "../../archive/write/long_path.ts";
import { hashFile } from "./file_hash.ts";
import {
  isUntouched,
  type KnownFolder,
  type Numbered,
  type Owner,
  parentOf,
} from "./known_folder.ts";
import { lookAt } from "./walk.ts";

/** Bytes of a file whose copy may take so long that others must have their turn meanwhile. */
const LARGE = 16 << 20;

interface BaseFilesOptions {
  readonly owner: Owner;
  /** Whether files are read although they look the same. */
  readonly isFull: boolean;
  /** Lets others work, and throws if the work is to end. */
  readonly breathe: () => Promise<void>;
}

type NumberedFile = Numbered & { readonly entry: TreeFile };

export class BaseFiles {
  readonly #base: KnownFolder;
  readonly #owner: Owner;
  readonly #isFull: boolean;
  readonly #breathe: () => Promise<void>;
  readonly #files = new Map<string, NumberedFile[]>();
  readonly #modes = new Map<string, number>();
  /** Whether nobody else may change what a path of this folder leads to. */
  readonly #safe = new Map<string, boolean>();

  constructor(base: KnownFolder, { owner, isFull, breathe }: BaseFilesOptions) {
    this.#base = base;
    this.#owner = owner;
    this.#isFull = isFull;
    this.#breathe = breathe;
    this.#modes.set("", base.mode);
    base.below.forEach((entry, index) => {
      if (entry.kind === "folder") this.#modes.set(entry.path, entry.mode);
      if (entry.kind !== "file") return;
      const files = this.#files.get(entry.sha256);
      if (files === undefined) this.#files.set(entry.sha256, [{ entry, index }]);
      else files.push({ entry, index });
    });
  }

  /**
   * Makes a file with that content, with any mode and mtime. Returns false if the base does not have it any more. Throws
   * what `breathe` throws, and may then leave a part of it.
   */
  async copy(sha256: string, to: string): Promise<boolean> {
    for (const file of this.#files.get(sha256) ?? []) {
      if (await this.#copyOne(file, to)) return true;
    }
    return false;
  }

  async #copyOne(file: NumberedFile, to: string): Promise<boolean> {
    const { path, size, sha256 } = file.entry;
    const from = `${this.#base.path}/${path}`;
    const info = lookAt(from);
    if (info === undefined || !info.isFile || info.size !== size || isTooLong(from)) return false;
    const isSame = (info: Deno.FileInfo | undefined): boolean =>
      info !== undefined && this.#base.compare(file, info) === "same";
    if (!this.#isFull && isSame(info) && this.#isSafe(parentOf(path))) {
      try {
        if (size < LARGE || isTooLong(to)) {
          withShortPath(to, (short) => Deno.copyFileSync(from, short));
        } else await Deno.copyFile(from, to);
        // What was changed meanwhile does not look the same any more.
        if (isSame(lookAt(from))) return true;
      } catch (error) {
        if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      }
      remove(to);
    }
    if (await this.#copyReading(from, to) === sha256) return true;
    remove(to);
    return false;
  }

  /** Returns the SHA-256 of what was copied. Undefined if it cannot be read. */
  async #copyReading(from: string, to: string): Promise<string | undefined> {
    let source: Deno.FsFile;
    try {
      source = Deno.openSync(from);
    } catch {
      return undefined;
    }
    using _source = source;
    using target = withShortPath(to, (short) => {
      return Deno.openSync(short, { write: true, createNew: true, mode: 0o600 });
    });
    return await hashFile(source, {
      breathe: this.#breathe,
      write: (piece) => {
        for (let at = 0; at < piece.length;) at += target.writeSync(piece.subarray(at));
      },
    });
  }

  /** Who may change a folder may lead elsewhere what is below it. Then what was read must be hashed. */
  #isSafe(folder: string): boolean {
    const known = this.#safe.get(folder);
    if (known !== undefined) return known;
    const info = lookAt(folder === "" ? this.#base.path : `${this.#base.path}/${folder}`);
    const mode = this.#modes.get(folder);
    const isSafe = info !== undefined && mode !== undefined &&
      isUntouched(info, mode, this.#owner) && (folder === "" || this.#isSafe(parentOf(folder)));
    this.#safe.set(folder, isSafe);
    return isSafe;
  }
}

function remove(place: string): void {
  try {
    withShortPath(place, (path) => Deno.removeSync(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
