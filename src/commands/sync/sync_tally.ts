/** What a sync has done to one package so far, and what went wrong. */
import { messageOf } from "../../errors.ts";
import type { PackageName, RevisionId, RevisionName } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { writeLastSync } from "../../machine/state.ts";
import type { Context } from "../../context.ts";

/** What was done to one package. */
export interface PackageSync {
  /** Its name. */
  readonly package: PackageName;
  /** What is active now. */
  readonly active: RevisionName | undefined;
  /** What was downloaded. */
  readonly fetched: readonly RevisionName[];
  /** What became active, where that changed. */
  readonly activated: RevisionName | undefined;
  /** What was removed from this machine. */
  readonly removed: readonly RevisionName[];
  /** The blessed revision that a hold keeps from being activated. */
  readonly heldFrom: RevisionName | undefined;
  /** What went wrong, in the order in which it did. */
  readonly failures: readonly unknown[];
}

export class SyncTally {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #started = performance.now();
  readonly #failures: unknown[] = [];
  readonly #told = new Set<RevisionId>();
  readonly fetched: RevisionId[] = [];
  readonly removed: RevisionId[] = [];
  activated: RevisionId | undefined;
  heldFrom: RevisionId | undefined;

  constructor(context: Context, pkg: PackageDir) {
    this.#context = context;
    this.#pkg = pkg;
  }

  /** A failure is remembered, and the sync goes on with what does not depend on it. */
  async attempt(step: () => void | Promise<void>, id?: RevisionId): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.fail(error, id);
    }
  }

  /** @param id of the revision that is not here, not ready or not active for this reason */
  fail(error: unknown, id?: RevisionId): void {
    if (id !== undefined) this.#told.add(id);
    this.#failures.push(error);
    this.#context.report({ type: "failure", error });
  }

  /** For what was reported already. */
  addFailures(failures: readonly unknown[]): void {
    this.#failures.push(...failures);
  }

  /** Whether a failure has told of this revision: it is not tried again by this sync. */
  hasFailed(id: RevisionId): boolean {
    return this.#told.has(id);
  }

  rememberOutcome(): void {
    const [failure] = this.#failures;
    writeLastSync(this.#pkg, {
      at: new Date(this.#context.now()).toISOString(),
      failure: failure === undefined ? undefined : messageOf(failure),
    });
  }

  /** Reports it as well. */
  result(): PackageSync {
    const name = (id: RevisionId): RevisionName => this.#pkg.revisionName(id);
    const ifAny = (id: RevisionId | undefined): RevisionName | undefined => id && name(id);
    const result = {
      package: this.#pkg.name,
      active: ifAny(this.#activeNow()),
      fetched: this.fetched.map(name),
      activated: ifAny(this.activated),
      removed: this.removed.map(name),
      heldFrom: ifAny(this.heldFrom),
      failures: this.#failures,
    };
    this.#reportOutcome(result);
    return result;
  }

  #reportOutcome({ package: name, active, activated, heldFrom }: PackageSync): void {
    const { report } = this.#context;
    if (heldFrom !== undefined && active !== undefined) {
      report({ type: "held", revision: active, blessed: heldFrom });
    }
    report({
      type: "synced",
      package: name,
      active,
      fetched: this.fetched.length,
      activated,
      removed: this.removed.length,
      failures: this.#failures.length,
      ms: performance.now() - this.#started,
    });
  }

  /** Where `current` cannot be read, that has been reported. */
  #activeNow(): RevisionId | undefined {
    try {
      return readLink(this.#pkg, "current");
    } catch {
      return undefined;
    }
  }
}
