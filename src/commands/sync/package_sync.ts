/** What `ftl sync` does to one package. */
import type { Place } from "../../concurrency/places.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { trimLogs } from "../../machine/scripts/trim.ts";
import { readPointerState } from "../../machine/state.ts";
import type { PointerState } from "../../revision/pointer.ts";
import type { Context } from "../../context.ts";
import { missingBlessed } from "./blessed_check.ts";
import { BlessedStep } from "./blessed_step.ts";
import { type PackageSyncSetting, PackageWork } from "./package_work.ts";
import { PackageView } from "./package_view.ts";
import { RestStep } from "./rest_step.ts";
import type { PackageSync } from "./sync_tally.ts";

/**
 * One package, in three steps, so that what is ready waits for nothing that takes long. The sync lock is
 * held from the first to the last, but not while a candidate's `post-sync` runs; where another sync holds it, the
 * first step does without, and only the others wait for it. A failure stops what depends on it.
 */
export class PackageSyncer implements Disposable {
  readonly #work: PackageWork;
  readonly #blessed: BlessedStep;
  readonly #rest: RestStep;
  readonly #remembered: PointerState | undefined;
  /** Undefined until S3 has been asked, and where it could not be. */
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

  /** Lets the sync lock go until it is needed: many wait, and it is an open file. */
  pauseLock(): void {
    this.#work.lock.pause();
  }

  /** Activates the blessed revision where it is here and prepared, and ends what was cut short. */
  async activateReady(place: Place): Promise<void> {
    const { context, lock, pkg, setting, tally } = this.#work;
    this.#work.beginStep(place);
    await tally.attempt(async () => {
      await lock.try();
      const { bucket, follow, listings } = setting;
      const { keep } = context.config;
      const [remembered, isShared] = [this.#remembered, listings.areShared];
      const remote = await listings.of(pkg.name);
      const known = { bucket, keep, follow, remembered, isShared };
      const view = await PackageView.open(pkg, known, remote);
      const { missing } = view.plan();
      if (missing !== undefined) tally.fail(missingBlessed(pkg, missing, bucket.name), missing);
      this.#view = view;
      await this.#blessed.changeIfDue(view);
    });
  }

  /** Whether the blessed revision has to be fetched or prepared before it can be activated. */
  get isBlessedDue(): boolean {
    return this.#asks((view) => this.#blessed.due(view) !== undefined);
  }

  async deployBlessed(place: Place): Promise<void> {
    this.#work.beginStep(place);
    await this.#work.tally.attempt(async () => {
      const view = this.#view;
      if (view === undefined) throw new Error("not looked at yet");
      // The other sync has gone on meanwhile, and perhaps S3 too.
      if (await this.#work.lock.take()) await view.lookAgain();
      await this.#blessed.deploy(view);
    });
  }

  /** Whether anything else is to be done: candidates, a way back, something to remove. */
  get isRestDue(): boolean {
    return this.#asks((view) => this.#rest.isDue(view));
  }

  /** The answer is whether there may be more to do: what is here, or blessed, has changed meanwhile. */
  async completeRest(place: Place): Promise<boolean> {
    const { cleaning, lock, tally } = this.#work;
    this.#work.beginStep(place);
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

  /** Looks whether what is blessed is active, and tells how all went. */
  async finish(): Promise<PackageSync> {
    const { lock, pkg, tally } = this.#work;
    await tally.attempt(() => {
      // A lock that stayed busy has been told of, and is why.
      const why = lock.isBusy ? undefined : this.#whyNotActive();
      if (why !== undefined) tally.fail(why);
      if (this.#view?.plan().heldBy !== undefined) tally.heldFrom = this.#view.blessed;
    });
    if (lock.isOurs && !lock.isHeld) await tally.attempt(() => lock.try());
    if (lock.isHeld) {
      await trimLogs(pkg);
      await tally.attempt(() => tally.rememberOutcome());
    }
    this[Symbol.dispose]();
    return tally.result();
  }

  /** What cannot be found out is told at the end. */
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

/** Where it cannot be read, that is told when S3 has been asked. */
function rememberedOf(pkg: PackageDir): PointerState | undefined {
  try {
    return readPointerState(pkg);
  } catch {
    return undefined;
  }
}
