/**
 * Plans what a `sync` does to one package on one machine. This is a pure decision; other rooms act
 * on it.
 */
import { compareNames, type RevisionId } from "../revision/names.ts";
import type { Hold } from "./hold.ts";
import { removedBySync } from "./removal.ts";

/** The result of a revision's `post-sync.sh`. A revision without this script is `ok`. */
export type PostSync = "pending" | "ok" | "failed";
export const POST_SYNC: readonly PostSync[] = ["pending", "ok", "failed"];

/** The facts that the plan depends on. An absent value is undefined. */
export interface SyncFacts {
  /**
   * The revision that this machine is to run: during a staged rollout, `effective` of
   * `src/plan/effective.ts` tells it.
   */
  readonly blessed: RevisionId | undefined;
  readonly active: RevisionId | undefined;
  /** The hold on the active revision, if it is in force. */
  readonly hold: Hold | undefined;
  /** Every revision in S3. */
  readonly remote: readonly RevisionId[];
  /** Every complete revision on this machine. */
  readonly local: ReadonlyMap<RevisionId, PostSync>;
  /** The revision that the blessed one replaced. */
  readonly replaced: RevisionId | undefined;
  readonly previous: RevisionId | undefined;
  /** The candidate of a staged rollout. It is held ready, whether this machine takes it or not. */
  readonly candidate?: RevisionId | undefined;
  /** The revisions whose health failed here under the present blessing. */
  readonly quarantined?: ReadonlySet<RevisionId>;
  /** Whether a pause file is in force. */
  readonly isPaused?: boolean;
  /** The revisions of a jump that is under way: a rollback may need them. */
  readonly jumping?: readonly RevisionId[];
  /** `FTL_KEEP`. */
  readonly keep: number;
}

export interface SyncPlan {
  /** To download in this order: the active revision if it was deleted, the blessed one, the newest first. */
  readonly fetch: readonly RevisionId[];
  /**
   * On this machine, but `post-sync.sh` has not succeeded yet. To be run in the order of `fetch`.
   */
  readonly prepare: readonly RevisionId[];
  /** To activate when it is on this machine and prepared. */
  readonly activate: RevisionId | undefined;
  /** To remove after everything else, oldest first. */
  readonly remove: readonly RevisionId[];
  /** The hold that keeps the blessed revision from being activated. */
  readonly heldBy: Hold | undefined;
  /** The blessed revision, if it is neither in S3 nor on this machine. */
  readonly missing: RevisionId | undefined;
  /** The blessed revision, if its health failed here. */
  readonly quarantined: RevisionId | undefined;
  /** The blessed revision, if only a pause keeps it from being activated. */
  readonly paused: RevisionId | undefined;
}

/** Of a package of which too little is known. */
export const NO_PLAN: SyncPlan = {
  fetch: [],
  prepare: [],
  activate: undefined,
  remove: [],
  heldBy: undefined,
  missing: undefined,
  quarantined: undefined,
  paused: undefined,
};

/**
 * Decides what to fetch, activate and remove. "Here" means on this machine.
 *
 *     wanted     blessed, replaced, the candidate of a rollout, and the newest `keep` revisions that
 *                are newer than the blessed (the newest `keep` of all, if nothing is blessed)
 *     fetch      wanted, or active if nothing else is activated; in S3, not here
 *     prepare    wanted or active, here, post-sync pending or failed
 *
 *     blessed   here or in S3?   active?   hold in force?   in quarantine?   paused?   activate
 *     -         -                -         -                -                -         -
 *     yes       no               -         -                -                -         -  (missing)
 *     yes       yes              yes       -                -                -         -
 *     yes       yes              no        yes              -                -         -  (heldBy)
 *     yes       yes              no        no               yes              -         -  (quarantined)
 *     yes       yes              no        no               no               yes       -  (paused)
 *     yes       yes              no        no               no               no        blessed
 *
 *     remove     here and not wanted, with the exceptions of `src/plan/removal.ts`
 *
 * A hold is in force as long as the blessing is the same as when the hold was made, and so is a
 * quarantine.
 */
export function planSync(facts: SyncFacts): SyncPlan {
  const { local, blessed, active } = facts;
  const remote = new Set(facts.remote);
  const wanted = wantedRevisions(facts);

  const there = blessed !== undefined && (remote.has(blessed) || local.has(blessed));
  const due = there && blessed !== active;
  const heldBy = due ? facts.hold : undefined;
  const free = due && heldBy === undefined ? blessed : undefined;
  const isBad = free !== undefined && facts.quarantined?.has(free) === true;
  const isPaused = free !== undefined && !isBad && facts.isPaused === true;
  const activate = isBad || isPaused ? undefined : free;
  // If somebody deleted the active revision, and it stays active, the machine needs it back first of all.
  const staying = activate === undefined && active !== undefined ? [active] : [];

  return {
    fetch: [...new Set([...staying, ...wanted])].filter((id) => remote.has(id) && !local.has(id)),
    prepare: [...new Set([...staying, ...wanted, ...(active === undefined ? [] : [active])])]
      .filter((id) => (local.get(id) ?? "ok") !== "ok"),
    activate,
    remove: removedBySync({
      ...facts,
      local: local.keys(),
      wanted,
      held: facts.hold?.id,
      activate,
    }),
    heldBy,
    missing: blessed !== undefined && !there ? blessed : undefined,
    quarantined: isBad ? free : undefined,
    paused: isPaused ? free : undefined,
  };
}

/** The wanted revisions, in the order of fetching. Some may be neither in S3 nor here. */
function wantedRevisions(
  { remote, blessed, replaced, candidate, keep }: SyncFacts,
): RevisionId[] {
  const newestFirst = [...remote].sort(compareNames).reverse();
  const candidates = newestFirst.filter((id) => blessed === undefined || id > blessed);
  const pointed = [blessed, candidate, replaced].filter((id) => id !== undefined);
  return [...new Set([...pointed, ...candidates.slice(0, keep)])];
}
