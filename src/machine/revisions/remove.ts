/** Removes revisions from this machine, for `sync` and `purge`. */
import { asError } from "../../errors.ts";
import { type Protected, protectedHere } from "../../plan/removal.ts";
import { compareNames, type RevisionId } from "../../revision/names.ts";
import { faultPoint } from "../../fault_point.ts";
import { pause } from "../../concurrency/pause.ts";
import { madeChange } from "../disk/durable.ts";
import { readJournal, revisionsOf } from "../jump/journal.ts";
import { endQuarantine } from "../jump/quarantine.ts";
import { readLink } from "../links.ts";
import { TURN } from "../lock/lock.ts";
import type { PackageDir } from "../package_dir.ts";
import { discard, removeTrees, requireNoMount } from "./removal.ts";
import { Scripts } from "../scripts/scripts.ts";
import {
  postSyncOf,
  readPointerState,
  readReported,
  readRevisionState,
  type RevisionState,
  writeRevisionState,
} from "../state.ts";
import { type Context } from "../../context.ts";
import type { PackageLocks } from "../lock/package_locks.ts";
import { hasScript } from "../scripts/file.ts";
import { isThere } from "./trees.ts";

/** Milliseconds. The package's lock is held no longer at a time, so that other commands get it. */
const BATCH_TIME = 200;
const BATCH_SIZE = 500;

export interface RemovalOptions {
  readonly locks: PackageLocks;
  /** Called once, under the package's lock. Returns the ids to remove. */
  readonly choose: () => readonly RevisionId[];
  /** Whether the newest of them may be kept as the spare. */
  readonly keepsSpare: boolean;
  /** Called for each revision that cannot be removed. The others are removed all the same. */
  readonly onFailure: (id: RevisionId, error: Error) => void;
}

/** The revisions of a package that must not be removed from this machine now, and why. */
export function protectedIn(pkg: PackageDir): Protected {
  const jump = readJournal(pkg);
  return protectedHere({
    active: readLink(pkg, "current"),
    previous: readLink(pkg, "previous"),
    blessed: readPointerState(pkg)?.blessed,
    jumping: jump === undefined ? [] : revisionsOf(jump),
  });
}

/**
 * Runs each revision's `pre-remove`, moves the revision out of `revs`, and deletes it. A revision stays if its
 * script fails, or if something is mounted in it. Returns the ids of the removed revisions. Call it under the
 * locks on sync and candidates, but not under the package's lock, which it takes for short times only.
 */
export async function removeRevisions(
  context: Context,
  pkg: PackageDir,
  options: RemovalOptions,
): Promise<RevisionId[]> {
  const removed: RevisionId[] = [];
  let left: readonly RevisionId[] | undefined;
  for (;;) {
    const batch = new Batch(context, pkg, options);
    {
      using _lock = await options.locks.take("package");
      left ??= options.choose();
      left = await batch.take(left);
    }
    removed.push(...batch.removed);
    await removeTrees(batch.trashed, context.signal);
    if (left.length === 0) return removed;
    // In this pause signals arrive, and other commands take the lock.
    await pause(TURN, context.signal);
  }
}

/** The revisions that are removed while the lock is held once. */
class Batch {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #scripts: Scripts;
  readonly #onFailure: RemovalOptions["onFailure"];
  readonly #keepsSpare: boolean;
  readonly removed: RevisionId[] = [];
  trashed: readonly string[] = [];

  constructor(context: Context, pkg: PackageDir, { onFailure, keepsSpare }: RemovalOptions) {
    this.#keepsSpare = keepsSpare;
    this.#context = context;
    this.#scripts = new Scripts(context, pkg, "remove");
    this.#pkg = pkg;
    this.#onFailure = onFailure;
  }

  /** Returns the ids that are left for the next batch. */
  async take(ids: readonly RevisionId[]): Promise<readonly RevisionId[]> {
    const pkg = this.#pkg;
    // In between, a jump may have happened, or another sync may have learnt what is blessed.
    const active = readLink(pkg, "current");
    const inUse = protectedIn(pkg);
    const reported = new Set(readReported(pkg));
    const end = performance.now() + BATCH_TIME;
    const ready: RevisionId[] = [];
    let taken = 0;
    try {
      while (taken < ids.length && ready.length < BATCH_SIZE && performance.now() < end) {
        const id = ids[taken++];
        if (id === undefined || inUse.has(id) || !pkg.has(id)) continue;
        const wasReported = reported.has(pkg.revisionPath(id));
        if (await this.#mayGo(id, { active, wasReported })) ready.push(id);
      }
    } finally {
      await this.#discard(ready);
    }
    return ids.slice(taken);
  }

  async #mayGo(
    id: RevisionId,
    { active, wasReported }: { active: RevisionId | undefined; wasReported: boolean },
  ): Promise<boolean> {
    let state: RevisionState | undefined;
    try {
      // If the revision stayed for another reason than its script, the script has run already.
      if (!wasReported || this.#isPreparedAgain(id)) {
        state = this.#markUnprepared(id);
        await this.#scripts.run("pre-remove", id, { from: active, to: active });
        state = undefined;
      }
      faultPoint("pre-removed");
      // The check comes after the script, because the script may unmount.
      await requireNoMount(this.#pkg, id);
      return true;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (state !== undefined) this.#write(id, state);
      this.#onFailure(id, asError(error));
      return false;
    }
  }

  /**
   * `pre-remove` undoes what `post-sync` made. So `post-sync` is due again as soon as `pre-remove` begins, in
   * case a kill or a mount keeps the revision. Returns the state to restore if `pre-remove` fails.
   */
  #markUnprepared(id: RevisionId): RevisionState | undefined {
    const path = this.#pkg.revisionPath(id);
    if (!hasScript(path, "pre-remove") || !hasScript(path, "post-sync")) return undefined;
    const state = readRevisionState(this.#pkg, id);
    if (state !== undefined) this.#write(id, { ...state, postSync: "pending" });
    return state;
  }

  #isPreparedAgain(id: RevisionId): boolean {
    return hasScript(this.#pkg.revisionPath(id), "post-sync") && postSyncOf(this.#pkg, id) === "ok";
  }

  /** Removing frees room, so it must not need any. On a full disk the state is not written. */
  #write(id: RevisionId, state: RevisionState): void {
    madeChange(() => {
      if (this.#pkg.has(id)) writeRevisionState(this.#pkg, id, state);
    });
  }

  async #discard(ids: readonly RevisionId[]): Promise<void> {
    if (ids.length === 0) return;
    const pkg = this.#pkg;
    const spare = this.#keepsSpare ? await this.#keepSpare(ids) : undefined;
    const { trashed, failures } = await discard(pkg, ids.filter((id) => id !== spare));
    this.trashed = [...this.trashed, ...trashed];
    for (const id of ids) {
      const error = failures.get(id);
      if (error !== undefined) {
        this.#onFailure(id, error);
        continue;
      }
      this.removed.push(id);
      endQuarantine(pkg, id);
      this.#context.report({ type: "removed", revision: pkg.revisionName(id) });
    }
  }

  /** Returns the revision that has become the spare. Without one, the next delta only takes longer. */
  async #keepSpare(ids: readonly RevisionId[]): Promise<RevisionId | undefined> {
    const id = [...ids].sort(compareNames).findLast((id) => isThere(this.#pkg.statRecordPath(id)));
    if (id === undefined) return undefined;
    const { keepAsSpare } = await import("../delta/keep_spare.ts");
    try {
      const { isKept, trashed } = keepAsSpare(this.#pkg, id);
      this.trashed = trashed;
      return isKept ? id : undefined;
    } catch {
      // If the revision can be moved at all, it is discarded.
      return this.#pkg.isThere(id) ? undefined : id;
    }
  }
}
