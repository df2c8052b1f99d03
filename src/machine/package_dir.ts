/**
 * The directory of one package on this machine, `$FTL_ROOT/my_site`:
 *
 *     current  -> revs/VZ5vQk8aR4G     the active revision
 *     previous -> revs/VZ5uB1x0pQa
 *     revs/VZ5vQk8aR4G/                complete or not there at all
 *     .lock
 *     .ftl/                            staging/, aside/, trash/, state/, log/, and more
 *
 * The folder itself may be a link to another disk. Nothing in it may be a link: the folder may belong to the
 * user that the package runs as, and that user must not lead root's `ftl` to another place.
 */
import { NotFoundError, StorageError, UsageError } from "../errors.ts";
import {
  compareNames,
  isPackageName,
  isRevisionId,
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import { nearestOf } from "../nearest.ts";
import { explainDiskError, systemCode } from "../disk_errors.ts";
import { clearPlace } from "./disk/durable.ts";

const REMOVING = "removing";

export class PackageDir {
  constructor(readonly root: string, readonly name: PackageName) {}

  get path(): string {
    return `${this.root}/${this.name}`;
  }
  get current(): string {
    return `${this.path}/current`;
  }
  get previous(): string {
    return `${this.path}/previous`;
  }
  get revs(): string {
    return `${this.path}/revs`;
  }
  /** FTL's own folder. All that a crash can leave behind lies below it. */
  get own(): string {
    return `${this.path}/.ftl`;
  }
  /** The lock on every change to the package: publish, jump, remove. */
  get lock(): string {
    return `${this.path}/.lock`;
  }
  /** The lock of a sync that fetches revisions or deploys the blessed one. */
  get syncLock(): string {
    return `${this.own}/sync.lock`;
  }
  /** The lock for running the `post-sync` of candidates and for removing revisions. */
  get candidatesLock(): string {
    return `${this.own}/candidates.lock`;
  }
  get staging(): string {
    return `${this.own}/staging`;
  }
  /** Folders for the unpacking of a staged revision. It exists only during that time. */
  get aside(): string {
    return `${this.own}/aside`;
  }
  get trash(): string {
    return `${this.own}/trash`;
  }
  get states(): string {
    return `${this.own}/state`;
  }
  /** Has a file for each revision that is being deleted in place. It exists only during that time. */
  get removing(): string {
    return `${this.own}/${REMOVING}`;
  }

  /** The output of scripts. */
  get logs(): string {
    return `${this.own}/log`;
  }

  revisionPath(id: RevisionId): string {
    return `${this.revs}/${id}`;
  }

  revisionName(id: RevisionId): RevisionName {
    return revisionName({ package: this.name, id });
  }

  /** Whether the revision is on this machine and complete. */
  has(id: RevisionId): boolean {
    return this.isThere(id) && !this.isBeingRemoved(id);
  }

  /** The names in FTL's own folder. This one look spares many looks at files that are missing. */
  ownNames(): Set<string> {
    return new Set(readNames(this.own, () => true));
  }

  /** The ids of the complete revisions, oldest first. `own` holds the names in FTL's folder at this moment. */
  revisions(own?: ReadonlySet<string>): RevisionId[] {
    const gone = new Set(own === undefined || own.has(REMOVING) ? this.beingRemoved() : []);
    return readNames(this.revs, ({ isDirectory }) => isDirectory)
      .filter(isRevisionId).filter((id) => !gone.has(id));
  }

  /** Whether the revision's folder exists, complete or not. A link to a folder elsewhere does not count. */
  isThere(id: RevisionId): boolean {
    return kindOf(this.revisionPath(id)) === "folder";
  }

  isBeingRemoved(id: RevisionId): boolean {
    return kindOf(`${this.removing}/${id}`) !== undefined;
  }

  beingRemoved(): RevisionId[] {
    if (kindOf(this.removing) !== "folder") return [];
    return readNames(this.removing, () => true).filter(isRevisionId);
  }

  /** Makes FTL's folders if they are missing. Throws `StorageError` if a link is in the place of one. */
  prepare(): void {
    for (const path of [this.revs, this.own]) makeFolder(path);
    for (const path of [this.staging, this.trash, this.states]) {
      // A file in the place of a folder belongs to nobody, and must not stop the machine.
      if (["file", "other"].includes(kindOf(path) ?? "")) clearPlace(path);
      makeFolder(path);
    }
  }
}

/**
 * Makes a folder for FTL if it is missing. The package's folder and the modes in the revision decide who may
 * read a revision: a web server and another user's `ftl list` must reach it, even under the umask of a hardened
 * unit. An existing folder stays as it is.
 */
export function makeFolder(path: string): void {
  // The folder nearly always exists, and an error takes longer than a look.
  if (kindOf(path) === "folder") return;
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    Deno.chmodSync(path, 0o755);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw explainDiskError(error, `Cannot make ${path}`);
    }
    requireNoLink(path);
    if (kindOf(path) === "folder") return;
    throw new StorageError(`${path} is not a folder`, {
      hint: "FTL did not make this: move it away, then run the command again",
    });
  }
}

/** Throws `StorageError` if the path, which lies in a package's folder, is a link. */
export function requireNoLink(path: string): void {
  if (kindOf(path) !== "link") return;
  throw new StorageError(`${path} is a link, and FTL follows none in a package's folder`, {
    hint:
      "Remove it. To keep a package on another disk, put its whole folder there and link to that",
  });
}

/** What is at a path; links are not followed. Undefined if nothing is there. */
export function kindOf(path: string): "folder" | "file" | "link" | "other" | undefined {
  try {
    const { isDirectory, isFile, isSymlink } = Deno.lstatSync(path);
    return isDirectory ? "folder" : isFile ? "file" : isSymlink ? "link" : "other";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

/** The packages that this machine wants: the folders in the root that have a package's name. */
export function listPackages(root: string): PackageDir[] {
  requireRoot(root);
  return readNames(root, (entry) => isPackageName(entry.name) && isDirectoryEntry(root, entry))
    .filter(isPackageName).map((name) => new PackageDir(root, name));
}

/** Throws `NotFoundError` if the operator has not made the package's directory. */
export function requirePackage(root: string, name: PackageName): PackageDir {
  requireRoot(root);
  const found = new PackageDir(root, name);
  if (isDirectory(found.path)) return found;
  const nearest = nearestOf(name, listPackages(root).map((other) => other.name));
  const meant = nearest === undefined ? "" : `Did you mean ${nearest}? If not: `;
  throw new NotFoundError(`No package ${name} on this machine: ${found.path} is not there`, {
    hint: `${meant}a folder tells FTL that this machine wants the package: mkdir ${found.path}`
      .replace(/^a/, "A"),
  });
}

function requireRoot(root: string): void {
  try {
    const { isDirectory, dev, ino } = Deno.statSync(root);
    const system = Deno.statSync("/");
    if (dev === system.dev && ino === system.ino) {
      throw new UsageError(`FTL_ROOT leads to the root of the whole system: ${root}`, {
        hint: "Each folder in it would be a package: give a folder of FTL's own, as in /srv/ftl",
      });
    }
    if (isDirectory) return;
    throw new StorageError(`FTL_ROOT is not a directory: ${root}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw explainDiskError(error, `Cannot read FTL_ROOT, ${root}`);
    }
    throw new NotFoundError(`FTL_ROOT is not there: ${root}`, {
      hint: `mkdir -p ${root}/<package>, for each package that this machine should run`,
    });
  }
}

function readNames(path: string, wanted: (entry: Deno.DirEntry) => boolean): string[] {
  try {
    return [...Deno.readDirSync(path)].filter(wanted).map((entry) => entry.name).sort(compareNames);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

/** A package's directory may be a link to a directory on another disk. */
function isDirectoryEntry(parent: string, entry: Deno.DirEntry): boolean {
  return entry.isDirectory || (entry.isSymlink && isDirectory(`${parent}/${entry.name}`));
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return false;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
