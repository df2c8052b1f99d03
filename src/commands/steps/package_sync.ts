/** What `ftl sync` does to one package. */
import { InterruptedError, messageOf, NotFoundError, StorageError } from "../../core/errors.ts";
import { faultPoint } from "../../core/fault_point.ts";
import { holdInForce, planSync, type SyncPlan } from "../../core/plan.ts";
import { activate, hasUnfinishedJump } from "../../local/activate.ts";
import { readLink } from "../../local/links.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { runScript, trimLogs } from "../../local/scripts.ts";
import {
  type MasterState,
  postSyncOf,
  readHold,
  readMaster,
  readRevisionState,
  writeHolds,
  writeLastSync,
  writeMaster,
  writeRevisionState,
} from "../../local/state.ts";
import type { Bucket } from "../../remote/bucket.ts";
import type { Leftover } from "../../local/trees.ts";
import { cleanUp } from "./clean_up.ts";
import { type Context, lockPackage, lockSync, scriptSetting } from "./context.ts";
import { gatherFacts, readMasterState } from "./facts.ts";
import { fetchPackageListing, type RemotePackage } from "./listing.ts";
import { finishUnfinishedJump } from "./local_jump.ts";
import { removeRevisions } from "./remove.ts";

/** What was done to one package. Names of revisions, not ids. */
export interface PackageSync {
  /** Its name. */
  readonly package: string;
  /** What is active now. */
  readonly active: string | undefined;
  /** What was downloaded. */
  readonly fetched: readonly string[];
  /** What became active, where that changed. */
  readonly activated: string | undefined;
  /** What was removed from this machine. */
  readonly removed: readonly string[];
  /** The blessed revision that a hold keeps from being activated. */
  readonly heldFrom: string | undefined;
  /** What went wrong, in the order in which it did. */
  readonly failures: readonly unknown[];
}

/** One package, under its sync lock: fetch, prepare, activate, remove. A failure stops what depends on it. */
export class PackageSyncer {
  readonly #context: Context;
  readonly #bucket: Bucket;
  readonly #pkg: PackageDir;
  readonly #started = performance.now();
  readonly #failures: unknown[] = [];
  readonly #fetched: string[] = [];
  readonly #removed: string[] = [];
  readonly #kept: Leftover[] = [];
  #activated: string | undefined;
  #heldFrom: string | undefined;

  constructor(context: Context, bucket: Bucket, pkg: PackageDir) {
    this.#context = context;
    this.#bucket = bucket;
    this.#pkg = pkg;
  }

  async run(follow: boolean): Promise<PackageSync> {
    await this.#attempt(async () => {
      using _syncLock = await lockSync(this.#context, this.#pkg, "ftl sync");
      await this.#attempt(() => this.#sync(follow));
      await trimLogs(this.#pkg);
      // Last: what cannot be deleted must not stand before the work.
      await this.#attempt(() => cleanUp(this.#context, this.#pkg, this.#kept));
      this.#rememberOutcome();
    });
    const result = this.#result();
    this.#reportOutcome(result);
    return result;
  }

  async #sync(follow: boolean): Promise<void> {
    const pkg = this.#pkg;
    const remote = await fetchPackageListing(this.#bucket, pkg.name);
    const master = await this.#updateMaster(remote);
    const plan = this.#plan(remote, { master, follow });
    if (plan.missing !== undefined) this.#fail(this.#missing(plan.missing));
    // Room for what comes, where a killed command left something.
    if (plan.fetch.length > 0) await this.#attempt(() => cleanUp(this.#context, pkg));
    for (const id of plan.fetch) await this.#attempt(() => this.#fetch(id, remote));
    for (const id of [...plan.prepare, ...this.#fetched]) {
      await this.#attempt(() => this.#prepare(id));
    }
    const isDue = plan.activate !== undefined || plan.remove.length > 0 ||
      hasUnfinishedJump(pkg) || this.#hasStaleHold(master);
    if (isDue) await this.#change(remote, { master, follow });
    if (plan.heldBy !== undefined) this.#heldFrom = master?.blessed;
  }

  async #updateMaster(remote: RemotePackage): Promise<MasterState | undefined> {
    const known = readMaster(this.#pkg);
    const master = await readMasterState(this.#bucket, this.#pkg, remote);
    if (master?.version !== known?.version) writeMaster(this.#pkg, master);
    faultPoint("master-written");
    return master;
  }

  /** A hold whose time is over: it must not come back to life when the same revision is blessed again. */
  #hasStaleHold(master: MasterState | undefined): boolean {
    const active = readLink(this.#pkg, "current");
    const hold = readHold(this.#pkg, active);
    const now = { hold, active, blessed: master?.blessed, version: master?.version };
    return hold !== undefined && !holdInForce(now);
  }

  #plan(remote: RemotePackage, given: MasterAndFollow): SyncPlan {
    const { keep } = this.#context.config;
    return planSync(gatherFacts(this.#pkg, { remote, keep, ...given }));
  }

  async #fetch(id: string, remote: RemotePackage): Promise<void> {
    const revision = remote.revisions.find((found) => found.id === id);
    if (revision === undefined) return;
    // Loaded by a sync that has something to fetch: most have not.
    const { fetchRevision } = await import("./fetch.ts");
    await fetchRevision(this.#context, { bucket: this.#bucket, remote: revision }, this.#pkg);
    this.#fetched.push(id);
  }

  /** Runs `post-sync`; how it went is remembered. */
  async #prepare(id: string): Promise<void> {
    const pkg = this.#pkg;
    if (postSyncOf(pkg, id) === "ok") return;
    const from = readLink(pkg, "current");
    const setting = scriptSetting(this.#context, pkg, "sync");
    try {
      await runScript("post-sync", id, { ...setting, from, to: id });
      faultPoint("post-synced");
      this.#remember(id, "ok");
    } catch (error) {
      if (!(error instanceof InterruptedError)) this.#remember(id, "failed");
      throw error;
    }
  }

  #remember(id: string, postSync: "ok" | "failed"): void {
    writeRevisionState(this.#pkg, id, { ...readRevisionState(this.#pkg, id), postSync });
  }

  /** Activates and removes, by a plan made anew under the lock: a jump may have come in between. */
  async #change(remote: RemotePackage, given: MasterAndFollow): Promise<void> {
    {
      using _lock = await lockPackage(this.#context, this.#pkg, "ftl sync");
      this.#failures.push(...await finishUnfinishedJump(this.#context, this.#pkg));
      const { activate: id } = this.#plan(remote, given);
      if (id !== undefined) await this.#attempt(() => this.#activate(id));
      if (this.#hasStaleHold(given.master)) writeHolds(this.#pkg, []);
    }
    if (this.#toRemove(remote, given).length > 0) await this.#remove(remote, given);
  }

  /** Where the blessed revision could not be activated, the machine may have to fall back. */
  #toRemove(remote: RemotePackage, given: MasterAndFollow): string[] {
    const previous = readLink(this.#pkg, "previous");
    return this.#plan(remote, given).remove.filter((id) => id !== previous);
  }

  async #remove(remote: RemotePackage, given: MasterAndFollow): Promise<void> {
    const pkg = this.#pkg;
    this.#removed.push(
      ...await removeRevisions(this.#context, pkg, {
        command: "ftl sync",
        choose: () => this.#toRemove(remote, given),
        onFailure: (id, error) => {
          if (!(error instanceof StorageError)) return this.#fail(error);
          // As a mount does, until somebody takes it away: no reason for each sync to fail.
          this.#kept.push({ path: pkg.revisionPath(id), reason: messageOf(error) });
        },
      }),
    );
  }

  async #activate(id: string): Promise<void> {
    const pkg = this.#pkg;
    // Where it could not be fetched or prepared, that has been reported.
    if (!pkg.has(id) || postSyncOf(pkg, id) !== "ok") return;
    const { from, failures } = await activate(pkg, id, scriptSetting(this.#context, pkg, "sync"));
    writeHolds(pkg, []);
    this.#activated = id;
    this.#context.report({
      type: "activated",
      revision: pkg.revisionName(id),
      from: from === undefined ? undefined : pkg.revisionName(from),
    });
    for (const failure of failures) this.#fail(failure);
  }

  #missing(id: string): NotFoundError {
    const name = this.#pkg.revisionName(id);
    return new NotFoundError(`The blessed revision ${name} is not in s3://${this.#bucket.name}`, {
      hint: "This machine keeps what it runs; bless another one: ftl jump --master <revision>",
    });
  }

  #rememberOutcome(): void {
    const [failure] = this.#failures;
    writeLastSync(this.#pkg, {
      at: new Date(this.#context.now()).toISOString(),
      failure: failure === undefined ? undefined : messageOf(failure),
    });
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
      fetched: this.#fetched.length,
      activated,
      removed: this.#removed.length,
      failures: this.#failures.length,
      ms: performance.now() - this.#started,
    });
  }

  #result(): PackageSync {
    const name = (id: string | undefined): string | undefined =>
      id === undefined ? undefined : this.#pkg.revisionName(id);
    return {
      package: this.#pkg.name,
      active: name(this.#activeNow()),
      fetched: this.#fetched.map((id) => this.#pkg.revisionName(id)),
      activated: name(this.#activated),
      removed: this.#removed.map((id) => this.#pkg.revisionName(id)),
      heldFrom: name(this.#heldFrom),
      failures: this.#failures,
    };
  }

  /** Where `current` cannot be read, that has been reported. */
  #activeNow(): string | undefined {
    try {
      return readLink(this.#pkg, "current");
    } catch {
      return undefined;
    }
  }

  /** A failure is remembered and the sync goes on with what does not depend on it. */
  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failures.push(error);
    this.#context.report({ type: "failure", error });
  }
}

interface MasterAndFollow {
  readonly master: MasterState | undefined;
  readonly follow: boolean;
}
