/** Where a revision is prepared, below `.ftl`. One rename then makes it appear in `revs`. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { ConflictError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import { madeChange, removeFile, syncDirectory, syncFileSystem } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import { clearRemoval } from "./removal.ts";
import { forgetRevisionState, type RevisionState, writeRevisionState } from "../state.ts";
import { removeTree } from "./trees.ts";

/** Use it under the sync lock. */
export class Staging {
  readonly #pkg: PackageDir;
  readonly #id: RevisionId;
  #target = "";

  private constructor(pkg: PackageDir, id: RevisionId) {
    this.#pkg = pkg;
    this.#id = id;
  }

  /** An empty folder on the file system of `revs`, even if earlier attempts left files behind. */
  static async open(pkg: PackageDir, id: RevisionId): Promise<Staging> {
    const staging = new Staging(pkg, id);
    await staging.renew();
    return staging;
  }

  /** The folder that becomes the revision. */
  get target(): string {
    return this.#target;
  }

  /** Starts over in an empty folder. `target` may change. */
  async renew(): Promise<void> {
    const { staging } = this.#pkg;
    this.#target = await freePath(`${staging}/${this.#id}`);
    try {
      Deno.mkdirSync(this.#target, { mode: 0o755 });
      // If the archive does not set the mode of its own folder, the umask must not set it either.
      Deno.chmodSync(this.#target, 0o755);
    } catch (error) {
      throw explainDiskError(error, `Cannot write in ${staging}`);
    }
  }

  /** Flushes the staged files to the disk. This takes a while: do not call it under the package's lock. */
  flush(signal: AbortSignal): Promise<void> {
    return syncFileSystem(this.#target, signal);
  }

  /**
   * Makes the revision visible: renames it into `revs`, then writes its state. Call it under the package's
   * lock. Call `flush` before, without that lock.
   *
   * @param keepRecords writes what only a later delta needs. If it fails, there will be none.
   */
  publish(state: RevisionState, keepRecords: () => void = () => {}): void {
    const [pkg, id] = [this.#pkg, this.#id];
    // The state of an earlier revision of that name must never count for this one, even after a crash.
    forgetRevisionState(pkg, id);
    clearRemoval(pkg, id);
    try {
      // For example a link. Only a folder is a revision.
      if (!pkg.isThere(id)) removeFile(pkg.revisionPath(id), { durable: false });
      Deno.renameSync(this.#target, pkg.revisionPath(id));
      syncDirectory(pkg.revs);
      faultPoint("published");
    } catch (error) {
      if (["EEXIST", "ENOTEMPTY"].includes(systemCode(error) ?? "")) {
        throw new ConflictError(`${pkg.revisionPath(id)} is there already`, { cause: error });
      }
      throw explainDiskError(error, `Cannot put ${pkg.revisionName(id)} in its place`);
    }
    writeRevisionState(pkg, id, state);
    faultPoint("state-written");
    madeChange(keepRecords);
    faultPoint("records-written");
  }

  /** Deletes the staged files after an error. The next sync reports what cannot be deleted now. */
  async drop(): Promise<void> {
    await removeTree(this.#target);
  }
}

/** That path, or a similar one if something there cannot be deleted. */
async function freePath(path: string): Promise<string> {
  if (await removeTree(path) === undefined) return path;
  return `${path}-${crypto.randomUUID()}`;
}
