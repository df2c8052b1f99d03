/**
 * Where folders are while a tree is written: side by side in one folder aside, or where they belong in their
 * parent. `tree_writer.ts` says why. A node is a folder's number in the tree.
 */
import { Column } from "../paths/column.ts";
import { type PathTable, ROOT } from "../paths/path_table.ts";
import { nameOf } from "../paths/safe_path.ts";

/** Absolute paths. */
export interface Places {
  /** An existing, empty folder that nobody else writes to. */
  readonly target: string;
  /** A place for a folder on the same file system, which is there meanwhile; the shorter, the faster. */
  readonly aside: string;
}

/** Folders lie far from each other among the entries: blocks of 2 to this power take less. */
export const FEW = 8;

/** Folders side by side at most: some file systems take no more than 32,000 in one. */
const MOST_ASIDE = 30_000;

export class Sites {
  readonly #paths: Pick<PathTable, "size" | "parentOf" | "nameOf" | "pathOf">;
  readonly #target: string;
  readonly #aside: string;
  /** For a folder that is filled aside, its name there plus 1; 0 for the others, which are made in their parent. */
  readonly #names = new Column((length) => new Uint16Array(length), FEW);
  /** Folders made aside; none again once all are in their places. */
  #made = 0;
  /** The last folder that was looked for, and where it is. */
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

  /** Whether the folder aside has been made, and has not been removed. */
  get hasAside(): boolean {
    return this.#made > 0;
  }

  /** Whether a new folder is to be filled aside. */
  goesAside(node: number): boolean {
    return this.#paths.parentOf(node) !== ROOT && this.#made < MOST_ASIDE;
  }

  putAside(node: number): void {
    this.#names.set(node, ++this.#made);
  }

  /** For a folder that something else takes the place of. */
  forget(node: number): void {
    this.#names.set(node, 0);
    this.#lastFolder = -1;
  }

  /** Where an entry in that folder is until all is there. */
  in(parent: number, path: string): string {
    if (parent !== this.#lastFolder) {
      this.#lastSite = this.of(parent);
      this.#lastFolder = parent;
    }
    return `${this.#lastSite}/${nameOf(path)}`;
  }

  /** Where the node is until all is there. */
  of(node: number): string {
    if (node === ROOT) return this.#target;
    const name = this.#names.get(node);
    if (name !== 0) return this.#nameAside(name);
    return `${this.of(this.#paths.parentOf(node))}/${this.#paths.nameOf(node)}`;
  }

  /** Where it belongs. */
  placeOf(node: number): string {
    return node === ROOT ? this.#target : `${this.#target}/${this.#paths.pathOf(node)}`;
  }

  /** The folders that are aside, outer ones first: a folder's number is greater than that of the one that it is in. */
  *aside(): Generator<{ node: number; site: string }> {
    if (this.#made === 0) return;
    for (let node = 0; node < this.#paths.size; node++) {
      const name = this.#names.get(node);
      if (name !== 0) yield { node, site: this.#nameAside(name) };
    }
  }

  /** All are in their places, and the folder aside is gone. */
  endAside(): void {
    this.#made = 0;
  }

  #nameAside(name: number): string {
    return `${this.#aside}/${name - 1}`;
  }
}
