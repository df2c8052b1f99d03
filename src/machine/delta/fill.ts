/**
 * Makes all that the new revision's folder lacks: from a patch, and from a revision that is here. Nothing is
 * overwritten.
 */
import type { PartPiece } from "../../archive/delta/sides.ts";
import type { RevisionTree, TreeEntry, TreeFile } from "../../archive/tree/tree.ts";
import { linkByWayOf, withShortPath } from "../../archive/write/long_path.ts";
import { setLinkMtime } from "../../archive/write/mtime.ts";
import { shown } from "../../archive/entry.ts";
import { IntegrityError } from "../../errors.ts";
import { setAttributes } from "./attributes.ts";
import { BaseFiles } from "./base_files.ts";
import type { KnownFolder, Owner } from "./known_folder.ts";
import { lookAt } from "./walk.ts";

export interface FillOptions {
  /** The new revision's folder. */
  readonly to: string;
  readonly next: RevisionTree;
  /** The entries of the next tree that are there already, as they must be. */
  readonly kept: ReadonlySet<TreeEntry>;
  readonly base: () => KnownFolder;
  /** The contents that the base does not have, each with its SHA-256 checked. Called at most once. */
  readonly fresh: () => Iterable<PartPiece>;
  /** Which contents these are. */
  readonly isFresh: (sha256: string) => boolean;
  readonly owner: Owner;
  /** Whether files are read although they look the same. */
  readonly isFull: boolean;
  /** Called after each file. Lets others work, and throws if the work is to end. */
  readonly breathe: () => Promise<void>;
}

/** Throws `IntegrityError` if a content is nowhere, and the runtime's errors. */
export async function fill(options: FillOptions): Promise<void> {
  const { to, next, kept } = options;
  const missing = next.entries.filter((entry) => entry.path !== "" && !kept.has(entry));
  for (const { kind, path } of missing) {
    if (kind === "folder") {
      withShortPath(`${to}/${path}`, (short) => Deno.mkdirSync(short, { mode: 0o700 }));
    }
  }
  await new Filling(options, missing).run();
  for (const entry of missing) makeLink(entry, to);
}

/** In the order of the tree, the first name of an inode comes before the others. */
function makeLink(entry: TreeEntry, to: string): void {
  const place = `${to}/${entry.path}`;
  if (entry.kind === "symlink") {
    withShortPath(place, (short) => {
      Deno.symlinkSync(entry.target, short);
      setLinkMtime(short, entry.mtime);
    });
  } else if (entry.kind === "hardlink") {
    const between = `${to}/.ftl-${crypto.randomUUID()}`;
    linkByWayOf(between, { from: `${to}/${entry.target}`, to: place });
  }
}

class Filling {
  readonly #options: FillOptions;
  /** The files to make, by their content. */
  readonly #wanted = new Map<string, TreeFile[]>();

  constructor(options: FillOptions, missing: readonly TreeEntry[]) {
    this.#options = options;
    for (const entry of missing) {
      if (entry.kind !== "file") continue;
      const files = this.#wanted.get(entry.sha256);
      if (files === undefined) this.#wanted.set(entry.sha256, [entry]);
      else files.push(entry);
    }
  }

  async run(): Promise<void> {
    const { base, owner, isFull, isFresh, breathe, to } = this.#options;
    await this.#takeFresh();
    if (this.#wanted.size === 0) return;
    const folder = base();
    const source = new BaseFiles(folder, { owner, isFull, breathe });
    for (const [sha256, files] of this.#wanted) {
      if (isFresh(sha256)) throw new IntegrityError("The patch lacks a content");
      for (const file of files) {
        const place = `${to}/${file.path}`;
        if (!await source.copy(sha256, place)) {
          throw new IntegrityError(`${shown(file.path)} was changed in ${folder.path}`);
        }
        settle(place, file);
        await breathe();
      }
    }
  }

  async #takeFresh(): Promise<void> {
    const { isFresh, fresh, breathe } = this.#options;
    if (![...this.#wanted.keys()].some(isFresh)) return;
    let file: Deno.FsFile | undefined;
    try {
      for (const { part: { sha256 }, piece, isLast } of fresh()) {
        const [first] = this.#wanted.get(sha256) ?? [];
        if (first === undefined) continue;
        file ??= this.#create(first);
        for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
        if (isLast) {
          file.close();
          file = undefined;
          this.#complete(sha256);
        }
        await breathe();
      }
    } finally {
      file?.close();
    }
  }

  #create({ path }: TreeFile): Deno.FsFile {
    return withShortPath(`${this.#options.to}/${path}`, (short) => {
      return Deno.openSync(short, { write: true, createNew: true, mode: 0o600 });
    });
  }

  /** The first file with that content is written. Its mode, which may deny reading it, comes last. */
  #complete(sha256: string): void {
    const { to } = this.#options;
    const [first, ...others] = this.#wanted.get(sha256) ?? [];
    this.#wanted.delete(sha256);
    if (first === undefined) return;
    for (const { path } of others) {
      withShortPath(`${to}/${path}`, (short) => Deno.copyFileSync(`${to}/${first.path}`, short));
    }
    for (const file of [first, ...others]) settle(`${to}/${file.path}`, file);
  }
}

function settle(place: string, file: TreeFile): void {
  const info = lookAt(place);
  if (info !== undefined) setAttributes(place, file, info);
}
