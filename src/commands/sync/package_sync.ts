/** What `ftl sync` does to one package. */
import type { Slot } from "../../concurrency/slots.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { trimLogs } from "../../machine/scripts/log_folder.ts";
import { readPointerState, writeLastListing } from "../../machine/state.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PointerState } from "../../revision/pointer.ts";
import type { Context } from "../../context.ts";
import { missingBlessed } from "./blessed_check.ts";
import { machineRollout } from "../../plan/machine_rollout.ts";
import { quarantineError } from "../../machine/jump/quarantine.ts";
import { readPause } from "../../machine/pause_file.ts";
import { BlessedStep } from "./blessed_step.ts";
import { type PackageSyncSetting, PackageWork } from "./package_work.ts";
import { PackageView, type ViewSetting } from "./package_view.ts";
import { RestStep } from "./rest_step.ts";
import type { EndedSync } from "./sync_tally.ts";

/**
 * One package in three steps, so that ready work does not wait for slow work. The sync holds its lock from
 * the first step to the last, but not while a candidate's `post-sync` runs. If another sync holds the lock, the
 * first step works without it, and only the other steps wait. A failure stops what depends on it.
 */
export class PackageSyncer implements Disposable {
  readonly #work: PackageWork;
  readonly #blessed: BlessedStep;
  readonly #rest: RestStep;
  readonly #remembered: PointerState | undefined;
  /** The revision that was in quarantine when the sync began. */
  #wasBad: RevisionId | undefined;
  /** Undefined until S3 has answered. */
  #view: PackageView | undefined;

  constructor(context: Context, setting: PackageSyncSetting, pkg: PackageDir) {
    this.#work = new PackageWork(context, setting, pkg);
    this.#blessed = new BlessedStep(this.#work);
    this.#rest = new RestStep(this.#work, this.#blessed);
    this.#remembered = rememberedOf(pkg);
  }

  [Symbol.dispose](): void {
    this.#work.lock[Symbol.dispose]();
  }

  /** Releases the sync lock until it is needed: many packages wait, and each lock is an open file. */
  pauseLock(): void {
    this.#work.lock.pause();
  }

  /** Activates the blessed revision if it is here and prepared, and finishes an interrupted jump. */
  async activateReady(slot: Slot): Promise<void> {
    const { context, lock, pkg, setting, tally } = this.#work;
    this.#work.beginStep(slot);
    await tally.attempt(async () => {
      await lock.try();
      const { bucket, follow, listings, polls } = setting;
      const { config, now, signal } = context;
      const trust = setting.trust?.of(pkg, bucket);
      const remembered = this.#remembered;
      const me = await setting.identity();
      const known = { bucket, config, follow, remembered, listings, polls, me, now, trust, signal };
      const view = await this.#open(known);
      const { missing } = view.plan();
      this.#wasBad = view.quarantine?.id;
      if (missing !== undefined) tally.fail(missingBlessed(pkg, missing, bucket.name), missing);
      this.#view = view;
      this.#tellUntrusted(view);
      await this.#blessed.changeIfDue(view);
    });
  }

  #tellUntrusted({ untrusted }: PackageView): void {
    const { context, pkg } = this.#work;
    if (untrusted.length === 0) return;
    const revisions = untrusted.map(({ revision }) => revision);
    context.report({
      type: "untrusted",
      package: pkg.name,
      revisions,
      why: untrusted[0]?.why ?? "",
    });
  }

  /** A revision may have cut the machine off from S3. That must not keep it from its way back. */
  async #open(known: ViewSetting): Promise<PackageView> {
    const { pkg, tally } = this.#work;
    try {
      return await PackageView.open(pkg, known);
    } catch (error) {
      await tally.attempt(() => this.#blessed.finishWithoutPlan());
      throw error;
    }
  }

  /** Whether the blessed revision must be fetched or prepared before it can be activated. */
  get isBlessedDue(): boolean {
    return this.#asks((view) => this.#blessed.due(view) !== undefined);
  }

  async deployBlessed(slot: Slot): Promise<void> {
    this.#work.beginStep(slot);
    await this.#work.tally.attempt(async () => {
      const view = this.#view;
      if (view === undefined) throw new Error("not looked at yet");
      // The other sync has made changes meanwhile, and S3 may have changed too.
      if (await this.#work.lock.take()) await view.lookAgain();
      await this.#blessed.deploy(view);
    });
  }

  /** Whether there is other work: candidates, a way back, revisions to remove. */
  get isRestDue(): boolean {
    return this.#asks((view) => this.#rest.isDue(view));
  }

  /**
   * Returns whether there may be more work, because the local revisions or the blessed one have changed
   * meanwhile.
   */
  async completeRest(slot: Slot): Promise<boolean> {
    const { cleaning, lock, tally } = this.#work;
    this.#work.beginStep(slot);
    let isMore = false;
    await tally.attempt(async () => {
      const view = this.#view;
      const wasHeld = lock.isHeld;
      if (!await this.#work.takeLockForRest(view) || view === undefined) return;
      if (!wasHeld) await view.lookAgain();
      isMore = await this.#rest.complete(view);
    });
    if (lock.isHeld && !isMore) await cleaning.finish();
    return isMore;
  }

  /** Checks whether the blessed revision is active, and reports the result. */
  async finish(): Promise<EndedSync> {
    const { lock, pkg, tally } = this.#work;
    await tally.attempt(() => {
      // A lock that stayed busy is the reason, and it was reported already.
      const why = lock.isBusy ? undefined : this.#whyNotActive();
      if (why !== undefined) tally.fail(why);
      this.#tellWhatKeepsIt();
    });
    if (lock.isOurs && !lock.isHeld) await tally.attempt(() => lock.try());
    if (lock.isHeld) {
      await trimLogs(pkg);
      await tally.attempt(() => tally.rememberOutcome());
      await tally.attempt(() => this.#rememberListing());
    }
    this[Symbol.dispose]();
    return { event: tally.event(), result: tally.result() };
  }

  /** After a failure the next sync lists: what S3 has may be the reason, or the cure. */
  #rememberListing(): void {
    const { pkg, tally } = this.#work;
    if (tally.isInLine) this.#view?.rememberListing();
    else writeLastListing(pkg, undefined);
  }

  /** A hold and a pause are no failures. A quarantine is one with every sync, so that a monitor sees it. */
  #tellWhatKeepsIt(): void {
    const { context, pkg, tally } = this.#work;
    const view = this.#view;
    const plan = view?.plan();
    const effective = view?.effective;
    tally.rollout = machineRollout(view?.pointer, {
      ...{ package: pkg.name, effective, now: context.now() },
    });
    if (plan?.heldBy !== undefined) tally.heldFrom = view?.blessed;
    if (plan?.paused !== undefined) tally.pause = readPause(pkg, context.now());
    const found = view?.quarantine;
    if (found === undefined) return;
    const { id } = found;
    tally.quarantined = id;
    if (tally.hasFailed(id)) return;
    const error = quarantineError(pkg, found, view?.pointer);
    // If not, a rollback that was cut short before has ended meanwhile, and the quarantine has begun.
    if (this.#wasBad === id) tally.knownQuarantine = error;
    tally.fail(error, id);
  }

  /** If the question cannot be answered, `finish` reports why. */
  #asks(question: (view: PackageView) => boolean): boolean {
    if (this.#view === undefined || this.#work.lock.isBusy) return false;
    try {
      return question(this.#view);
    } catch {
      return false;
    }
  }

  #whyNotActive(): Error | undefined {
    const blessed = this.#view?.blessed;
    if (this.#view === undefined || blessed === undefined) return undefined;
    return this.#work.tally.hasFailed(blessed) ? undefined : this.#work.whyNotActive(this.#view);
  }
}

/** If the state cannot be read, the error is reported after S3 has answered. */
function rememberedOf(pkg: PackageDir): PointerState | undefined {
  try {
    return readPointerState(pkg);
  } catch {
    return undefined;
  }
}
