/** `ftl sync`: brings this machine in line with S3, package by package. */
import { InterruptedError, NotFoundError } from "../core/errors.ts";
import { packagePrefix } from "../core/keys.ts";
import { inParallel } from "../core/parallel.ts";
import { planSync, type SyncPlan } from "../core/plan.ts";
import { activate } from "../local/activate.ts";
import { readLink } from "../local/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../local/package_dir.ts";
import { discard, emptyStaging, emptyTrash } from "../local/revisions.ts";
import { runScript } from "../local/scripts.ts";
import {
  postSyncOf,
  readHold,
  readMaster,
  readRevisionState,
  writeHold,
  writeMaster,
  writeRevisionState,
} from "../local/state.ts";
import type { Bucket } from "../remote/bucket.ts";
import { type Context, lockPackage, lockSync, openBucket, scriptSetting } from "./steps/context.ts";
import { fetchRevision } from "./steps/fetch.ts";
import {
  pointerVersion,
  readPackageListing,
  readPointer,
  type RemotePackage,
} from "./steps/listing.ts";

export interface SyncOptions {
  /** Names; all packages of this machine where there are none. */
  readonly packages?: readonly string[];
  /** Drops a hold: the blessed revision is activated. */
  readonly follow?: boolean;
}

/** What was done to one package. Names of revisions, not ids. */
export interface PackageSync {
  readonly package: string;
  readonly active: string | undefined;
  readonly fetched: readonly string[];
  readonly activated: string | undefined;
  readonly removed: readonly string[];
  /** The blessed revision that a hold keeps from being activated. */
  readonly heldFrom: string | undefined;
  /** What went wrong, in the order in which it did. */
  readonly failures: readonly unknown[];
}

/**
 * Syncs every package, several at once. One package's failure does not stop the others: it is in the
 * result, and was reported. Throws where nothing could be begun, or on SIGINT and SIGTERM.
 */
export async function sync(context: Context, options: SyncOptions = {}): Promise<PackageSync[]> {
  const { config } = context;
  const { root, concurrency } = config;
  const packages = options.packages === undefined || options.packages.length === 0
    ? listPackages(root)
    : [...new Set(options.packages)].map((name) => requirePackage(root, name));
  const bucket = await openBucket(context);
  return await inParallel(packages, { concurrency, signal: context.signal }, (pkg) => {
    return new PackageSyncer(context, bucket, pkg).run(options.follow ?? false);
  });
}

class PackageSyncer {
  readonly #context: Context;
  readonly #bucket: Bucket;
  readonly #pkg: PackageDir;
  readonly #failures: unknown[] = [];
  readonly #fetched: string[] = [];
  readonly #removed: string[] = [];
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
      emptyStaging(this.#pkg);
      await this.#sync(follow);
      emptyTrash(this.#pkg);
    });
    return this.#result();
  }

  async #sync(follow: boolean): Promise<void> {
    const pkg = this.#pkg;
    const objects = await this.#bucket.list(packagePrefix(pkg.name));
    const remote = readPackageListing(pkg.name, objects);
    await this.#readMaster(remote);
    if (follow) writeHold(pkg, undefined);

    const plan = this.#plan(remote);
    if (plan.missing !== undefined) this.#fail(this.#missing(plan.missing));
    for (const id of plan.fetch) await this.#attempt(() => this.#fetch(id, remote));
    for (const id of [...plan.prepare, ...this.#fetched]) {
      await this.#attempt(() => this.#prepare(id));
    }
    if (plan.activate !== undefined || plan.remove.length > 0) await this.#change(remote);
    if (plan.heldBy !== undefined) this.#heldFrom = this.#blessed;
    this.#reportOutcome(plan);
  }

  /** Reads the pointer only where the listing shows that it changed. */
  async #readMaster(remote: RemotePackage): Promise<void> {
    const version = pointerVersion(remote);
    const known = readMaster(this.#pkg);
    if (remote.pointer === undefined) {
      // An empty listing may be that of a wrong bucket: what was blessed is not forgotten over it.
      if (known !== undefined && remote.revisions.length > 0) writeMaster(this.#pkg, undefined);
      return;
    }
    if (known?.version === version) return;
    const pointer = await readPointer(this.#bucket, remote);
    if (pointer === undefined) return;
    writeMaster(this.#pkg, { version, blessed: pointer.id, replaced: pointer.replaced });
  }

  get #blessed(): string | undefined {
    return readMaster(this.#pkg)?.blessed;
  }

  #plan(remote: RemotePackage): SyncPlan {
    const pkg = this.#pkg;
    const master = readMaster(pkg);
    return planSync({
      remote: remote.revisions.map(({ id }) => id),
      local: new Map(pkg.revisions().map((id) => [id, postSyncOf(pkg, id)])),
      blessed: master?.blessed,
      replaced: master?.replaced,
      active: readLink(pkg, "current"),
      previous: readLink(pkg, "previous"),
      hold: readHold(pkg),
      keep: this.#context.config.keep,
    });
  }

  async #fetch(id: string, remote: RemotePackage): Promise<void> {
    const revision = remote.revisions.find((found) => found.id === id);
    if (revision === undefined) return;
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
  async #change(remote: RemotePackage): Promise<void> {
    using _lock = await lockPackage(this.#context, this.#pkg, "ftl sync");
    const plan = this.#plan(remote);
    if (plan.activate !== undefined) await this.#attempt(() => this.#activate(plan.activate));
    // After a failure nothing goes that the machine might fall back to.
    if (this.#failures.length > 0) return;
    // What was active is the previous one now: who was previous may go.
    for (const id of this.#plan(remote).remove) await this.#attempt(() => this.#remove(id));
  }

  async #activate(id: string | undefined): Promise<void> {
    const pkg = this.#pkg;
    // Where it could not be fetched or prepared, that has been reported.
    if (id === undefined || !pkg.has(id) || postSyncOf(pkg, id) !== "ok") return;
    const setting = scriptSetting(this.#context, pkg, "sync");
    const { from, failures } = await activate(pkg, id, setting);
    writeHold(pkg, undefined);
    this.#activated = id;
    this.#context.report({
      type: "activated",
      revision: pkg.revisionName(id),
      from: from === undefined ? undefined : pkg.revisionName(from),
    });
    for (const failure of failures) this.#fail(failure);
  }

  async #remove(id: string): Promise<void> {
    const pkg = this.#pkg;
    const active = readLink(pkg, "current");
    const setting = scriptSetting(this.#context, pkg, "remove");
    await runScript("pre-remove", id, { ...setting, from: active, to: active });
    discard(pkg, id);
    this.#removed.push(id);
    this.#context.report({ type: "removed", revision: pkg.revisionName(id) });
  }

  #missing(id: string): NotFoundError {
    const name = this.#pkg.revisionName(id);
    return new NotFoundError(`The blessed revision ${name} is not in s3://${this.#bucket.name}`, {
      hint: "This machine keeps what it runs; bless another one: ftl jump --master <revision>",
    });
  }

  #reportOutcome({ heldBy }: SyncPlan): void {
    const { report } = this.#context;
    const blessed = this.#blessed;
    if (heldBy !== undefined && blessed !== undefined) {
      report({
        type: "held",
        revision: this.#pkg.revisionName(heldBy.id),
        blessed: this.#pkg.revisionName(blessed),
      });
    } else if (this.#fetched.length + this.#removed.length === 0 && this.#activated === undefined) {
      const { active, package: name } = this.#result();
      if (this.#failures.length === 0) report({ type: "unchanged", package: name, active });
    }
  }

  #result(): PackageSync {
    const name = (id: string | undefined): string | undefined =>
      id === undefined ? undefined : this.#pkg.revisionName(id);
    return {
      package: this.#pkg.name,
      active: name(readLink(this.#pkg, "current")),
      fetched: this.#fetched.map((id) => this.#pkg.revisionName(id)),
      activated: name(this.#activated),
      removed: this.#removed.map((id) => this.#pkg.revisionName(id)),
      heldFrom: name(this.#heldFrom),
      failures: this.#failures,
    };
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
