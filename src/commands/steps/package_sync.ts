/** What `ftl sync` does to one package. */
import { BusyError } from "../../core/errors.ts";
import type { FtlEvent } from "../../core/events.ts";
import type { Place, Places } from "../../core/places.ts";
import { activate } from "../../local/activate.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { trimLogs } from "../../local/scripts.ts";
import { writeHolds } from "../../local/state.ts";
import type { Bucket } from "../../remote/bucket.ts";
import { missingBlessed } from "./blessed_check.ts";
import { type Context, scriptSetting } from "./context.ts";
import type { RemotePackage } from "./listing.ts";
import { finishUnfinishedJump } from "./local_jump.ts";
import { PackageCleaning } from "./package_cleaning.ts";
import { PackageView } from "./package_view.ts";
import { prepareRevision } from "./prepare.ts";
import { SyncLock } from "./sync_lock.ts";
import { type PackageSync, SyncTally } from "./sync_tally.ts";

export interface PackageSyncSetting {
  readonly bucket: Bucket;
  /** A package as S3 shows it when this sync begins. */
  readonly listing: (name: string) => Promise<RemotePackage>;
  /** Of the `post-sync` scripts of all packages. */
  readonly turns: Places;
  /** Drops a hold. */
  readonly follow: boolean;
}

/** Milliseconds that a script of a jump may take before others stop waiting for its end. */
const PATIENCE = 1000;

/**
 * One package, in three steps, so that what is ready waits for nothing that takes long. The sync lock is
 * held from the first to the last, but not while a candidate's `post-sync` runs; where another sync holds it, the
 * first step does without, and only the others wait for it. A failure stops what depends on it.
 */
export class PackageSyncer implements Disposable {
  readonly #context: Context;
  readonly #setting: PackageSyncSetting;
  readonly #pkg: PackageDir;
  readonly #tally: SyncTally;
  readonly #cleaning: PackageCleaning;
  readonly #lock: SyncLock;
  #view: PackageView | undefined;
  #place: Place | undefined;
  #ranScripts = false;

  constructor(context: Context, setting: PackageSyncSetting, pkg: PackageDir) {
    this.#context = { ...context, report: (event) => this.#hear(context, event) };
    this.#setting = setting;
    this.#pkg = pkg;
    this.#lock = new SyncLock(this.#context, pkg);
    this.#tally = new SyncTally(context, pkg);
    this.#cleaning = new PackageCleaning(this.#context, pkg, this.#tally);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  /** Lets the sync lock go until it is needed: many wait, and it is an open file. */
  pauseLock(): void {
    this.#lock.pause();
  }

  /** Activates the blessed revision where it is here and prepared, and ends what was cut short. */
  async activateReady(place: Place): Promise<void> {
    this.#place = place;
    const pkg = this.#pkg;
    await this.#tally.attempt(async () => {
      await this.#lock.try();
      const { bucket, follow, listing } = this.#setting;
      const { keep } = this.#context.config;
      const remote = await listing(pkg.name);
      const view = await PackageView.open(pkg, { bucket, keep, follow }, remote);
      const { missing } = view.plan();
      if (missing !== undefined) {
        this.#tally.fail(missingBlessed(pkg, missing, bucket.name), missing);
      }
      this.#view = view;
      if (this.#isChangeDue(view)) await this.#change(view);
    });
  }

  /** Whether the blessed revision has to be fetched or prepared before it can be activated. */
  get isBlessedDue(): boolean {
    return this.#asks((view) => this.#due(view) !== undefined);
  }

  async deployBlessed(place: Place): Promise<void> {
    this.#place = place;
    await this.#tally.attempt(async () => {
      const view = await this.#requireLock();
      view.changed();
      // It was a candidate, and another sync may be running its script.
      using _candidates = this.#isUnprepared(view, this.#due(view))
        ? await this.#lock.takeCandidates()
        : undefined;
      if (await this.#lock.take()) await view.lookAgain();
      const id = this.#due(view);
      if (id === undefined) return;
      await this.#cleaning.makeRoom(view);
      await this.#fetch(view, id);
      await this.#prepare(view, id);
      await this.#change(view);
    });
  }

  /** Whether anything else is to be done: candidates, a way back, something to remove. */
  get isRestDue(): boolean {
    return this.#asks((view) => {
      const { fetch, prepare } = view.plan();
      return [...fetch, ...prepare].some((id) => !this.#tally.hasFailed(id)) ||
        this.#cleaning.toRemove(view).length > 0 ||
        (this.#lock.isOurs && this.#cleaning.isDue);
    });
  }

  async completeRest(place: Place): Promise<void> {
    this.#place = place;
    await this.#tally.attempt(async () => {
      const view = await this.#requireLockForRest();
      if (view === undefined) return;
      view.changed();
      await this.#cleaning.makeRoom(view);
      for (const id of view.plan().fetch) await this.#fetch(view, id);
      await this.#prepareAndRemove(view);
    });
    if (this.#lock.isHeld) await this.#cleaning.finish();
  }

  async #prepareAndRemove(view: PackageView): Promise<void> {
    const candidates = view.plan().prepare.filter((id) => this.#isUnprepared(view, id));
    if (candidates.length === 0 && this.#cleaning.toRemove(view).length === 0) {
      if (this.#isChangeDue(view)) await this.#change(view);
      return;
    }
    const lock = await this.#lock.tryCandidates();
    if (lock instanceof BusyError) return this.#leaveRest(lock);
    using _candidates = lock;
    if (candidates.length > 0) {
      const { trace } = view;
      this.#lock.pause();
      for (const id of candidates) await this.#prepare(view, id);
      if (!await this.#takeForRest()) return;
      if (view.trace !== trace) await view.lookAgain();
      view.changed();
    }
    if (this.#isChangeDue(view)) await this.#change(view);
    await this.#cleaning.remove(view);
  }

  /** Looks whether what is blessed is active, and tells how all went. */
  async finish(): Promise<PackageSync> {
    await this.#tally.attempt(() => {
      // A lock that stayed busy has been told of, and is why.
      const why = this.#lock.isBusy ? undefined : this.#whyNotActive();
      if (why !== undefined) this.#tally.fail(why);
      if (this.#view?.plan().heldBy !== undefined) this.#tally.heldFrom = this.#view.blessed;
    });
    if (this.#lock.isHeld) {
      await trimLogs(this.#pkg);
      await this.#tally.attempt(() => this.#tally.rememberOutcome());
    }
    this[Symbol.dispose]();
    return this.#tally.result();
  }

  /** What cannot be found out is told at the end. */
  #asks(question: (view: PackageView) => boolean): boolean {
    if (this.#view === undefined || this.#lock.isBusy) return false;
    try {
      return question(this.#view);
    } catch {
      return false;
    }
  }

  #whyNotActive(): Error | undefined {
    const blessed = this.#view?.blessed;
    if (blessed === undefined || this.#tally.hasFailed(blessed)) return undefined;
    return this.#view?.whyNotActive({ ranScripts: this.#ranScripts });
  }

  /** The blessed revision, where it is to be activated and has not failed already. */
  #due(view: PackageView): string | undefined {
    const id = view.plan().activate;
    return id === undefined || this.#tally.hasFailed(id) ? undefined : id;
  }

  /** Whether something is to be done that takes the package's lock, but neither a download nor `post-sync`. */
  #isChangeDue(view: PackageView): boolean {
    const id = this.#due(view);
    return view.isNews || view.hasStaleHold || view.hasUnfinishedJump ||
      (id !== undefined && view.isReady(id));
  }

  async #requireLock(): Promise<PackageView> {
    const view = this.#view;
    if (view === undefined) throw new Error("not looked at yet");
    // The other sync has gone on meanwhile, and perhaps S3 too.
    if (await this.#lock.take()) await view.lookAgain();
    return view;
  }

  async #requireLockForRest(): Promise<PackageView | undefined> {
    const view = this.#view;
    const wasHeld = this.#lock.isHeld;
    if (!await this.#takeForRest()) return undefined;
    if (!wasHeld) await view?.lookAgain();
    return view;
  }

  /** False where another sync has it, and all that is left is what is not blessed. */
  async #takeForRest(): Promise<boolean> {
    try {
      await this.#lock.take();
      return true;
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      this.#leaveRest(error);
      return false;
    }
  }

  /** Another sync that goes on with what is not blessed is no failure of this one. */
  #leaveRest(busy: BusyError): void {
    const why = this.#view?.whyNotActive({ ranScripts: this.#ranScripts });
    if (why !== undefined) throw busy;
    const message = `${busy.message}: all but the blessed revision is left to it`;
    this.#context.report({ type: "warning", message });
  }

  /** Whether its `post-sync` is to be run, as far as this sync can tell. */
  #isUnprepared(view: PackageView, id: string | undefined): id is string {
    return id !== undefined && this.#pkg.has(id) && !view.isReady(id) && !this.#tally.hasFailed(id);
  }

  async #fetch(view: PackageView, id: string): Promise<void> {
    const remote = view.remoteRevision(id);
    if (remote === undefined || this.#tally.hasFailed(id) || this.#pkg.has(id)) return;
    await this.#tally.attempt(async () => {
      // Loaded by a sync that has something to fetch: most have not.
      const { fetchRevision } = await import("./fetch.ts");
      await fetchRevision(this.#context, { bucket: this.#setting.bucket, remote }, this.#pkg);
      this.#tally.fetched.push(id);
    }, id);
    view.changed();
  }

  async #prepare(view: PackageView, id: string): Promise<void> {
    if (this.#tally.hasFailed(id) || !this.#pkg.has(id) || view.isReady(id)) return;
    // These scripts take turns of their own: what only downloads does not wait for them.
    this.#place?.leave();
    const setting = { id, urgent: id === view.blessed, turns: this.#setting.turns };
    await this.#tally.attempt(() => prepareRevision(this.#context, this.#pkg, setting), id);
    view.changed();
  }

  /** What is done under the package's lock, by a plan made under it: a jump may have come in between. */
  async #change(view: PackageView): Promise<void> {
    using _lock = await this.#lock.takePackage();
    view.changed();
    await view.remember();
    this.#tally.addFailures(await finishUnfinishedJump(this.#context, this.#pkg));
    const id = this.#due(view);
    if (id !== undefined && view.isReady(id)) {
      await this.#tally.attempt(() => this.#activate(id), id);
      view.changed();
    }
    if (view.hasStaleHold) writeHolds(this.#pkg, []);
  }

  async #activate(id: string): Promise<void> {
    const pkg = this.#pkg;
    const { from, failures } = await activate(pkg, id, scriptSetting(this.#context, pkg, "sync"));
    writeHolds(pkg, []);
    this.#tally.activated = id;
    this.#context.report({
      type: "activated",
      revision: pkg.revisionName(id),
      from: from === undefined ? undefined : pkg.revisionName(from),
    });
    for (const failure of failures) this.#tally.fail(failure);
    const why = this.#view?.whyNotActive({ ranScripts: true });
    if (why !== undefined) this.#tally.fail(why, id);
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
