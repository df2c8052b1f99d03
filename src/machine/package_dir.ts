/**
 * The directory of one package on this machine, `$FTL_ROOT/my_site`:
 *
 *     current, previous -> revs/VZ5vQk8aR4G     the active revision, and the one before
 *     revs/VZ5vQk8aR4G/                complete or not there at all
 *     shared/                          for the package's scripts, which all its revisions share
 *     .lock
 *     .ftl/                            staging/, trash/, state/, log/, and more
 *
 * The folder itself may be a link to another disk. Nothing in it may be a link: the folder may belong to the user
 * that the package runs as, who must not lead root's `ftl` elsewhere.
 *
 * The file is long because all paths of a package have one owner.
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
import { kindOf, makeFolder } from "./disk/folder.ts";

/** The folder of the revisions, as the links name it too. */
export const REVS = "revs";

/** The names of FTL's own files and folders, below `.ftl`: see docs/formats.md. */
export const OWN_NAMES = {
  syncLock: "sync.lock",
  candidatesLock: "candidates.lock",
  staging: "staging",
  aside: "aside",
  trash: "trash",
  spare: "spare",
  states: "state",
  removing: "removing",
  logs: "log",
  pointer: "master.json",
  trust: "trust.json",
  hold: "hold.json",
  quarantine: "bad.json",
  journal: "jump.json",
  rollout: "rollout.json",
  listing: "listing.json",
  lastSync: "last-sync.json",
  machine: "machine.json",
  reported: "leftovers.json",
} as const;

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
    return `${this.path}/${REVS}`;
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
    return this.ownPath("syncLock");
  }
  /** The lock for running the `post-sync` of candidates and for removing revisions. */
  get candidatesLock(): string {
    return this.ownPath("candidatesLock");
  }
  get staging(): string {
    return this.ownPath("staging");
  }
  /** What a killed FTL 0.1.0 left half unpacked. */
  get aside(): string {
    return this.ownPath("aside");
  }
  get trash(): string {
    return this.ownPath("trash");
  }
  /** A removed revision that is kept for the next delta, and what is known of it. Often missing. */
  get spare(): string {
    return this.ownPath("spare");
  }
  get states(): string {
    return this.ownPath("states");
  }
  /** Has a file for each revision that is being deleted in place. It exists only during that time. */
  get removing(): string {
    return this.ownPath("removing");
  }

  /** A folder for the package's scripts. FTL makes it, and never touches what is in it. */
  get shared(): string {
    return `${this.path}/shared`;
  }

  /** The output of scripts. */
  get logs(): string {
    return this.ownPath("logs");
  }
  /** The path of a file or folder of FTL's own. */
  ownPath(name: keyof typeof OWN_NAMES): string {
    return `${this.own}/${OWN_NAMES[name]}`;
  }

  /** What FTL remembers of a revision. */
  statePath(id: RevisionId): string {
    return `${this.states}/${id}.json`;
  }

  /** What the revision holds: `src/archive/tree/`, compressed. */
  treePath(id: RevisionId): string {
    return `${this.states}/${id}.tree`;
  }

  /** How the revision's files were when FTL had written them: `src/machine/delta/stat_record.ts`. */
  statRecordPath(id: RevisionId): string {
    return `${this.states}/${id}.stat`;
  }

  /** Marks a revision that is being deleted in place. */
  removalPath(id: RevisionId): string {
    return `${this.removing}/${id}`;
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
    const gone = new Set(
      own === undefined || own.has(OWN_NAMES.removing) ? this.beingRemoved() : [],
    );
    return readNames(this.revs, ({ isDirectory }) => isDirectory)
      .filter(isRevisionId).filter((id) => !gone.has(id));
  }

  /** Whether the revision's folder exists, complete or not. A link to a folder elsewhere does not count. */
  isThere(id: RevisionId): boolean {
    return kindOf(this.revisionPath(id)) === "folder";
  }

  isBeingRemoved(id: RevisionId): boolean {
    return kindOf(this.removalPath(id)) !== undefined;
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

/** Throws `NotFoundError` if the revision is not on this machine, or not complete. */
export function requireRevision(pkg: PackageDir, id: RevisionId): void {
  if (pkg.has(id)) return;
  throw new NotFoundError(`No revision ${pkg.revisionName(id)} on this machine`, {
    hint:
      `'ftl list ${pkg.name}' shows those that are here, 'ftl sync ${pkg.name}' fetches new ones`,
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
