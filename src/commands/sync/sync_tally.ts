/** The record of a sync of one package: what it has done so far, and what went wrong. */
import { asError, StorageError } from "../../errors.ts";
import type { FetchedEvent } from "../../events.ts";
import type { PackageName, RevisionId, RevisionName } from "../../revision/names.ts";
import { isHealthFailure, lastSyncOf } from "../../machine/failing.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readLastSync, writeLastSync } from "../../machine/state.ts";
import type { WentBack } from "../../machine/jump/rollback.ts";
import type { Pause } from "../../machine/pause_file.ts";
import type { Context } from "../../context.ts";
import { type MachineRollout, waitingText } from "../../plan/machine_rollout.ts";
import { type SyncEvent, syncEventOf } from "../../plan/sync_event.ts";

/** How a revision was downloaded. */
export type Transfer = Omit<FetchedEvent, "type" | "entries" | "unpacked" | "ms">;

/** The result of one package's sync. */
export interface PackageSync {
  /** Its name. */
  readonly package: PackageName;
  /** The revision that is active now. */
  readonly active: RevisionName | undefined;
  /** The revisions that were downloaded. */
  readonly fetched: readonly RevisionName[];
  /** How they were downloaded. */
  readonly transfers: readonly Transfer[];
  /** The revision that became active, if that changed. */
  readonly activated: RevisionName | undefined;
  /** The revisions that were removed from this machine. */
  readonly removed: readonly RevisionName[];
  /** The blessed revision, if a hold keeps it from being activated. */
  readonly heldFrom: RevisionName | undefined;
  /** The blessed revision, if its health failed on this machine, now or under the same blessing before. */
  readonly quarantined: RevisionName | undefined;
  /** Set if the health of a revision failed during this sync, and the machine went back. */
  readonly rolledBack: { readonly from: RevisionName; readonly to: RevisionName } | undefined;
  /** The pause that keeps the blessed revision from being activated. */
  readonly pause: Pause | undefined;
  /** The staged rollout that is under way. */
  readonly rollout: MachineRollout | undefined;
  /** The failures, in the order of their occurrence. */
  readonly failures: readonly Error[];
}

/** The sync of one package has ended. */
export interface EndedSync {
  readonly result: PackageSync;
  /** Undefined if nothing is worth a notification. */
  readonly event: SyncEvent | undefined;
}

export class SyncTally {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #started = performance.now();
  readonly #failures: Error[] = [];
  /** Each with its first error, if that is known. */
  readonly #failed = new Map<RevisionId, Error | undefined>();
  #isRemembered = false;
  #lastFailure: string | undefined;
  readonly fetched: RevisionId[] = [];
  readonly transfers: Transfer[] = [];
  readonly removed: RevisionId[] = [];
  activated: RevisionId | undefined;
  heldFrom: RevisionId | undefined;
  quarantined: RevisionId | undefined;
  /** Says that the blessed revision is in quarantine since an earlier sync. */
  knownQuarantine: Error | undefined;
  rolledBack: WentBack | undefined;
  pause: Pause | undefined;
  rollout: MachineRollout | undefined;

  constructor(context: Context, pkg: PackageDir) {
    this.#context = context;
    this.#pkg = pkg;
  }

  /** Records a failure. The sync goes on with what does not depend on it. */
  async attempt(step: () => void | Promise<void>, id?: RevisionId): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.fail(error, id);
    }
  }

  /** @param id the revision that is not here, not ready or not active because of the error */
  fail(thrown: unknown, id?: RevisionId): void {
    const error = asError(thrown);
    if (id !== undefined) this.#failed.set(id, this.failureOf(id) ?? error);
    this.#failures.push(error);
    this.#context.report({ type: "failure", error });
  }

  /** The revision has failed; the reason is recorded already. */
  markFailed(id: RevisionId): void {
    this.#failed.set(id, this.failureOf(id));
  }

  /** Whether anything failed because the disk is full. */
  get lackedRoom(): boolean {
    return this.#failures.some((error) => error instanceof StorageError && error.reason === "full");
  }

  /** For failures that were reported already. */
  addFailures(failures: readonly Error[]): void {
    this.#failures.push(...failures);
  }

  /** Why the revision is not here, not ready or not active, if this sync has met an error. */
  failureOf(id: RevisionId): Error | undefined {
    return this.#failed.get(id);
  }

  /** Whether this revision has failed. This sync does not try it again. */
  hasFailed(id: RevisionId): boolean {
    return this.#failed.has(id);
  }

  /**
   * Whether nothing has failed but a revision's health. Such a machine waits for the next blessing, and a listing
   * would tell it nothing.
   */
  get isInLine(): boolean {
    return this.#failures.every(isHealthFailure);
  }

  rememberOutcome(): void {
    this.#isRemembered = true;
    this.#lastFailure = readLastSync(this.#pkg)?.failure;
    writeLastSync(this.#pkg, lastSyncOf(this.#pkg, this.#failures, this.#context.now()));
  }

  /** What is worth a notification, if anything is. Call it at the end. */
  event(): SyncEvent | undefined {
    const failures = this.#failures.filter((error) => error !== this.knownQuarantine);
    return syncEventOf({
      hasActivated: this.activated !== undefined,
      hasRolledBack: this.rolledBack !== undefined,
      quarantine: this.#quarantine(),
      failures: failures.map(({ message }) => message),
      lastFailure: this.#lastFailure,
      isRemembered: this.#isRemembered,
    });
  }

  /** The result. It is reported as well. */
  result(): PackageSync {
    const name = (id: RevisionId): RevisionName => this.#pkg.revisionName(id);
    const ifAny = (id: RevisionId | undefined): RevisionName | undefined => id && name(id);
    const result = {
      package: this.#pkg.name,
      active: ifAny(this.#activeNow()),
      fetched: this.fetched.map(name),
      transfers: this.transfers,
      activated: ifAny(this.activated),
      removed: this.removed.map(name),
      heldFrom: ifAny(this.heldFrom),
      quarantined: ifAny(this.quarantined),
      rolledBack: this.rolledBack &&
        { from: name(this.rolledBack.from), to: name(this.rolledBack.to) },
      pause: this.pause,
      rollout: this.rollout,
      failures: this.#failures,
    };
    this.#reportOutcome(result);
    return result;
  }

  #quarantine(): "new" | "known" | undefined {
    if (this.quarantined === undefined) return undefined;
    return this.knownQuarantine === undefined ? "new" : "known";
  }

  #reportOutcome(
    { package: name, active, activated, heldFrom, pause, rollout }: PackageSync,
  ): void {
    const { report } = this.#context;
    if (pause !== undefined) report({ type: "paused", package: name, active, ...pause });
    if (heldFrom !== undefined && active !== undefined) {
      const isCandidate = heldFrom === rollout?.candidate;
      report({ type: "held", revision: active, blessed: heldFrom, isCandidate });
    }
    report({
      type: "synced",
      package: name,
      active,
      fetched: this.fetched.length,
      activated,
      removed: this.removed.length,
      failures: this.#failures.length,
      candidate: rollout?.candidate,
      // A pause or a hold, which was told, comes before what the rollout says.
      waiting: rollout && pause === undefined && heldFrom === undefined
        ? waitingText(rollout)
        : undefined,
      ms: performance.now() - this.#started,
    });
  }

  /** Undefined if `current` cannot be read, which was reported already. */
  #activeNow(): RevisionId | undefined {
    try {
      return readLink(this.#pkg, "current");
    } catch {
      return undefined;
    }
  }
}
