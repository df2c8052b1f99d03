/** What the steps of one package's sync share: what they work with, and what they do to a single revision. */
import { BusyError } from "../../errors.ts";
import type { FtlEvent } from "../../events.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { Gate } from "../../concurrency/gate.ts";
import type { Place, Places } from "../../concurrency/places.ts";
import { PackageLocks } from "../../machine/lock/package_locks.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { PackageCleaning } from "./package_cleaning.ts";
import type { PackageView } from "./package_view.ts";
import { prepareRevision } from "./prepare.ts";
import { SyncLock } from "./sync_lock.ts";
import { SyncTally } from "./sync_tally.ts";

export interface PackageSyncSetting {
  readonly bucket: Bucket;
  /** The packages as S3 shows them when this sync begins. */
  readonly listings: Listings;
  /** The `post-sync` scripts of all packages take turns. */
  readonly turns: Places;
  /** Bounds the memory of all downloads. */
  readonly memory: Gate;
  /** Drops a hold. */
  readonly follow: boolean;
}

/** Milliseconds that a script of a jump may take before others stop waiting for its end. */
const PATIENCE = 1000;

export class PackageWork {
  /** What is reported to it gives the step's place to others where it waits. */
  readonly context: Context;
  readonly setting: PackageSyncSetting;
  readonly pkg: PackageDir;
  readonly tally: SyncTally;
  readonly cleaning: PackageCleaning;
  readonly lock: SyncLock;
  readonly #locks: PackageLocks;
  /** The place of the step that is under way. */
  #place: Place | undefined;
  #ranScripts = false;

  constructor(context: Context, setting: PackageSyncSetting, pkg: PackageDir) {
    this.context = { ...context, report: (event) => this.#hear(context, event) };
    this.setting = setting;
    this.pkg = pkg;
    this.#locks = new PackageLocks(this.context, pkg, "ftl sync");
    this.lock = new SyncLock(this.#locks);
    this.tally = new SyncTally(context, pkg);
    const shared = { tally: this.tally, locks: this.#locks };
    this.cleaning = new PackageCleaning(this.context, pkg, shared);
  }

  beginStep(place: Place): void {
    this.#place = place;
  }

  /** Whether its `post-sync` is to be run, as far as this sync can tell. */
  isUnprepared(view: PackageView, id: RevisionId | undefined): id is RevisionId {
    return id !== undefined && this.pkg.has(id) && !view.isReady(id) && !this.tally.hasFailed(id);
  }

  async fetch(view: PackageView, id: RevisionId): Promise<void> {
    if (this.tally.hasFailed(id) || this.pkg.has(id)) return;
    // A script may have taken a candidate away, and would again.
    if (id !== view.blessed && this.tally.fetched.includes(id)) return;
    await this.tally.attempt(() => this.download(view, id), id);
    view.changed();
  }

  /** Like `fetch`, but throws what goes wrong. */
  async download(view: PackageView, id: RevisionId): Promise<void> {
    const remote = view.remoteRevision(id);
    if (remote === undefined) return;
    // Loaded by a sync that has something to fetch: most have not.
    const { fetchRevision } = await import("./fetch.ts");
    const { bucket, memory } = this.setting;
    const from = { bucket, remote, memory };
    await fetchRevision(this.context, from, { pkg: this.pkg, locks: this.#locks });
    this.tally.fetched.push(id);
    view.changed();
  }

  async prepare(view: PackageView, id: RevisionId): Promise<void> {
    if (this.tally.hasFailed(id) || !this.pkg.has(id) || view.isReady(id)) return;
    // These scripts take turns of their own: what only downloads does not wait for them.
    this.#place?.leave();
    const setting = { id, urgent: id === view.blessed, turns: this.setting.turns };
    await this.tally.attempt(() => prepareRevision(this.context, this.pkg, setting), id);
    view.changed();
  }

  /** Why the blessed revision is not active, where nothing has told of it yet. */
  whyNotActive(view: PackageView): Error | undefined {
    return view.whyNotActive({ ranScripts: this.#ranScripts });
  }

  /** Another sync that goes on with what is not blessed is no failure of this one. */
  leaveRest(view: PackageView | undefined, busy: BusyError): void {
    const why = view && this.whyNotActive(view);
    if (why !== undefined) throw busy;
    const message = `${busy.message}: all but the blessed revision is left to it`;
    this.context.report({ type: "warning", message });
  }

  /** The sync lock. False where another sync has it, and all that is left is what is not blessed. */
  async takeLockForRest(view: PackageView | undefined): Promise<boolean> {
    try {
      await this.lock.take();
      return true;
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      this.leaveRest(view, error);
      return false;
    }
  }

  /** What waits for something else gives its place to those that do not. */
  #hear(context: Context, event: FtlEvent): void {
    if (event.type === "waiting") this.#place?.leave();
    if (event.type === "script") {
      this.#ranScripts = true;
      if (event.running) this.#place?.leaveAfter(PATIENCE);
      else this.#place?.stay();
    }
    context.report(event);
  }
}
