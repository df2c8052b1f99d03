/** The record of a sync of one package: what it has done so far, and what went wrong. */
import { asError } from "../../errors.ts";
import type { PackageName, RevisionId, RevisionName } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { writeLastSync } from "../../machine/state.ts";
import type { Context } from "../../context.ts";

/** The result of one package's sync. */
export interface PackageSync {
  /** Its name. */
  readonly package: PackageName;
  /** The revision that is active now. */
  readonly active: RevisionName | undefined;
  /** The revisions that were downloaded. */
  readonly fetched: readonly RevisionName[];
  /** The revision that became active, if that changed. */
  readonly activated: RevisionName | undefined;
  /** The revisions that were removed from this machine. */
  readonly removed: readonly RevisionName[];
  /** The blessed revision, if a hold keeps it from being activated. */
  readonly heldFrom: RevisionName | undefined;
  /** The failures, in the order of their occurrence. */
  readonly failures: readonly Error[];
}

export class SyncTally {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #started = performance.now();
  readonly #failures: Error[] = [];
  readonly #failed = new Set<RevisionId>();
  readonly fetched: RevisionId[] = [];
  readonly removed: RevisionId[] = [];
  activated: RevisionId | undefined;
  heldFrom: RevisionId | undefined;

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
    if (id !== undefined) this.#failed.add(id);
    const error = asError(thrown);
    this.#failures.push(error);
    this.#context.report({ type: "failure", error });
  }

  /** For failures that were reported already. */
  addFailures(failures: readonly Error[]): void {
    this.#failures.push(...failures);
  }

  /** Whether this revision has failed. This sync does not try it again. */
  hasFailed(id: RevisionId): boolean {
    return this.#failed.has(id);
  }

  rememberOutcome(): void {
    const [failure] = this.#failures;
    writeLastSync(this.#pkg, {
      at: new Date(this.#context.now()).toISOString(),
      failure: failure?.message,
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

  /** Undefined if `current` cannot be read, which was reported already. */
  #activeNow(): RevisionId | undefined {
    try {
      return readLink(this.#pkg, "current");
    } catch {
      return undefined;
    }
  }
}
