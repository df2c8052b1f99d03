/** Where a revision is made ready, below `.ftl`, before it appears in `revs` by one rename. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { ConflictError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import { removeFile, syncDirectory, syncFileSystem } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import { clearRemoval } from "./removal.ts";
import { forgetRevisionState, type RevisionState, writeRevisionState } from "../state.ts";
import { removeTree } from "./trees.ts";

/** To be used under the sync lock. */
export class Staging {
  readonly #pkg: PackageDir;
  readonly #id: RevisionId;
  #target = "";
  #aside = "";

  private constructor(pkg: PackageDir, id: RevisionId) {
    this.#pkg = pkg;
    this.#id = id;
  }

  /** An empty folder on the file system of `revs`, whatever earlier attempts have left. */
  static async open(pkg: PackageDir, id: RevisionId): Promise<Staging> {
    const staging = new Staging(pkg, id);
    await staging.renew();
    return staging;
  }

  /** The folder that is to become the revision. */
  get target(): string {
    return this.#target;
  }

  /** A path for a folder that is there only while the target is filled. */
  get aside(): string {
    return this.#aside;
  }

  /** Starts over in an empty folder; `target` and `aside` may be others then. */
  async renew(): Promise<void> {
    const { staging, aside } = this.#pkg;
    this.#target = await freePath(`${staging}/${this.#id}`);
    this.#aside = await freePath(aside);
    try {
      Deno.mkdirSync(this.#target, { mode: 0o755 });
      // Where the archive says nothing of its own folder, the umask must not either.
      Deno.chmodSync(this.#target, 0o755);
    } catch (error) {
      throw explainDiskError(error, `Cannot write in ${staging}`);
    }
  }

  /** Flushes what was staged to the disk. It takes a while: not under the package's lock. */
  flush(signal: AbortSignal): Promise<void> {
    return syncFileSystem(this.#target, signal);
  }

  /**
   * Makes the revision visible: renamed into `revs`, then its state written. To be called under the
   * package's lock; `flush` before it, without.
   */
  publish(state: RevisionState): void {
    const [pkg, id] = [this.#pkg, this.#id];
    // The state of an earlier revision of that name must not pass for this one's, whatever comes between.
    forgetRevisionState(pkg, id);
    clearRemoval(pkg, id);
    try {
      // Such as a link: what is no folder is no revision.
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
  }

  /** Deletes what was staged, after an error; what cannot be deleted now, the next sync tells of. */
  async drop(): Promise<void> {
    await removeTree(this.#target);
    await removeTree(this.#aside);
  }
}

/** That path, or one like it where something has it that cannot be deleted. */
async function freePath(path: string): Promise<string> {
  if (await removeTree(path) === undefined) return path;
  return `${path}-${crypto.randomUUID()}`;
}
