/** What the steps of one package's sync share: their tools, and their work on a single revision. */
import { BusyError } from "../../errors.ts";
import type { FtlEvent } from "../../events.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { Gate } from "../../concurrency/gate.ts";
import type { Slot, Slots } from "../../concurrency/slots.ts";
import { PackageLocks } from "../../machine/lock/package_locks.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { MachineTrust } from "../../machine/trust/machine_trust.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import type { MachineIdentity } from "../../plan/clone.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { whyNotActive } from "./blessed_check.ts";
import { PackageCleaning } from "./package_cleaning.ts";
import type { Polls } from "./polls.ts";
import type { PackageView } from "./package_view.ts";
import { prepareRevision } from "./prepare.ts";
import { SyncLock } from "./sync_lock.ts";
import { SyncTally } from "./sync_tally.ts";

export interface PackageSyncSetting {
  readonly bucket: Bucket;
  /** The packages as they are in S3 at the beginning of this sync. */
  readonly listings: Listings;
  /** Undefined: each package is listed. */
  readonly polls: Polls | undefined;
  /** The `post-sync` scripts of all packages take turns. */
  readonly turns: Slots;
  /** Limits the memory of all downloads. */
  readonly memory: Gate;
  /** Drops a hold. */
  readonly follow: boolean;
  /** Which machine this is. It is found out once in a sync. */
  readonly identity: () => Promise<MachineIdentity>;
  /** Whom the machine trusts. Undefined: signatures are not looked at. */
  readonly trust: MachineTrust | undefined;
}

/** Milliseconds that other packages wait for the end of a jump's script, or for the health. */
const PATIENCE = 1000;

export class PackageWork {
  /** Its `report` also gives the step's slot to others while the step waits. */
  readonly context: Context;
  readonly setting: PackageSyncSetting;
  readonly pkg: PackageDir;
  readonly tally: SyncTally;
  readonly cleaning: PackageCleaning;
  readonly lock: SyncLock;
  readonly #locks: PackageLocks;
  /** The slot of the current step. */
  #slot: Slot | undefined;
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

  beginStep(slot: Slot): void {
    this.#slot = slot;
  }

  /** Whether the revision's `post-sync` is to be run, as far as this sync can know. */
  isUnprepared(view: PackageView, id: RevisionId | undefined): id is RevisionId {
    return id !== undefined && this.pkg.has(id) && !view.isReady(id) && !this.tally.hasFailed(id);
  }

  async fetch(view: PackageView, id: RevisionId): Promise<void> {
    if (this.tally.hasFailed(id) || (this.pkg.has(id) && !view.isForeign(id))) return;
    // A script may have removed a candidate, and would do so again.
    if (id !== view.blessed && this.tally.fetched.includes(id)) return;
    await this.tally.attempt(() => this.download(view, id), id);
    view.changed();
  }

  /** Like `fetch`, but throws its errors. */
  async download(view: PackageView, id: RevisionId): Promise<void> {
    const source = await view.sourceOf(id);
    if (source === undefined) return;
    // Loaded only if there is something to fetch, which is rare.
    const { fetchRevision } = await import("./fetch.ts");
    const { bucket, memory } = this.setting;
    const from = { ...source, bucket, memory };
    const to = { pkg: this.pkg, locks: this.#locks };
    this.tally.transfers.push(await fetchRevision(this.context, from, to));
    this.tally.fetched.push(id);
    view.changed();
  }

  async prepare(view: PackageView, id: RevisionId): Promise<void> {
    if (this.tally.hasFailed(id) || !this.pkg.has(id) || view.isReady(id)) return;
    // These scripts take turns of their own, so that downloads do not wait for them.
    this.#slot?.leave();
    const setting = { id, urgent: id === view.blessed, turns: this.setting.turns };
    await this.tally.attempt(() => prepareRevision(this.context, this.pkg, setting), id);
    view.changed();
  }

  /** Why the blessed revision is not active, if no error has said so yet. */
  whyNotActive(view: PackageView): Error | undefined {
    return whyNotActive(this.pkg, view, { ranScripts: this.#ranScripts });
  }

  /** If another sync continues with the other revisions, that is no failure of this sync. */
  leaveRest(view: PackageView | undefined, busy: BusyError): void {
    const why = view && this.whyNotActive(view);
    if (why !== undefined) throw busy;
    const message =
      `${busy.message}: this sync leaves all but the blessed revision to that command`;
    this.context.report({ type: "warning", message });
  }

  /**
   * Takes the sync lock. False if another sync has it and only other revisions than the blessed one are left to
   * do.
   */
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

  /** A step that waits for something gives its slot to others. */
  #hear(context: Context, event: FtlEvent): void {
    if (event.type === "waiting") this.#slot?.leave();
    if (event.type === "script") {
      this.#ranScripts = true;
      if (event.running) this.#slot?.leaveAfter(PATIENCE);
      // The health goes on after an attempt that failed.
      else if (event.step !== "health") this.#slot?.stay();
    }
    if (event.type === "activated") this.#slot?.stay();
    context.report(event);
  }
}
