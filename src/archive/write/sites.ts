/**
 * Knows where folders are while a tree is written: side by side in a temporary folder, "aside", or
 * already in their parent. `tree_writer.ts` says why. A node is a folder's number in the tree.
 */
import { Column } from "../paths/column.ts";
import { type PathTable, ROOT } from "../paths/path_table.ts";
import { nameOf } from "../paths/safe_path.ts";

/** Absolute paths. */
export interface Places {
  /** An existing, empty folder that nobody else writes to. */
  readonly target: string;
  /** A free path for a temporary folder on the same file system. A shorter path is faster. */
  readonly aside: string;
}

/** Folders are rare among the entries, so blocks of 2 to this power take less memory. */
export const FEW = 8;

/**
 * At most so many folders are put side by side. Some file systems allow only 32,000 in one folder.
 */
const MOST_ASIDE = 30_000;

export class Sites {
  readonly #paths: Pick<PathTable, "size" | "parentOf" | "nameOf" | "pathOf">;
  readonly #target: string;
  readonly #aside: string;
  /**
   * The name of a folder in the aside folder, plus 1. 0 for a folder that is made in its parent.
   */
  readonly #names = new Column((length) => new Uint16Array(length), FEW);
  /** How many folders were made aside. 0 again when all are in their places. */
  #made = 0;
  /** The last folder that was looked up, and its path. */
  #lastFolder = -1;
  #lastSite = "";

  constructor(
    paths: Pick<PathTable, "size" | "parentOf" | "nameOf" | "pathOf">,
    { target, aside }: Places,
  ) {
    this.#paths = paths;
    this.#target = target;
    this.#aside = aside;
  }

  /** Whether the aside folder exists. */
  get hasAside(): boolean {
    return this.#made > 0;
  }

  /** Whether a new folder is to be made aside. */
  goesAside(node: number): boolean {
    return this.#paths.parentOf(node) !== ROOT && this.#made < MOST_ASIDE;
  }

  putAside(node: number): void {
    this.#names.set(node, ++this.#made);
  }

  /** Must be called when something else replaces the folder. */
  forget(node: number): void {
    this.#names.set(node, 0);
    this.#lastFolder = -1;
  }

  /** Where an entry of that folder is until the whole tree is written. */
  in(parent: number, path: string): string {
    if (parent !== this.#lastFolder) {
      this.#lastSite = this.of(parent);
      this.#lastFolder = parent;
    }
    return `${this.#lastSite}/${nameOf(path)}`;
  }

  /** Where the node is until the whole tree is written. */
  of(node: number): string {
    if (node === ROOT) return this.#target;
    const name = this.#names.get(node);
    if (name !== 0) return this.#nameAside(name);
    return `${this.of(this.#paths.parentOf(node))}/${this.#paths.nameOf(node)}`;
  }

  /** The final place of the node. */
  placeOf(node: number): string {
    return node === ROOT ? this.#target : `${this.#target}/${this.#paths.pathOf(node)}`;
  }

  /**
   * The folders that are aside, outer ones first: a folder's number is greater than that of its
   * parent.
   */
  *aside(): Generator<{ node: number; site: string }> {
    if (this.#made === 0) return;
    for (let node = 0; node < this.#paths.size; node++) {
      const name = this.#names.get(node);
      if (name !== 0) yield { node, site: this.#nameAside(name) };
    }
  }

  /** Must be called when all folders are in their places and the aside folder is removed. */
  endAside(): void {
    this.#made = 0;
  }

  #nameAside(name: number): string {
    return `${this.#aside}/${name - 1}`;
  }
}
