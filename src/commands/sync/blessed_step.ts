/** What a sync does with the blessed revision of one package: fetches it, prepares it, activates it. */
import { BusyError, FtlError, ScriptError, StorageError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { isAdopting, settleOwner } from "../../machine/jump/adopt.ts";
import { writeHolds } from "../../machine/jump/hold.ts";
import { readJournal } from "../../machine/jump/journal.ts";
import { Jumps } from "../../machine/jump/jump.ts";
import type { HeldLock } from "../../machine/lock/lock.ts";
import { outcomeHere } from "../../machine/rollout_state.ts";
import { readOwner } from "../../machine/state.ts";
import { originOf } from "../../plan/clone.ts";
import { whyNotActive } from "./blessed_check.ts";
import type { PackageView } from "./package_view.ts";
import type { PackageWork } from "./package_work.ts";
import { RolloutStep } from "./rollout_step.ts";

export class BlessedStep {
  readonly #work: PackageWork;
  readonly #jumps: Jumps;
  readonly #rollout: RolloutStep;
  /** Blessed revisions whose deployment has begun. Each is tried once, so the loop ends. */
  readonly #tried = new Set<RevisionId>();

  constructor(work: PackageWork) {
    this.#work = work;
    this.#jumps = new Jumps(work.context, work.pkg, "sync");
    this.#rollout = new RolloutStep(work);
  }

  /** The blessed revision, if it is to be activated and has not failed already. */
  due(view: PackageView): RevisionId | undefined {
    const id = view.plan().activate;
    return id === undefined || this.#work.tally.hasFailed(id) ? undefined : id;
  }

  /** Whether the blessed revision is due, and this sync has not tried to deploy it yet. */
  isNewlyDue(view: PackageView): boolean {
    const id = this.due(view);
    return id !== undefined && !this.#tried.has(id);
  }

  /** Whether there is work that needs the package's lock, but neither a download nor `post-sync`. */
  isChangeDue(view: PackageView): boolean {
    const id = this.due(view);
    return view.isNews || view.own.hasNewOwner || this.#hasStaleHold(view) ||
      view.own.hasUnfinishedJump ||
      this.#rollout.marks.isDue(view) || (id !== undefined && view.isReady(id));
  }

  #hasStaleHold({ own, pointer }: PackageView): boolean {
    return own.hasStaleHold(pointer, this.#work.setting);
  }

  async changeIfDue(view: PackageView): Promise<void> {
    await this.#rollout.ask(view);
    if (this.isChangeDue(view)) await this.#change(view);
  }

  /** Call it under the sync lock. */
  async deploy(view: PackageView): Promise<void> {
    const { lock } = this.#work;
    view.changed();
    const blessed = this.due(view);
    if (blessed !== undefined) this.#tried.add(blessed);
    // The revision was a candidate before, and another sync may be running its script.
    const candidates = this.#work.isUnprepared(view, blessed)
      ? await this.#takeCandidates(view)
      : undefined;
    if (candidates === "left") return;
    using _candidates = candidates;
    if (await lock.take()) await view.lookAgain();
    await this.#rollout.ask(view);
    await this.#deployLocked(view);
  }

  /** `left` if another sync kept the lock and has deployed the blessed revision. */
  async #takeCandidates(view: PackageView): Promise<HeldLock | "left"> {
    try {
      return await this.#work.lock.takeCandidates();
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      view.changed();
      this.#work.leaveRest(view, error);
      return "left";
    }
  }

  /** Call it under the sync lock. If the revision is here already, also under the lock on candidates. */
  async #deployLocked(view: PackageView): Promise<void> {
    const id = this.due(view);
    if (id === undefined) return;
    this.#tried.add(id);
    await this.#work.cleaning.makeRoom(view);
    await this.#work.fetch(view, id);
    await this.#work.prepare(view, id);
    await this.#rollout.askAgain(view, id);
    await this.#change(view);
  }

  /**
   * Deploys the blessed revision while the script of a candidate runs. If S3 or another command prevents that,
   * it is no failure: the next attempt may succeed.
   */
  async deployBeside(view: PackageView, candidate: RevisionId): Promise<void> {
    const { context, lock, setting } = this.#work;
    // With `--follow` this would undo each jump that is made meanwhile.
    if (setting.follow) return;
    try {
      await view.lookAgain();
      await this.changeIfDue(view);
      if (!this.isNewlyDue(view) || this.due(view) === candidate) return;
      await lock.try();
      // If another sync holds the lock, that sync deploys the revision.
      if (lock.isHeld && await this.#fetchBeside(view)) await this.#deployLocked(view);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof FtlError)) throw error;
      lock.forgetBusy();
    } finally {
      lock.pause();
    }
  }

  /**
   * Returns whether the blessed revision is here. Throws an error that may pass by itself; then the next
   * attempt follows.
   */
  async #fetchBeside(view: PackageView): Promise<boolean> {
    const { cleaning, context, pkg, tally } = this.#work;
    const id = this.due(view);
    if (id === undefined || pkg.has(id)) return id !== undefined;
    await cleaning.makeRoom(view);
    try {
      await this.#work.download(view, id);
      return true;
    } catch (error) {
      context.signal.throwIfAborted();
      const passes = error instanceof BusyError ||
        (error instanceof StorageError && error.retryable);
      if (passes) throw error;
      tally.fail(error, id);
      return false;
    }
  }

  /**
   * The changes under the package's lock. Their plan is made under the lock too: a jump may have come in
   * between.
   */
  async #change(view: PackageView): Promise<void> {
    const { context, lock, pkg, setting, tally } = this.#work;
    using _lock = await lock.takePackage();
    view.changed();
    await view.remember();
    settleOwner(context, pkg, await setting.identity());
    view.changed();
    if (!isAdopting(pkg)) {
      await using _told = await this.#rollout.resume(view);
      await this.#finishJump(view);
    }
    view.changed();
    await this.#rollout.marks.settle(view);
    const id = this.due(view);
    if (id !== undefined && view.isReady(id)) {
      await tally.attempt(() => this.#activate(view, id), id);
      view.changed();
    }
    // On a copy, the active revision's scripts run only if no other revision takes its place.
    if (isAdopting(pkg) && this.due(view) === undefined) await this.#finishJump(view);
    if (this.#hasStaleHold(view)) writeHolds(pkg, []);
  }

  /** Finishes an interrupted jump where S3 does not answer. Only S3's plan tells what becomes of a copy. */
  async finishWithoutPlan(): Promise<void> {
    const { context, lock, pkg, setting } = this.#work;
    context.signal.throwIfAborted();
    const isDue = (): boolean => readJournal(pkg) !== undefined && !isAdopting(pkg);
    if (!isDue() || originOf(readOwner(pkg), await setting.identity()) === "copy") return;
    using _lock = await lock.takePackage();
    if (isDue()) await this.#finishJump();
  }

  /** The jump may have been one to the blessed revision, which is in quarantine then. */
  async #finishJump(view?: PackageView): Promise<void> {
    const { tally } = this.#work;
    const { wentBack, failures } = await this.#jumps.finish();
    tally.addFailures(failures);
    if (wentBack === undefined) return;
    tally.rolledBack = wentBack;
    view?.changed();
    if (view?.quarantine?.id === wentBack.from) tally.markFailed(wentBack.from);
  }

  async #activate(view: PackageView, id: RevisionId): Promise<void> {
    const { staged } = view;
    if (staged?.next.id !== id) return void await this.#jump(view, id);
    await using begun = await this.#rollout.begin(view, staged);
    if (begun === undefined) return;
    const { pkg, tally } = this.#work;
    try {
      await this.#jump(view, id);
      const isBad = tally.rolledBack?.from === id;
      await begun.end(isBad ? "failed" : outcomeHere(pkg, staged) ?? "failed");
      // With --follow its quarantine does not count, and what else is wanted here follows from what is blessed.
      if (isBad) view.learnMarks(undefined);
    } catch (error) {
      if (error instanceof ScriptError) await begun.end("failed");
      // What is blessed for the others is the safe one: a machine that runs nothing, or an older one, goes there.
      view.learnMarks(undefined);
      throw error;
    }
  }

  async #jump(view: PackageView, id: RevisionId): Promise<void> {
    const { pkg, tally } = this.#work;
    const { replaced, blessing } = view.effective ?? {};
    const { wentBack, failures } = await this.#jumps.to(id, undefined, {
      onBadHealth: "go-back",
      fallback: replaced,
      blessing,
    });
    for (const failure of failures) tally.fail(failure);
    if (wentBack !== undefined) {
      tally.rolledBack = wentBack;
      tally.quarantined = id;
      tally.markFailed(id);
      return;
    }
    tally.activated = id;
    const why = whyNotActive(pkg, view, { ranScripts: true });
    if (why !== undefined) tally.fail(why, id);
  }
}
