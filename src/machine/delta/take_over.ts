/**
 * Moves from a spare what the next revision has too. `from` is the spare, `to` the new revision's folder, which is
 * empty.
 *
 *     a folder of both that looks the same       is moved with all that is in it; what the next one lacks is removed
 *     another folder of both                     is made anew, and what stays of its content is moved one by one
 *     a file or link of both that looks the same is kept
 *     all else                                   is left behind with the spare
 *
 * So no owner or unknown file of a script comes along, and no access list: all of these change the ctime. Only an access
 * list that was set in the second in which the record ends may, as the runtime cannot see it. "Of both" means for
 * a file: the same content, for a link the same target. Nobody writes to a file in place.
 */
import { createHash } from "node:crypto";
import type { TreeEntry } from "../../archive/tree/tree.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { openForOwner } from "../revisions/trees.ts";
import { setAttributes } from "./attributes.ts";
import {
  isUntouched,
  type KnownFolder,
  type Numbered,
  type Owner,
  parentOf,
} from "./known_folder.ts";
import { lookAt } from "./walk.ts";

export interface TakeOverOptions {
  readonly from: KnownFolder;
  readonly to: string;
  /** The entries of the next revision by their paths. */
  readonly next: ReadonlyMap<string, TreeEntry>;
  readonly owner: Owner;
  /** Whether files are read although they look the same. */
  readonly isFull: boolean;
  /** Called after each entry. Lets others work, and throws if the work is to end. */
  readonly breathe: () => Promise<void>;
}

/** Where a folder of the spare is now. */
interface Site {
  readonly place: string;
  /** Whether that is in the new revision's folder. */
  readonly isIn: boolean;
}

/** Returns the paths that are in the new revision's folder now, and are as they must be. */
export async function takeOver(options: TakeOverOptions): Promise<Set<string>> {
  return await new TakeOver(options).run();
}

class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #sites = new Map<string, Site>();
  readonly #kept = new Set<string>();
  /** The inodes of kept files and links that have several names, by their first path. */
  readonly #inodes = new Map<string, number | null>();
  #leftBehind = 0;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  async run(): Promise<Set<string>> {
    const { from, owner, breathe } = this.#options;
    const root = lookAt(from.path);
    if (!from.isRecorded || root === undefined || !isUntouched(root, from.mode, owner)) {
      return this.#kept;
    }
    openForOwner(from.path);
    this.#sites.set("", { place: from.path, isIn: false });
    for (const [index, entry] of from.below.entries()) {
      this.#decide({ entry, index });
      await breathe();
    }
    return this.#kept;
  }

  #decide(old: Numbered): void {
    const { path, kind } = old.entry;
    const site = this.#sites.get(parentOf(path));
    if (site === undefined) return;
    const place = `${site.place}/${path.slice(path.lastIndexOf("/") + 1)}`;
    const info = lookAt(place);
    if (info === undefined) return;
    if (kind === "folder") this.#decideFolder(old, { site, place, info });
    else this.#decideFile(old, { site, place, info });
  }

  #decideFolder(old: Numbered, { site, place, info }: Found): void {
    const { path } = old.entry;
    const { from, next, owner, to } = this.#options;
    const isOurs = old.entry.kind === "folder" && isUntouched(info, old.entry.mode, owner);
    const isWanted = next.get(path)?.kind === "folder";
    const sameness = isOurs ? from.compare(old, info) : "changed";
    if (info.isDirectory && isOurs) openForOwner(place);
    const isKept = isWanted &&
      (sameness === "same" || (sameness === "racy" && this.#hasOnly(place, path)));
    const home = `${to}/${path}`;
    if (isKept) {
      if (!site.isIn) move(place, home);
      this.#sites.set(path, { place: home, isIn: true });
      this.#kept.add(path);
      return;
    }
    const away = site.isIn ? this.#leaveBehind(place) : place;
    if (isOurs) this.#sites.set(path, { place: away, isIn: false });
    if (!isWanted) return;
    withShortPath(home, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    this.#kept.add(path);
  }

  #decideFile(old: Numbered, { site, place, info }: Found): void {
    const { path } = old.entry;
    const wanted = this.#options.next.get(path);
    const home = `${this.#options.to}/${path}`;
    if (wanted === undefined || !this.#staysAs(wanted, { old, place, info })) {
      // What is left behind must not count as a name of what stays, either.
      if (site.isIn || (info.nlink ?? 1) > 1) {
        withShortPath(place, (path) => Deno.removeSync(path));
      }
      return;
    }
    if (!site.isIn) move(place, home);
    if (wanted.kind !== "hardlink") {
      this.#inodes.set(path, info.ino);
      setAttributes(home, wanted, info);
    }
    this.#kept.add(path);
  }

  /** Whether a file or link of the spare is what the next revision has at that path. */
  #staysAs(
    wanted: TreeEntry,
    { old, place, info }: {
      readonly old: Numbered;
      readonly place: string;
      readonly info: Deno.FileInfo;
    },
  ): boolean {
    const { entry } = old;
    const { from, owner, isFull } = this.#options;
    if (info.uid !== owner.uid || info.gid !== owner.gid) return false;
    if (entry.kind === "hardlink") {
      // Its inode has been looked at by its first name, and was moved since.
      return wanted.kind === "hardlink" && entry.target === wanted.target &&
        this.#kept.has(wanted.target) && this.#inodes.get(wanted.target) === info.ino;
    }
    const sameness = from.compare(old, info);
    if (sameness === "changed") return false;
    if (entry.kind === "file" && wanted.kind === "file") {
      if (entry.sha256 !== wanted.sha256) return false;
      return (sameness === "same" && !isFull) || hashOf(place) === wanted.sha256;
    }
    return entry.kind === "symlink" && wanted.kind === "symlink" &&
      entry.target === wanted.target && linkAt(place) === wanted.target;
  }

  /** Whether a folder has no other names in it than the spare's tree tells. */
  #hasOnly(place: string, path: string): boolean {
    this.#names ??= namesByFolder(this.#options.from.below);
    const names = this.#names.get(path) ?? new Set();
    try {
      const found = withShortPath(place, (path) => [...Deno.readDirSync(path)]);
      return found.length === names.size && found.every(({ name }) => names.has(name));
    } catch {
      return false;
    }
  }
  #names: Map<string, Set<string>> | undefined;

  /** Moves a folder that the next revision does not have back to the spare. */
  #leaveBehind(place: string): string {
    const away = `${this.#options.from.path}/.ftl-${this.#leftBehind++}-${crypto.randomUUID()}`;
    move(place, away);
    return away;
  }
}

interface Found {
  readonly site: Site;
  readonly place: string;
  readonly info: Deno.FileInfo;
}

function move(from: string, to: string): void {
  withShortPath(to, (short) => {
    // Both may be too long, and only one can be shortened at a time. That is rare enough for the whole object.
    Deno.renameSync(from, short);
  });
}

function namesByFolder(entries: readonly TreeEntry[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { path } of entries) {
    const folder = parentOf(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const found = names.get(folder);
    if (found === undefined) names.set(folder, new Set([name]));
    else found.add(name);
  }
  return names;
}

function linkAt(place: string): string | undefined {
  try {
    return withShortPath(place, (path) => Deno.readLinkSync(path));
  } catch {
    return undefined;
  }
}

/** One for all files: each of its own would be garbage that V8 does not see in time. */
const buffer = new Uint8Array(256 * 1024);

/** Undefined if it cannot be read. */
export function hashOf(place: string): string | undefined {
  try {
    using file = withShortPath(place, (path) => Deno.openSync(path));
    const hash = createHash("sha256");
    for (;;) {
      const read = file.readSync(buffer);
      if (read === null) return hash.digest("hex");
      hash.update(buffer.subarray(0, read));
    }
  } catch {
    return undefined;
  }
}
