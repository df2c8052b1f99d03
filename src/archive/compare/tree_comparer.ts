/**
 * Compares admitted entries with what is below a folder, as if they were written there. It writes nothing and
 * follows no link.
 *
 * Only what is there at the end of the archive must be on the disk. So an entry that replaces another one takes
 * back what was found at its path. A hard link stays with the content that its target had at that moment, also if
 * a later entry replaces the target. So of each file that is not as it was spooled, its SHA-256 is kept until the
 * end: a later link may be right all the same.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { type Entry, type EntryHandler, shown } from "../entry.ts";
import { Column, SPARSE } from "../paths/column.ts";
import { ROOT } from "../paths/path_table.ts";
import type { Tree } from "../rules.ts";
import { folderMode, IMPLIED_MODE } from "../write/folder_mode.ts";
import { withShortPath } from "../write/long_path.ts";
import { ContentComparer } from "./content.ts";
import { compareAttributes, type Difference, type Expected, hasExactTime } from "./difference.ts";
import { compareWhole, isOfContent, type Whole, wholeOf } from "./whole.ts";

/** A path of the tree, and where it is on the disk. */
interface Site {
  readonly node: number;
  readonly parent: number;
  readonly place: string;
}

/** A file that is being compared. */
interface OpenFile {
  readonly site: Site;
  readonly expected: Expected;
  /** What is on the disk. */
  readonly found: Deno.FileInfo | undefined;
  readonly content: ContentComparer;
  /** Bytes up to now. */
  size: number;
}

/** What is found at a path: how it differs, or that nothing is there. */
export type Found = readonly Difference[] | "missing";

export class TreeComparer implements EntryHandler {
  readonly #tree: Tree;
  readonly #target: string;
  readonly #found = new Map<number, Found>();
  /** What must be at the paths that are not as they should be, and at links to them. */
  readonly #expected = new Map<number, Whole>();
  /**
   * What must be at the paths whose time only may stand for the right one. It is perhaps that of a later entry, and then
   * an earlier link has another one.
   */
  readonly #unsure = new Map<number, Whole>();
  /** Links that are files of their own, by the node that they should be the same as. */
  readonly #apart = new Map<number, number[]>();
  /** Of a hard link: the node that has the right content, plus 1. */
  readonly #origins = new Column((length) => new Uint32Array(length), SPARSE);
  /** 1 if an entry has replaced an earlier one at the node. */
  readonly #renewed = new Column((length) => new Uint8Array(length), SPARSE);
  /** 1 if there is a folder on the disk, and no link leads to it. */
  readonly #folders = new Column((length) => new Uint8Array(length), SPARSE);
  #file: OpenFile | undefined;

  constructor(tree: Tree, target: string) {
    this.#tree = tree;
    this.#target = target;
    this.#compareImplied(ROOT);
  }

  begin(entry: Entry): void {
    const { node, parent, path, parents, exists, linked, replaced } = this.#tree.admit(entry);
    for (const implied of parents) this.#compareImplied(implied);
    if (replaced !== undefined) this.#renew(node);
    const site = { node, parent, place: path === "" ? this.#target : `${this.#target}/${path}` };
    const { kind, mode, mtime, size, target } = entry;
    if (kind === "directory") this.#compareFolder(site, { mode, mtime });
    else if (kind === "symlink") this.#compare(site, { kind, mtime, target });
    else if (kind === "hardlink" && !exists) this.#compareHardLink(site, linked);
    else if (kind === "file") this.#beginFile(site, { kind, mode, mtime, size });
  }

  data(piece: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    file.size += piece.length;
    explained(file.site.place, () => file.content.add(piece));
  }

  finish(): void {
    const file = this.#file;
    if (file === undefined) return;
    const { site, found, content } = file;
    const expected: Whole = { ...file.expected, size: file.size, content: content.content() };
    this.close();
    const differences = found && compareAttributes(found, expected);
    if (differences?.every(isOfContent) && !content.isSame) differences.push({ what: "content" });
    this.#keep(site, expected, { info: found, found: differences ?? "missing" });
  }

  /** What is not as it should be. Call it at the end of the archive. */
  *findings(): Generator<{ readonly path: string; readonly found: Found }> {
    for (const [node, found] of this.#found) yield { path: this.#tree.paths.pathOf(node), found };
  }

  /** Closes what is half compared. */
  close(): void {
    this.#file?.content[Symbol.dispose]();
    this.#file = undefined;
  }

  #beginFile(site: Site, expected: Expected): void {
    const found = this.#look(site);
    // The size of a revision that is one file is known only at its end.
    const { size = found?.size } = expected;
    const canBeSame = found?.isFile === true && found.size === size;
    const content = explained(
      site.place,
      () => new ContentComparer(canBeSame ? site.place : undefined),
    );
    this.#file = { site, expected, found, content, size: 0 };
  }

  /** Compares a folder that the archive has no entry for. */
  #compareImplied(node: number): void {
    this.#compareFolder(this.#siteOf(node), { mode: IMPLIED_MODE, mtime: undefined });
  }

  #compareFolder(
    site: Site,
    { mode, mtime }: { readonly mode: number; readonly mtime: number | undefined },
  ): void {
    this.#compare(site, { kind: "folder", mode: folderMode(site.node, mode), mtime });
    const found = this.#found.get(site.node) ?? [];
    const isFolder = found !== "missing" && found.every(({ what }) => what !== "type");
    this.#folders.set(site.node, isFolder ? 1 : 0);
  }

  #compareHardLink(site: Site, linked: number): void {
    const { node } = site;
    const expected = this.#expected.get(linked);
    if (expected !== undefined) {
      this.#compare(site, expected);
      return void this.#expected.set(node, expected);
    }
    const origin = this.#found.has(linked) ? this.#origins.get(linked) - 1 : linked;
    this.#origins.set(node, origin + 1);
    const { place } = this.#siteOf(origin);
    const [right, found] = [this.#look(this.#siteOf(origin)), this.#look(site)];
    // Somebody has removed it since it was compared.
    if (right === undefined) return void this.#found.set(node, "missing");
    const unsure = this.#unsure.get(linked);
    if (found?.dev === right.dev && found.ino === right.ino) return;
    this.#compare(site, unsure ?? explained(place, () => wholeOf(right, place)));
    if (unsure !== undefined) this.#unsure.set(node, unsure);
    this.#expected.delete(node); // what is at the origin says it
    if (this.#found.has(node) || this.#renewed.get(origin) === 1) return;
    this.#found.set(node, [{ what: "link", spooled: this.#tree.paths.pathOf(origin) }]);
    const apart = this.#apart.get(origin);
    if (apart === undefined) this.#apart.set(origin, [node]);
    else apart.push(node);
  }

  /** Compares anything but a file of the archive. */
  #compare(site: Site, expected: Whole): void {
    const found = this.#look(site);
    const differences = found &&
      explained(site.place, () => compareWhole(site.place, found, expected));
    this.#keep(site, expected, { info: found, found: differences ?? "missing" });
  }

  /** @param info what is at the site */
  #keep(
    { node }: Site,
    expected: Whole,
    { info, found }: { readonly info: Deno.FileInfo | undefined; readonly found: Found },
  ): void {
    this.#found.delete(node);
    this.#expected.delete(node);
    this.#unsure.delete(node);
    if (found !== "missing" && found.length === 0) {
      if (info !== undefined && !hasExactTime(info, expected)) this.#unsure.set(node, expected);
      return;
    }
    this.#found.set(node, found);
    if (expected.kind !== "folder") this.#expected.set(node, expected);
  }

  /** Another entry is at that path now. */
  #renew(node: number): void {
    this.#found.delete(node);
    this.#expected.delete(node);
    this.#unsure.delete(node);
    this.#origins.set(node, 0);
    this.#folders.set(node, 0);
    this.#renewed.set(node, 1);
    // They are no longer links to what is there.
    for (const other of this.#apart.get(node) ?? []) {
      const found = this.#found.get(other);
      if (found !== "missing" && found?.[0]?.what === "link") this.#found.delete(other);
    }
    this.#apart.delete(node);
  }

  /** What is on the disk. Undefined if nothing is there, or if its folder is not where it should be. */
  #look({ node, parent, place }: Site): Deno.FileInfo | undefined {
    if (node !== ROOT && this.#folders.get(parent) !== 1) return undefined;
    try {
      return withShortPath(place, Deno.lstatSync);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw explain(error, place);
    }
  }

  #siteOf(node: number): Site {
    const { paths } = this.#tree;
    const place = node === ROOT ? this.#target : `${this.#target}/${paths.pathOf(node)}`;
    return { node, parent: paths.parentOf(node), place };
  }
}

/** Does one step on the disk. An error names the path. */
function explained<T>(place: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw explain(error, place);
  }
}

function explain(error: unknown, place: string): unknown {
  return explainDiskError(error, `Cannot read ${shown(place)}`);
}
