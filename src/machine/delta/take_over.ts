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
import type { TreeEntry } from "../../archive/tree/tree.ts";
import { withShortPath } from "../../archive/write/long_path.ts";
import { openForOwner } from "../revisions/trees.ts";
import { setAttributes } from "./attributes.ts";
import { hashOf } from "./file_hash.ts";
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
  /** Where the spare is now. */
  readonly place: string;
  readonly to: string;
  /** For each entry of the spare's tree the one of the next revision with that path. */
  readonly matches: readonly (TreeEntry | undefined)[];
  readonly owner: Owner;
  /** Whether files are read although they look the same. */
  readonly isFull: boolean;
  /** Called now and then. Lets others work, and throws if the work is to end. */
  readonly breathe: () => Promise<void>;
}

/** After so many entries, of which most are not read, others may work. */
const ENTRIES_A_TURN = 32;

/** An entry of the spare, and the one of the next revision with that path. */
interface Old extends Numbered {
  readonly wanted: TreeEntry | undefined;
}

/** Where a folder of the spare is now. */
interface Site {
  readonly place: string;
  /** Whether that is in the new revision's folder. */
  readonly isIn: boolean;
}

/** What is in the new revision's folder now, as it must be: entries of the next revision. */
export interface Taken {
  readonly kept: ReadonlySet<TreeEntry>;
  /** How those look that were left as and where they were, but for folders that are not sure to have been. */
  readonly looks: ReadonlyMap<TreeEntry, Deno.FileInfo>;
}

export const NOTHING_TAKEN: Taken = { kept: new Set(), looks: new Map() };

export async function takeOver(options: TakeOverOptions): Promise<Taken> {
  return await new TakeOver(options).run();
}

class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #sites = new Map<string, Site>();
  readonly #kept = new Set<TreeEntry>();
  readonly #looks = new Map<TreeEntry, Deno.FileInfo>();
  /** The inodes of kept files and links with several names, by their first path. */
  readonly #inodes = new Map<string, number | null>();
  #leftBehind = 0;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  async run(): Promise<Taken> {
    const { from, place, owner, matches, isFull, breathe } = this.#options;
    const root = lookAt(place);
    if (!from.isRecorded || root === undefined || !isUntouched(root, from.mode, owner)) {
      return NOTHING_TAKEN;
    }
    openForOwner(place);
    this.#sites.set("", { place, isIn: false });
    const first = matches.length - from.below.length;
    for (const [index, entry] of from.below.entries()) {
      const decided = this.#decide({ entry, index, wanted: matches[first + index] });
      if (decided !== undefined) await decided;
      if (isFull || index % ENTRIES_A_TURN === 0) await breathe();
    }
    return { kept: this.#kept, looks: this.#looks };
  }

  /** A promise only if a file must be read: most are not. */
  #decide(old: Old): Promise<void> | void {
    const { path, kind } = old.entry;
    const site = this.#sites.get(parentOf(path));
    if (site === undefined) return;
    const place = `${site.place}/${path.slice(path.lastIndexOf("/") + 1)}`;
    const info = lookAt(place);
    if (info === undefined) return;
    if (kind === "folder") this.#decideFolder(old, { site, place, info });
    else return this.#decideFile(old, { site, place, info });
  }

  #decideFolder(old: Old, { site, place, info }: Found): void {
    const { wanted, entry: { path } } = old;
    const { from, owner, to } = this.#options;
    const isOurs = old.entry.kind === "folder" && isUntouched(info, old.entry.mode, owner);
    const sameness = isOurs ? from.compare(old, info) : "changed";
    if (isOurs && isClosed(info)) openForOwner(place);
    const isSame = (): boolean =>
      sameness === "same" || (sameness === "racy" && this.#hasOnly(place, path));
    const home = `${to}/${path}`;
    if (wanted?.kind === "folder" && isSame()) {
      if (!site.isIn) move(place, home);
      else if (sameness === "same") this.#looks.set(wanted, info);
      this.#sites.set(path, { place: home, isIn: true });
      this.#kept.add(wanted);
      return;
    }
    const away = site.isIn ? this.#leaveBehind(place) : place;
    if (isOurs) this.#sites.set(path, { place: away, isIn: false });
    if (wanted?.kind !== "folder") return;
    withShortPath(home, (path) => Deno.mkdirSync(path, { mode: 0o700 }));
    this.#kept.add(wanted);
  }

  #decideFile(old: Old, found: Found): Promise<void> | void {
    const { wanted } = old;
    if (wanted === undefined) return this.#settleFile(old, found, undefined);
    const stays = this.#staysAs(wanted, { old, ...found });
    if (typeof stays === "boolean") {
      return this.#settleFile(old, found, stays ? wanted : undefined);
    }
    return stays.then((stays) => this.#settleFile(old, found, stays ? wanted : undefined));
  }

  /** @param wanted the entry of the next revision that the file stays as */
  #settleFile(
    { entry: { path } }: Old,
    { site, place, info }: Found,
    wanted: TreeEntry | undefined,
  ): void {
    const home = `${this.#options.to}/${path}`;
    if (wanted === undefined) {
      // What is left behind must not count as a name of what stays, either.
      if (site.isIn || (info.nlink ?? 1) > 1) {
        withShortPath(place, (path) => Deno.removeSync(path));
      }
      return;
    }
    if (!site.isIn) move(place, home);
    this.#kept.add(wanted);
    if (wanted.kind === "hardlink") return;
    const isSet = setAttributes(home, wanted, info);
    if (info.nlink !== 1) this.#inodes.set(path, info.ino);
    else if (site.isIn && !isSet) this.#looks.set(wanted, info);
  }

  /** Whether a file or link of the spare is what the next revision has at that path. */
  #staysAs(
    wanted: TreeEntry,
    { old, place, info }: Found & { readonly old: Old },
  ): Promise<boolean> | boolean {
    const { entry } = old;
    const { from, owner, isFull, breathe } = this.#options;
    if (info.uid !== owner.uid || info.gid !== owner.gid) return false;
    if (entry.kind === "hardlink") {
      // Its inode has been looked at by its first name, and was moved since.
      return wanted.kind === "hardlink" && entry.target === wanted.target &&
        this.#inodes.get(wanted.target) === info.ino;
    }
    const sameness = from.compare(old, info);
    if (sameness === "changed") return false;
    if (entry.kind === "file" && wanted.kind === "file") {
      if (entry.sha256 !== wanted.sha256) return false;
      if (sameness === "same" && !isFull) return true;
      return hashOf(place, breathe).then((sha256) => sha256 === wanted.sha256);
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
    const away = `${this.#options.place}/.ftl-${this.#leftBehind++}-${crypto.randomUUID()}`;
    move(place, away);
    return away;
  }
}

interface Found {
  readonly site: Site;
  readonly place: string;
  readonly info: Deno.FileInfo;
}

function isClosed({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & 0o700) !== 0o700;
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
