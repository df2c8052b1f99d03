/**
 * Decides which revisions must not be removed. `-` means that the revision may go, unless another line keeps it.
 *
 *     the revision is              sync    purge here    purge in S3
 *     active here                  stays   stays         -
 *     blessed                      stays   stays         stays
 *     the previous one here        stays*  stays         -
 *     replaced by the blessed one  stays   -             stays
 *     held                         stays   -             -
 *     being rolled out             stays   -             stays
 *     wanted by the plan           stays   -             -
 *     a part of an unfinished jump stays   stays         -
 *
 * `*` If an activation is due, the active revision becomes the previous one, and the old previous one may go.
 *
 * A purge knows only what is on its own side: S3 does not tell what machines run, and a machine remembers what
 * is blessed from the last sync.
 */
import { compareNames, type RevisionId } from "../revision/names.ts";

/** What a sync's removals depend on. An absent value is undefined. */
export interface SyncRemovalFacts {
  /** Every revision in S3. */
  readonly remote: readonly RevisionId[];
  /** Every complete revision on this machine. */
  readonly local: Iterable<RevisionId>;
  /** The blessed revision, the one that it replaced, and the candidates. */
  readonly wanted: readonly RevisionId[];
  readonly active: RevisionId | undefined;
  readonly previous: RevisionId | undefined;
  readonly held: RevisionId | undefined;
  /** The revision that is to be activated. */
  readonly activate: RevisionId | undefined;
  readonly isPaused?: boolean;
  /** The revisions of a jump that is under way. */
  readonly jumping?: readonly RevisionId[];
}

/**
 * The revisions that a sync removes from this machine, oldest first. None if S3 shows no revision: a wrong
 * bucket or narrow credentials must not empty a machine. None during a pause, or while a jump is under way.
 */
export function removedBySync(facts: SyncRemovalFacts): RevisionId[] {
  const { remote, local, wanted, active, previous, held, activate } = facts;
  const mayRemove = remote.length > 0 && !facts.isPaused && !facts.jumping?.length;
  if (!mayRemove) return [];
  const staying = new Set([...wanted, active, held, activate ?? previous]);
  return [...local].filter((id) => !staying.has(id)).sort(compareNames);
}

/** Revisions that a purge must not remove, each with what it is, as `active` or `blessed`. */
export type Protected = ReadonlyMap<RevisionId, string>;

/** Why the revisions of a jump that is under way are protected. */
export const IN_JUMP = "part of an unfinished jump";
/** Why the candidate of a rollout is protected. */
export const IN_ROLLOUT = "being rolled out";

/** What a purge must not remove from this machine. An absent value is undefined. */
export function protectedHere(
  { active, previous, blessed, jumping = [] }: {
    readonly active: RevisionId | undefined;
    readonly previous: RevisionId | undefined;
    /** The revisions of a jump that is under way. */
    readonly jumping?: readonly RevisionId[];
    /** As this machine remembers it. */
    readonly blessed: RevisionId | undefined;
  },
): Protected {
  const ways = jumping.map((id) => [id, IN_JUMP] as const);
  return named([
    ...ways,
    [previous, "the previous one"],
    [blessed, "blessed"],
    [active, "active"],
  ]);
}

/** What a purge must not remove from S3. An absent value is undefined. */
export function protectedInBucket(
  { blessed, replaced, next }: {
    readonly blessed: RevisionId | undefined;
    /** The candidate of a rollout. */
    readonly next?: RevisionId | undefined;
    /** The revision that the blessed one replaced. */
    readonly replaced: RevisionId | undefined;
  },
): Protected {
  return named([[replaced, "the previous one"], [next, IN_ROLLOUT], [blessed, "blessed"]]);
}

/** If a revision is several of these, the last one counts. */
function named(reasons: readonly (readonly [RevisionId | undefined, string])[]): Protected {
  return new Map(reasons.flatMap(([id, why]) => id === undefined ? [] : [[id, why] as const]));
}
