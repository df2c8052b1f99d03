/** What `ftl sync` does to one package. */
import { BusyError, FtlError, StorageError } from "../../errors.ts";
import type { FtlEvent } from "../../events.ts";
import type { Gate } from "../../concurrency/gate.ts";
import type { Place, Places } from "../../concurrency/places.ts";
import { Jumps } from "../../machine/jump/jump.ts";
import type { HeldLock } from "../../machine/lock/lock.ts";
import { PackageLocks } from "../../machine/lock/package_locks.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readPointerState } from "../../machine/state.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { blessedNotActive, missingBlessed } from "./blessed_check.ts";
import { type Context } from "../../context.ts";
import { PackageCleaning } from "./package_cleaning.ts";
import { PackageView } from "./package_view.ts";
import { prepareRevision } from "./prepare.ts";
import type { Listings } from "../../catalog/shared_listing.ts";
import { SyncLock } from "./sync_lock.ts";
import { type PackageSync, SyncTally } from "./sync_tally.ts";
import type { PointerState } from "../../revision/pointer.ts";
import type { RevisionId } from "../../revision/names.ts";
import { trimLogs } from "../../machine/scripts/trim.ts";
import { writeHolds } from "../../machine/jump/hold.ts";

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

/** Milliseconds after which S3 is asked again while a candidate's script runs; each time it is twice as long. */
const FIRST_LOOK = 5000;
const LONGEST_LOOK = 60_000;

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
  readonly #locks: PackageLocks;
  readonly #lock: SyncLock;
  readonly #jumps: Jumps;
  #view: PackageView | undefined;
  #place: Place | undefined;
  #ranScripts = false;
  /** Blessed revisions whose deployment was begun, and candidates whose script was: each once, so this ends. */
  readonly #tried = new Set<RevisionId>();
  readonly #begun = new Set<RevisionId>();
  readonly #remembered: PointerState | undefined;

  constructor(context: Context, setting: PackageSyncSetting, pkg: PackageDir) {
    this.#context = { ...context, report: (event) => this.#hear(context, event) };
    this.#setting = setting;
    this.#pkg = pkg;
    this.#locks = new PackageLocks(this.#context, pkg, "ftl sync");
    this.#lock = new SyncLock(this.#locks);
    this.#jumps = new Jumps(this.#context, pkg, "sync");
    this.#tally = new SyncTally(context, pkg);
    this.#cleaning = new PackageCleaning(this.#context, pkg, {
      tally: this.#tally,
      locks: this.#locks,
    });
    this.#remembered = rememberedOf(pkg);
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
      const { bucket, follow, listings } = this.#setting;
      const { keep } = this.#context.config;
      const [remembered, isShared] = [this.#remembered, listings.areShared];
      const remote = await listings.of(pkg.name);
      const setting = { bucket, keep, follow, remembered, isShared };
      const view = await PackageView.open(pkg, setting, remote);
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
      const blessed = this.#due(view);
      if (blessed !== undefined) this.#tried.add(blessed);
      // It was a candidate, and another sync may be running its script.
      const lock = this.#isUnprepared(view, blessed) ? await this.#takeCandidates(view) : undefined;
      if (lock === "left") return;
      using _candidates = lock;
      if (await this.#lock.take()) await view.lookAgain();
      await this.#deploy(view);
    });
  }

  /** `left` where another sync kept the lock, and has deployed what is blessed. */
  async #takeCandidates(view: PackageView): Promise<HeldLock | "left"> {
    try {
      return await this.#lock.takeCandidates();
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      view.changed();
      this.#leaveRest(error);
      return "left";
    }
  }

  /** To be called under the sync lock, and that on candidates for a revision that is here already. */
  async #deploy(view: PackageView): Promise<void> {
    const id = this.#due(view);
    if (id === undefined) return;
    this.#tried.add(id);
    await this.#cleaning.makeRoom(view);
    await this.#fetch(view, id);
    await this.#prepare(view, id);
    await this.#change(view);
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

  /** The answer is whether there may be more to do: what is here, or blessed, has changed meanwhile. */
  async completeRest(place: Place): Promise<boolean> {
    this.#place = place;
    let isMore = false;
    await this.#tally.attempt(async () => {
      const view = await this.#requireLockForRest();
      if (view === undefined) return;
      view.changed();
      isMore = this.#isNewlyDue(view);
      if (isMore) return;
      await this.#cleaning.makeRoom(view);
      for (const id of view.plan().fetch) await this.#fetch(view, id);
      isMore = await this.#prepareAndRemove(view);
    });
    if (this.#lock.isHeld && !isMore) await this.#cleaning.finish();
    return isMore;
  }

  /** The answer is as that of `completeRest`. */
  async #prepareAndRemove(view: PackageView): Promise<boolean> {
    const candidates = view.plan().prepare
      .filter((id) => this.#isUnprepared(view, id) && !this.#begun.has(id));
    if (candidates.length > 0 || this.#cleaning.toRemove(view).length > 0) {
      const lock = await this.#lock.tryCandidates();
      if (lock instanceof BusyError) {
        if (this.#isChangeDue(view)) await this.#change(view);
        this.#leaveRest(lock);
        return false;
      }
      using _candidates = lock;
      if (candidates.length > 0) return await this.#prepareCandidates(view, candidates);
      if (this.#mayBeNews(view)) await view.lookAgain();
      if (this.#isChangeDue(view)) await this.#change(view);
      await this.#cleaning.remove(view);
      return this.#isNewlyDue(view);
    }
    if (this.#isChangeDue(view)) await this.#change(view);
    return this.#isNewlyDue(view);
  }

  /** Whether another sync may have fetched what is to be removed, after the listing that packages share. */
  #mayBeNews(view: PackageView): boolean {
    return !view.isFresh &&
      this.#cleaning.toRemove(view).some((id) => view.remoteRevision(id) === undefined);
  }

  /** Without the sync lock, until there is something else to do; then all is planned anew. */
  async #prepareCandidates(view: PackageView, ids: readonly RevisionId[]): Promise<boolean> {
    const { trace } = view;
    this.#lock.pause();
    for (const id of ids) {
      await this.#prepareCandidate(view, id);
      if (view.trace !== trace) break;
    }
    if (view.trace !== trace) await view.lookAgain();
    view.changed();
    // It takes another lock than the one that may stay busy.
    if (this.#isChangeDue(view)) await this.#change(view);
    const before = view.trace;
    if (!await this.#takeForRest()) return false;
    if (view.trace !== before) await view.lookAgain();
    return true;
  }

  /** Its script may take long, or hang: what is blessed meanwhile is deployed beside it. */
  async #prepareCandidate(view: PackageView, id: RevisionId): Promise<void> {
    this.#begun.add(id);
    const { blessed } = view;
    const wasHere = blessed !== undefined && this.#pkg.has(blessed);
    const preparing = this.#prepare(view, id);
    try {
      for (let wait = FIRST_LOOK; await isUnderWayAfter(wait, preparing);) {
        await this.#deployBeside(view, id);
        wait = Math.min(wait * 2, LONGEST_LOOK);
      }
    } finally {
      await preparing;
    }
    // It is fetched again, but a script that takes another revision away is to be told.
    if (wasHere && !this.#pkg.has(blessed) && !this.#tally.hasFailed(blessed)) {
      this.#tally.fail(blessedNotActive(this.#pkg, blessed, { ranScripts: true }));
    }
  }

  /** What S3 or another command keeps from it is no failure: the next look may succeed. */
  async #deployBeside(view: PackageView, candidate: RevisionId): Promise<void> {
    // It would undo each jump that is made meanwhile.
    if (this.#setting.follow) return;
    try {
      await view.lookAgain();
      if (this.#isChangeDue(view)) await this.#change(view);
      if (!this.#isNewlyDue(view) || this.#due(view) === candidate) return;
      await this.#lock.try();
      // Another sync that holds it sees to that.
      if (this.#lock.isHeld && await this.#fetchBeside(view)) await this.#deploy(view);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!(error instanceof FtlError)) throw error;
      this.#lock.forgetBusy();
    } finally {
      this.#lock.pause();
    }
  }

  /** The answer is whether what is blessed is here. What passes by itself is thrown: the next look tries again. */
  async #fetchBeside(view: PackageView): Promise<boolean> {
    const id = this.#due(view);
    if (id === undefined || this.#pkg.has(id)) return id !== undefined;
    await this.#cleaning.makeRoom(view);
    try {
      await this.#download(view, id);
      return true;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const passes = error instanceof BusyError ||
        (error instanceof StorageError && error.retryable);
      if (passes) throw error;
      this.#tally.fail(error, id);
      return false;
    }
  }

  /** Looks whether what is blessed is active, and tells how all went. */
  async finish(): Promise<PackageSync> {
    await this.#tally.attempt(() => {
      // A lock that stayed busy has been told of, and is why.
      const why = this.#lock.isBusy ? undefined : this.#whyNotActive();
      if (why !== undefined) this.#tally.fail(why);
      if (this.#view?.plan().heldBy !== undefined) this.#tally.heldFrom = this.#view.blessed;
    });
    if (this.#lock.isOurs && !this.#lock.isHeld) {
      await this.#tally.attempt(() => this.#lock.try());
    }
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
  #due(view: PackageView): RevisionId | undefined {
    const id = view.plan().activate;
    return id === undefined || this.#tally.hasFailed(id) ? undefined : id;
  }

  /** Whether the blessed revision is due, and this sync has not tried to deploy it yet. */
  #isNewlyDue(view: PackageView): boolean {
    const id = this.#due(view);
    return id !== undefined && !this.#tried.has(id);
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
  #isUnprepared(view: PackageView, id: RevisionId | undefined): id is RevisionId {
    return id !== undefined && this.#pkg.has(id) && !view.isReady(id) && !this.#tally.hasFailed(id);
  }

  async #fetch(view: PackageView, id: RevisionId): Promise<void> {
    if (this.#tally.hasFailed(id) || this.#pkg.has(id)) return;
    // A script may have taken a candidate away, and would again.
    if (id !== view.blessed && this.#tally.fetched.includes(id)) return;
    await this.#tally.attempt(() => this.#download(view, id), id);
    view.changed();
  }

  async #download(view: PackageView, id: RevisionId): Promise<void> {
    const remote = view.remoteRevision(id);
    if (remote === undefined) return;
    // Loaded by a sync that has something to fetch: most have not.
    const { fetchRevision } = await import("./fetch.ts");
    const { bucket, memory } = this.#setting;
    const target = { pkg: this.#pkg, locks: this.#locks };
    await fetchRevision(this.#context, { bucket, remote, memory }, target);
    this.#tally.fetched.push(id);
    view.changed();
  }

  async #prepare(view: PackageView, id: RevisionId): Promise<void> {
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
    this.#tally.addFailures(await this.#jumps.finish());
    const id = this.#due(view);
    if (id !== undefined && view.isReady(id)) {
      await this.#tally.attempt(() => this.#activate(id), id);
      view.changed();
    }
    if (view.hasStaleHold) writeHolds(this.#pkg, []);
  }

  async #activate(id: RevisionId): Promise<void> {
    const { failures } = await this.#jumps.to(id, undefined);
    this.#tally.activated = id;
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

/** Where it cannot be read, that is told when S3 has been asked. */
function rememberedOf(pkg: PackageDir): PointerState | undefined {
  try {
    return readPointerState(pkg);
  } catch {
    return undefined;
  }
}

async function isUnderWayAfter(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), milliseconds);
  try {
    return await Promise.race([work.then(() => false), promise]);
  } finally {
    clearTimeout(timer);
  }
}
