/**
 * Decides what a person's `jump --master` or `jump-back --master` writes into the pointer.
 *
 * B is the revision that the pointer blesses, N the candidate of a rollout. A rollout has arrived if its cut is 1
 * by now, it is neither paused nor halted, and machines need no turns: then N counts as blessed, and B as what it replaced.
 *
 *     asked                 no rollout              a rollout of REV             a rollout of another, N
 *     jump REV              REV is blessed,         the same; the blessing is    REV is blessed, B is replaced,
 *                           B is replaced           named by the rollout         or N if its rollout has arrived
 *     jump B                nothing is to do        -                            it is stopped; B is blessed anew if
 *                                                                                the rollout has arrived
 *     jump REV, in stages   a rollout of REV        its words change             a rollout of REV
 *     jump-back             what B replaced         it is stopped:               it is stopped: B is for all
 *                           is blessed              B is for all
 *     jump-back again       refused: who presses twice must not go back by two revisions
 *
 * The blessing of a revision that was the candidate keeps the name of its rollout, so that its quarantines stay
 * in force. `again` gives it a new one, and a rollout too. All else of the rollout stays as it was.
 *
 * Who signs a pointer vouches for all of it, so it takes nothing but ids from an old one that is not trusted, and
 * from its own revision the blessing's name if nobody has signed it:
 *
 *     asked       old, not trusted     written
 *     jump REV    blesses another, B   REV is blessed anew, B is replaced
 *     jump REV    unsigned, REV        REV keeps the blessing's name, and what it replaced
 *     jump REV    refused, REV         REV is blessed anew, and keeps what it replaced
 *     any other   -                    refused, before this decides
 */
import { UsageError } from "../errors.ts";
import { type PackageName, revisionName } from "../revision/names.ts";
import type { Blessing, Candidate, OldTrust } from "../revision/pointer.ts";
import { formatRollout, parseRollout, type Rollout, roundCut } from "../revision/rollout.ts";
import type { LivingMachine } from "./fleet.ts";
import { chooseCut, cutAt, type RolloutSize, shareAt } from "./rollout.ts";

/** A step of a rollout, as a person asks for it. What is absent stays as it is, or has its default. */
export interface StageRequest {
  /** How many machines take it now. */
  readonly size?: RolloutSize;
  /** Machines of these groups take it, whatever the size. */
  readonly groups?: readonly string[];
  /** Seconds in which all machines come to take it, evenly. */
  readonly over?: number;
  /** How many machines may be in their jump at the same time. */
  readonly atOnce?: number;
  /** How many machines must have failed until no other one takes it. */
  readonly halt?: number;
  /** No other machine takes it from now on. */
  readonly pause?: boolean;
}

/** The part of a pointer that a change decides. The rest is who made it, when, and why. */
export type BlessingChange = Omit<Blessing, "note">;

export interface ChangeFacts {
  readonly package: PackageName;
  /** The pointer as it is. Undefined if nothing is blessed, or if the pointer is broken. */
  readonly old: Blessing | undefined;
  /** The serial of this change. */
  readonly serial: number;
  /** Unix milliseconds, by S3's clock. */
  readonly now: number;
  /** Whether the rollout of the pointer has halted, or nobody can tell. */
  readonly halted: boolean;
  /** Whether `old` is trusted. Absent if nothing is signed. */
  readonly trust?: OldTrust | undefined;
}

/** Whether every machine may take the candidate by now, without waiting for others. */
export function hasArrived(
  rollout: Rollout,
  { now, halted }: Pick<ChangeFacts, "now" | "halted">,
): boolean {
  if (rollout.state === "paused" || rollout.atOnce !== undefined || halted) return false;
  return cutAt(rollout, now) === 1;
}

/** For all machines. Undefined if the revision is blessed already, and `again` is not asked for. */
export function blessForAll(
  target: Candidate,
  { again, ...facts }: ChangeFacts & { readonly again: boolean },
): BlessingChange | undefined {
  const { old, serial, trust = "trusted" } = facts;
  const fresh = { ...target, serial, since: serial };
  if (old === undefined) return { ...fresh, replaced: undefined };
  if (trust !== "trusted") {
    if (target.id !== old.id) return { ...fresh, replaced: old.id };
    const since = trust === "unsigned" && !again ? old.since ?? serial : serial;
    return { ...fresh, since, replaced: old.replaced };
  }
  const { next, rollout } = old;
  const arrived = rollout !== undefined && hasArrived(rollout, facts) ? next?.id : undefined;
  if (target.id === old.id) {
    if (arrived !== undefined) return { ...fresh, replaced: arrived };
    const stopped = stopRollout(facts);
    if (!again) return stopped;
    return { ...stopped, ...fresh, replaced: old.replaced };
  }
  if (rollout !== undefined && target.id === next?.id) {
    return { ...fresh, since: again ? serial : rollout.id || serial, replaced: old.id };
  }
  return { ...fresh, replaced: arrived ?? old.id };
}

/** What a rollout, or its next step, depends on. */
export interface StageFacts extends ChangeFacts {
  readonly request: StageRequest;
  /** Begins a rollout anew: no machine's failure counts any more. */
  readonly again: boolean;
  /** The machines that are known to be alive. Empty if no machine reports, or if nobody has looked. */
  readonly living: readonly LivingMachine[];
}

/**
 * A rollout of the candidate, or its next step. Throws `UsageError` if there is nothing that other machines could
 * stay on.
 */
export function stageRollout(target: Candidate, facts: StageFacts): BlessingChange {
  const { old, serial, request, living, package: name } = facts;
  const revision = revisionName({ package: name, id: target.id });
  if (old === undefined) {
    throw new UsageError(`Nothing is blessed that the other machines of ${name} could stay on`, {
      hint: `The first revision is for all: ftl jump --master ${revision}`,
    });
  }
  const known = old.next?.id === target.id ? old.rollout : undefined;
  const { id, replaced, since, object } = known === undefined ? settled(old, facts) : old;
  if (id === target.id) {
    throw new UsageError(`${revision} is blessed for all machines already`, {
      hint: "A rollout brings another revision than the blessed one",
    });
  }
  if (request.pause && known === undefined) {
    throw new UsageError(`There is no rollout of ${revision} that could pause`);
  }
  if (request.size !== undefined && "machines" in request.size && living.length === 0) {
    throw new UsageError(`No machine has reported ${name}, so FTL cannot choose any`, {
      hint: "Give --percent, or let machines report: see FTL_REPORT",
    });
  }
  const rollout = nextStep(facts, known);
  const { broken } = parseRollout(formatRollout(rollout));
  if (broken !== undefined) throw new UsageError(`No rollout can have ${broken}`);
  // FTL 0.1.0 named no blessing. Without a name, each step would end all holds and quarantines, as the next blessing does.
  return { id, replaced, since: since ?? serial, object, serial, next: target, rollout };
}

/** What is blessed is for all machines again. Undefined if there is no rollout. */
export function stopRollout(
  { old, serial }: Pick<ChangeFacts, "old" | "serial">,
): BlessingChange | undefined {
  if (old?.next === undefined || old.rollout === undefined) return undefined;
  const { id, replaced, since, object, next } = old;
  return { id, replaced, since, object, serial, stopped: next.id };
}

/** The pointer, as if somebody had blessed the candidate of a rollout that has arrived. */
function settled(old: Blessing, facts: ChangeFacts): BlessingChange {
  const { next, rollout, id: replaced, serial } = old;
  if (next === undefined || rollout === undefined || !hasArrived(rollout, facts)) return old;
  return { ...next, replaced, serial, since: rollout.id };
}

/** 2 % of the machines, but at least one: among many, a single flaky machine must not stop the others. */
const HALT_SHARE = 0.02;

/** @param known the rollout so far. Undefined if there was none of this candidate */
function nextStep(facts: StageFacts, known: Rollout | undefined): Rollout {
  const { request, living } = facts;
  const { groups, atOnce, halt } = request;
  const { share, ...words } = shareOf(facts, known);
  return {
    id: idOf(facts, known),
    ...words,
    share: share === words.cut ? undefined : share,
    groups: [...new Set([...known?.groups ?? [], ...groups ?? []])],
    atOnce: atOnce ?? known?.atOnce,
    halt: halt ?? known?.halt ?? Math.max(1, Math.floor(living.length * HALT_SHARE)),
    of: living.length || known?.of,
    unknown: known?.unknown ?? [],
    broken: undefined,
  };
}

/** With another id, failures count from zero, and machines have another order. */
function idOf({ serial, again }: StageFacts, known: Rollout | undefined): number {
  return again ? serial : known?.id || serial;
}

/**
 * Who may take it from now on.
 *
 *     asked               a rollout begins            a rollout goes on
 *     a size              that size                   that size
 *     over                from nobody to all          from where it is to all
 *     groups              their machines alone        these too; it goes on after a pause, but grows no more
 *     pause               refused                     nobody new; the cut stays where it is
 *     atOnce, halt alone  all machines                the same as before
 *
 * If it goes on with another id, what was no size is one: the share that it had, of machines in another order.
 */
function shareOf(
  facts: StageFacts,
  known: Rollout | undefined,
): Pick<Rollout, "cut" | "share" | "at" | "over" | "state"> {
  const { package: name, request, living, now, again } = facts;
  const { groups, over, pause } = request;
  const isAnew = again && known !== undefined;
  const size = request.size ?? (isAnew ? { percent: 100 * shareAt(known, now) } : undefined);
  const at = Math.floor(now / 1000);
  const endsPause = request.size !== undefined || groups !== undefined || over !== undefined;
  const state = pause ? "paused" : endsPause ? "running" : known?.state ?? "running";
  if (size !== undefined) {
    const order = { package: name, id: idOf(facts, known) };
    const { cut, share } = chooseCut(living.map(({ machine }) => machine), { order, size });
    return { cut, share, at, over, state };
  }
  if (known === undefined) {
    const cut = over === undefined && groups === undefined ? 1 : 0;
    return { cut, share: cut, at, over, state };
  }
  if (pause || over !== undefined) {
    return { cut: roundCut(cutAt(known, now)), share: shareAt(known, now), at, over, state };
  }
  // Words that do not parse may have paused a rollout that grows. What it would have grown to meanwhile nobody has seen.
  const growth = known.state === "paused" && state === "running" ? undefined : known.over;
  return { cut: known.cut, share: known.share, at: known.at, over: growth, state };
}
