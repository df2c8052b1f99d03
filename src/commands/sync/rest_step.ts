/** What a sync does with all but the blessed revision of one package: candidates, a way back, removals. */
import { BusyError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readPointerState } from "../../machine/state.ts";
import { blessedNotActive } from "./blessed_check.ts";
import type { BlessedStep } from "./blessed_step.ts";
import type { PackageView } from "./package_view.ts";
import type { PackageWork } from "./package_work.ts";

/**
 * Milliseconds. While a candidate's script runs, S3 is asked again after this time; the time doubles each time.
 */
const FIRST_LOOK = 5000;
const LONGEST_LOOK = 60_000;

export class RestStep {
  readonly #work: PackageWork;
  readonly #blessed: BlessedStep;
  /** Candidates whose script has begun. Each is begun once, so the loop ends. */
  readonly #begun = new Set<RevisionId>();

  constructor(work: PackageWork, blessed: BlessedStep) {
    this.#work = work;
    this.#blessed = blessed;
  }

  isDue(view: PackageView): boolean {
    const { cleaning, lock, tally } = this.#work;
    const { fetch, prepare } = view.plan();
    return [...fetch, ...prepare].some((id) => !tally.hasFailed(id)) ||
      cleaning.toRemove(view).length > 0 ||
      (lock.isOurs && cleaning.isDue);
  }

  /**
   * Call it under the sync lock. Returns whether there may be more work, because the local revisions or the
   * blessed one have changed meanwhile.
   */
  async complete(view: PackageView): Promise<boolean> {
    view.changed();
    if (this.#blessed.isNewlyDue(view)) return true;
    await this.#work.cleaning.makeRoom(view);
    for (const id of view.plan().fetch) await this.#work.fetch(view, id);
    return await this.#prepareAndRemove(view);
  }

  /** Returns the same as `complete`. */
  async #prepareAndRemove(view: PackageView): Promise<boolean> {
    const { cleaning, lock } = this.#work;
    const candidates = view.plan().prepare
      .filter((id) => this.#work.isUnprepared(view, id) && !this.#begun.has(id));
    if (candidates.length > 0 || cleaning.toRemove(view).length > 0) {
      const taken = await lock.tryCandidates();
      if (taken instanceof BusyError) {
        await this.#blessed.changeIfDue(view);
        this.#work.leaveRest(view, taken);
        return false;
      }
      using _candidates = taken;
      if (candidates.length > 0) return await this.#prepareCandidates(view, candidates);
      if (this.#mayBeNews(view)) await view.lookAgain();
      await this.#blessed.changeIfDue(view);
      await cleaning.remove(view);
      return this.#blessed.isNewlyDue(view);
    }
    await this.#blessed.changeIfDue(view);
    // With the candidate of a rollout active, what was fetched beside it may be wanted no more.
    return this.#blessed.isNewlyDue(view) || cleaning.toRemove(view).length > 0;
  }

  /**
   * Whether another sync may have fetched a revision that is to be removed, after the listing that the packages
   * share.
   */
  #mayBeNews(view: PackageView): boolean {
    return !view.isFresh &&
      this.#work.cleaning.toRemove(view).some((id) => view.remoteRevision(id) === undefined);
  }

  /** Works without the sync lock until there is other work. Then everything is planned anew. */
  async #prepareCandidates(view: PackageView, ids: readonly RevisionId[]): Promise<boolean> {
    const { pkg } = this.#work;
    const trace = traceOf(pkg);
    this.#work.lock.pause();
    for (const id of ids) {
      await this.#prepareCandidate(view, id);
      if (traceOf(pkg) !== trace) break;
    }
    if (traceOf(pkg) !== trace) await view.lookAgain();
    view.changed();
    // This uses another lock than the one that may stay busy.
    await this.#blessed.changeIfDue(view);
    const before = traceOf(pkg);
    if (!await this.#work.takeLockForRest(view)) return false;
    if (traceOf(pkg) !== before) await view.lookAgain();
    return true;
  }

  /** A candidate's script may take long, or hang: a newly blessed revision is deployed beside it. */
  async #prepareCandidate(view: PackageView, id: RevisionId): Promise<void> {
    const { pkg, tally } = this.#work;
    this.#begun.add(id);
    const { blessed } = view;
    const wasHere = blessed !== undefined && pkg.has(blessed);
    const preparing = this.#work.prepare(view, id);
    try {
      for (let wait = FIRST_LOOK; await isUnderWayAfter(wait, preparing);) {
        await this.#blessed.deployBeside(view, id);
        wait = Math.min(wait * 2, LONGEST_LOOK);
      }
    } finally {
      await preparing;
    }
    // The revision will be fetched again, but a script that removes another revision must be reported.
    if (wasHere && !pkg.has(blessed) && !tally.hasFailed(blessed)) {
      tally.fail(blessedNotActive(pkg, blessed, { ranScripts: true }));
    }
  }
}

/** Changes when another command has changed the local revisions, or has learnt what is blessed. */
function traceOf(pkg: PackageDir): string {
  const [pointer, current] = [readPointerState(pkg)?.version, readLink(pkg, "current")];
  return [pointer, current, ...pkg.revisions()].join(" ");
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
