/**
 * One package's directory on this machine, `$FTL_ROOT/my_site`:
 *
 *     current  -> revs/VZ5vQk8aR4G     the active revision
 *     previous -> revs/VZ5uB1x0pQa
 *     revs/VZ5vQk8aR4G/                complete or not there at all
 *     .lock
 *     .ftl/                            staging/, aside/, trash/, state/, log/, and more
 */
import { NotFoundError, StorageError } from "../core/errors.ts";
import { compareNames, isPackageName, isRevisionId } from "../core/names.ts";
import { explainDiskError, systemCode } from "../core/disk_errors.ts";

export class PackageDir {
  constructor(readonly root: string, readonly name: string) {}

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
  /** FTL's own folder: all that a crash can leave lies below it. */
  get own(): string {
    return `${this.path}/.ftl`;
  }
  get staging(): string {
    return `${this.own}/staging`;
  }
  /** Where folders of what is staged are filled; it is there only meanwhile. */
  get aside(): string {
    return `${this.own}/aside`;
  }
  get trash(): string {
    return `${this.own}/trash`;
  }
  get states(): string {
    return `${this.own}/state`;
  }

  /** What scripts printed. */
  get logs(): string {
    return `${this.own}/log`;
  }

  revisionPath(id: string): string {
    return `${this.revs}/${id}`;
  }

  revisionName(id: string): string {
    return `${this.name}.${id}`;
  }

  has(id: string): boolean {
    return isDirectory(this.revisionPath(id));
  }

  /** The ids of the complete revisions, oldest first. */
  revisions(): string[] {
    return readNames(this.revs, (entry) => entry.isDirectory && isRevisionId(entry.name));
  }

  /** Makes FTL's folders where they are missing. */
  prepare(): void {
    try {
      for (const path of [this.revs, this.own, this.staging, this.trash, this.states]) {
        makeReadable(path);
      }
    } catch (error) {
      throw explainDiskError(error, `Cannot write in ${this.path}`);
    }
  }
}

/**
 * Who may read a revision is for the package's folder and the modes in the revision to say: a web server
 * must get there, and `ftl list` of another user, also under the umask of a hardened unit. A folder that
 * is there stays.
 */
function makeReadable(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw error;
  }
  Deno.chmodSync(path, 0o755);
}

/** The packages that this machine cares about: the folders in the root whose name is a package's. */
export function listPackages(root: string): PackageDir[] {
  requireRoot(root);
  return readNames(root, (entry) => isPackageName(entry.name) && isDirectoryEntry(root, entry))
    .map((name) => new PackageDir(root, name));
}

/** Throws `NotFoundError` where the operator has not made the package's directory. */
export function requirePackage(root: string, name: string): PackageDir {
  requireRoot(root);
  const found = new PackageDir(root, name);
  if (isDirectory(found.path)) return found;
  throw new NotFoundError(`No package ${name} on this machine: ${found.path} is not there`, {
    hint: `A folder tells FTL that this machine wants the package: mkdir ${found.path}`,
  });
}

function requireRoot(root: string): void {
  try {
    if (Deno.statSync(root).isDirectory) return;
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

/** A package's directory may be a link to one on another disk. */
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
