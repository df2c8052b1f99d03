/**
 * What `ftl sync` removes from one package: revisions that nobody needs, and what killed commands left behind.
 */
import { messageOf, StorageError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { Leftover } from "../../machine/revisions/trees.ts";
import { cleanUp, isCleanUpDue } from "../../machine/revisions/clean_up.ts";
import type { Context } from "../../context.ts";
import type { PackageLocks } from "../../machine/lock/package_locks.ts";
import type { PackageView } from "./package_view.ts";
import { removeRevisions } from "../../machine/revisions/remove.ts";
import type { SyncTally } from "./sync_tally.ts";

export class PackageCleaning {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #tally: SyncTally;
  readonly #locks: PackageLocks;
  /** Revisions that cannot be removed for now. That is no failure of the sync. */
  readonly #kept: Leftover[] = [];

  /** Revisions whose removal failed. Each is tried once. */
  readonly #failed = new Set<RevisionId>();

  constructor(
    context: Context,
    pkg: PackageDir,
    { tally, locks }: { tally: SyncTally; locks: PackageLocks },
  ) {
    this.#context = context;
    this.#pkg = pkg;
    this.#tally = tally;
    this.#locks = locks;
  }

  /** Whether a killed command left anything behind. Call it under the sync lock. */
  get isDue(): boolean {
    return isCleanUpDue(this.#context, this.#pkg);
  }

  /** Keeps `previous`: if the blessed revision could not be activated, the machine may have to go back. */
  toRemove(view: PackageView): RevisionId[] {
    const { remove } = view.plan();
    if (remove.length === 0) return [];
    const previous = readLink(this.#pkg, "previous");
    return remove.filter((id) => id !== previous && !this.#failed.has(id));
  }

  async remove(view: PackageView): Promise<void> {
    if (this.toRemove(view).length === 0) return;
    const pkg = this.#pkg;
    const removed = await removeRevisions(this.#context, pkg, {
      locks: this.#locks,
      // A spare must not take the room that a revision lacked a moment ago.
      keepsSpare: this.#context.config.spare && !this.#tally.lackedRoom,
      choose: () => {
        view.changed();
        return this.toRemove(view);
      },
      onFailure: (id, error) => {
        this.#failed.add(id);
        if (!(error instanceof StorageError)) return this.#tally.fail(error);
        // For example a mount, until somebody removes it. That is no reason for each sync to fail.
        this.#kept.push({ path: pkg.revisionPath(id), reason: messageOf(error) });
      },
    });
    this.#tally.removed.push(...removed);
  }

  /** What a killed command left behind may take the room that the download needs. */
  async makeRoom(view: PackageView): Promise<void> {
    if (view.plan().fetch.length === 0) return;
    await this.#tally.attempt(() => cleanUp(this.#context, this.#pkg, { locks: this.#locks }));
  }

  /** Call it last: files that cannot be deleted must not delay the work. */
  async finish(): Promise<void> {
    const options = { locks: this.#locks, kept: this.#kept };
    await this.#tally.attempt(() => cleanUp(this.#context, this.#pkg, options));
  }
}
