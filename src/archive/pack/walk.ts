/**
 * Finds what is in a folder that is to be packed. Everything is looked at before the first byte is
 * packed, so what cannot be packed is refused at once. Only names and attributes are in memory.
 */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { IntegrityError, StorageError } from "../../errors.ts";
import { shown } from "../entry.ts";
import { isLonger, MAX_PATH } from "../paths/safe_path.ts";
import { comparePaths } from "../tree/path_order.ts";
import { withShortPath } from "../write/long_path.ts";
import type { Excludes } from "./excludes.ts";

interface Found {
  /** Below the folder, without a slash at its beginning or end. */
  readonly path: string;
  /** Unix milliseconds, whole. */
  readonly mtime: number;
  /** Permission bits, without setuid, setgid and sticky. */
  readonly mode: number;
  /** Tells whether it has changed since. */
  readonly identity: string;
}

export interface FoundFile extends Found {
  readonly kind: "file";
  /** Bytes. */
  readonly size: number;
}

/** What is in a folder, in the order in which it is packed. */
export type FoundEntry =
  | FoundFile
  | (Found & { readonly kind: "folder" })
  | (Found & { readonly kind: "symlink"; readonly target: string })
  /** `target`: the first path of the same file or symlink. */
  | (Found & { readonly kind: "hardlink"; readonly target: string });

export interface FoundFolder {
  /** Folder by folder, the names of each by their bytes. The folder itself is not among them. */
  readonly entries: readonly FoundEntry[];
  /** Everything but folders. */
  readonly files: number;
  /** Bytes of all files. A file with several names counts once. */
  readonly bytes: number;
  /** Paths that `--exclude` left out; what is in a folder that was left out is not counted. */
  readonly excluded: number;
}

interface WalkOptions {
  readonly excludes: Excludes;
  readonly signal?: AbortSignal | undefined;
}

/** After so many folders, signals and timers get a turn. */
const FOLDERS_A_TURN = 200;

/**
 * Follows no link, except that `root` itself may be one. Throws `IntegrityError` for what no archive
 * can hold or no machine could unpack, and `StorageError` for what cannot be read.
 */
export async function walkFolder(
  root: string,
  { excludes, signal }: WalkOptions,
): Promise<FoundFolder> {
  const walk = new Walk(root, excludes);
  let turns = 0;
  for (const _folder of walk.enter("")) {
    if (++turns % FOLDERS_A_TURN !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  return walk;
}

class Walk implements FoundFolder {
  readonly entries: FoundEntry[] = [];
  files = 0;
  bytes = 0;
  excluded = 0;
  readonly #root: string;
  readonly #excludes: Excludes;
  /** The first path of each file that has several names, by its device and inode. */
  readonly #linked = new Map<string, string>();

  constructor(root: string, excludes: Excludes) {
    this.#root = root;
    this.#excludes = excludes;
  }

  /** Yields after each folder. */
  *enter(folder: string): Generator<void> {
    for (const { name, isDirectory } of namesIn(this.#root, folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (this.#excludes.has(path, isDirectory)) {
        this.excluded++;
        continue;
      }
      if (isLonger(path, MAX_PATH)) {
        throw refusal(path, `its path is longer than ${MAX_PATH} bytes`);
      }
      const entry = this.#look(path, isDirectory);
      this.entries.push(entry);
      if (entry.kind === "folder") yield* this.enter(path);
      else this.files++;
    }
    yield;
  }

  #look(path: string, isDirectory: boolean): FoundEntry {
    const place = `${this.#root}/${path}`;
    const info = statOf(place, path);
    if (info.isDirectory !== isDirectory) throw changed(path);
    const found = {
      path,
      mtime: storable(info.mtime?.getTime() ?? 0),
      mode: (info.mode ?? 0) & 0o777,
      identity: identityOf(info),
    };
    if (info.isDirectory) return { kind: "folder", ...found };
    if (!info.isFile && !info.isSymlink) throw refusal(path, `it is ${specialKind(info)}`);
    const first = this.#firstName(info, path);
    if (first !== undefined) return { kind: "hardlink", ...found, target: first };
    if (info.isSymlink) return { kind: "symlink", ...found, target: targetOf(place, path) };
    this.bytes += info.size;
    return { kind: "file", ...found, size: info.size };
  }

  /** The path under which the same file was found before. */
  #firstName({ dev, ino, nlink }: Deno.FileInfo, path: string): string | undefined {
    if ((nlink ?? 1) < 2 || ino === null) return undefined;
    const key = `${dev} ${ino}`;
    const first = this.#linked.get(key);
    if (first === undefined) this.#linked.set(key, path);
    return first;
  }
}

/** Before 1970 FTL stores whole seconds: see `storedMtime`. */
function storable(mtime: number): number {
  return mtime < 0 ? Math.floor(mtime / 1000) * 1000 : mtime;
}

/** The entries of a folder by the bytes of their names. */
function namesIn(root: string, folder: string): Deno.DirEntry[] {
  const place = folder === "" ? root : `${root}/${folder}`;
  let entries;
  try {
    entries = withShortPath(place, (path) => [...Deno.readDirSync(path)]);
  } catch (error) {
    throw unreadable(error, folder === "" ? place : folder);
  }
  entries.sort((a, b) => comparePaths(a.name, b.name));
  // The runtime reads names that are not UTF-8 with a replacement character: two may look the same.
  const twice = entries.find(({ name }, index) => name === entries[index + 1]?.name);
  if (twice !== undefined) throw notUtf8(folder === "" ? twice.name : `${folder}/${twice.name}`);
  return entries;
}

/** Throws `IntegrityError` if it is gone, or if its name is not UTF-8. */
export function statOf(place: string, path: string): Deno.FileInfo {
  try {
    return withShortPath(place, (short) => Deno.lstatSync(short));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw unreadable(error, path);
    throw path.includes("\ufffd") ? notUtf8(path) : changed(path);
  }
}

/** Changes if a file gets other bytes or another mode, or if a folder gets other names. */
export function identityOf({ dev, ino, size, mode, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mode, mtime?.getTime(), ctime?.getTime()].join(" ");
}

function targetOf(place: string, path: string): string {
  let target;
  try {
    target = withShortPath(place, (short) => Deno.readLinkSync(short));
  } catch (error) {
    if (/not valid UTF-8/.test(String(error))) {
      throw refusal(path, "its link target is not UTF-8, and FTL's runtime can write no others");
    }
    throw systemCode(error) === "ENOENT" ? changed(path) : unreadable(error, path);
  }
  if (isLonger(target, MAX_PATH - 1)) {
    throw refusal(path, `its target is longer than ${MAX_PATH - 1} bytes`);
  }
  return target;
}

function specialKind({ isSocket, isFifo, isBlockDevice, isCharDevice }: Deno.FileInfo): string {
  if (isSocket) return "a socket";
  if (isFifo) return "a fifo";
  return isBlockDevice || isCharDevice ? "a device" : "neither a file, a folder nor a link";
}

function refusal(path: string, why: string): IntegrityError {
  return new IntegrityError(`Cannot pack ${shown(path)}: ${why}`, {
    hint: "Leave it out with --exclude, or remove it",
  });
}

function notUtf8(path: string): IntegrityError {
  return new IntegrityError(
    `Cannot pack ${shown(path)}: its name is not UTF-8, and FTL's runtime can write no other names`,
    { hint: "Rename it: 'convmv -f latin1 -t utf8' does that for a whole tree" },
  );
}

/** For a folder that somebody else is still changing. */
export function changed(path: string): IntegrityError {
  return new IntegrityError(`${shown(path)} changed while it was being packed`, {
    hint: "Nothing was uploaded: spool the folder again once it is complete",
  });
}

export function unreadable(error: unknown, path: string): unknown {
  if (systemCode(error) === "EACCES") {
    return new StorageError(`Cannot pack ${shown(path)}: permission denied`, {
      cause: error,
      hint: "Run ftl as a user who may read the whole folder, or leave it out with --exclude",
    });
  }
  return explainDiskError(error, `Cannot pack ${shown(path)}`);
}
