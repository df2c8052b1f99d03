/** What a person is told of a staged rollout on one machine. */
import {
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import type { Rollout } from "../revision/rollout.ts";
import { type Effective, stagedIn, type StagedPointer } from "./effective.ts";
import { shareAt } from "./rollout.ts";

/** Why a machine does not run the candidate of a rollout: see `waitingText`. */
export type WaitingReason =
  | "missing"
  | "quarantined"
  | "paused"
  | "rank"
  | "halted"
  | "marks unknown"
  | "turn";

/** In the order of the table in `src/plan/effective.ts`. */
export const WAITING_REASONS: readonly WaitingReason[] = [
  "missing",
  "quarantined",
  "paused",
  "rank",
  "halted",
  "marks unknown",
  "turn",
];

/** A staged rollout, as one machine sees it. */
export interface MachineRollout {
  /** The revision that is being rolled out. */
  readonly candidate: RevisionName;
  /** Machines with a rank below it may take the candidate now: 0 to 100. */
  readonly percent: number;
  /** Why this machine waits. Undefined if it runs the candidate, or is to run it. */
  readonly waiting: WaitingReason | undefined;
  /** This machine's rank, 0 to 100, if it waits for that reason. */
  readonly rank: number | undefined;
  /** What its rank is not below, 0 to 100, if it waits for that reason. */
  readonly cut: number | undefined;
}

/** Undefined without a rollout. */
export function machineRollout(
  pointer: StagedPointer | undefined,
  { package: name, effective, now }: {
    readonly package: PackageName;
    readonly effective: Effective | undefined;
    /** Unix milliseconds. */
    readonly now: number;
  },
): MachineRollout | undefined {
  const staged = stagedIn(pointer);
  if (staged === undefined) return undefined;
  const waiting = effective?.waiting;
  return {
    candidate: revisionName({ package: name, id: staged.next.id }),
    percent: percentAt(staged.rollout, now),
    waiting: waiting?.reason,
    ...(waiting?.reason === "rank"
      ? { rank: toPercent(waiting.rank), cut: toPercent(waiting.cut) }
      : { rank: undefined, cut: undefined }),
  };
}

/**
 * The share of the machines that may take the candidate, 0 to 100 with two decimals. At 100, a machine that comes later may
 * still have to wait: who asked for as many machines as there were did not ask for all.
 */
export function percentAt(rollout: Rollout, now: number): number {
  return toPercent(shareAt(rollout, now));
}

/** How far a revision is rolled out. Undefined if it is not the candidate of a rollout. */
export function rolloutPercent(
  pointer: Parameters<typeof stagedIn>[0],
  { id, now }: { readonly id: RevisionId; readonly now: number },
): number | undefined {
  const staged = stagedIn(pointer);
  return staged?.next.id === id ? percentAt(staged.rollout, now) : undefined;
}

/** Rounded down. 29 % of 1 are 29, whatever binary fractions make of it. */
function toPercent(share: number): number {
  return Math.floor(Number((share * 10_000).toFixed(5))) / 100;
}

/** Why a machine waits, for people. */
export function waitingText({ waiting, rank, cut }: MachineRollout): string | undefined {
  switch (waiting) {
    case undefined:
      return undefined;
    case "missing":
      return "it is neither here nor in S3";
    case "quarantined":
      return "it is in quarantine here";
    case "paused":
      return "the rollout is paused";
    case "rank":
      return `the rollout takes machines below ${cut} %, and this one is at ${rank} %`;
    case "halted":
      return "the rollout is halted, as it failed on too many machines";
    case "marks unknown":
      return "this machine does not know yet how the others do";
    case "turn":
      return "it is the turn of other machines";
  }
}
