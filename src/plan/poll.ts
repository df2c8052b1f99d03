/**
 * Decides how a sync with `--list-every` learns what is new in S3. A listing costs as much as 12 readings of the
 * pointer, and only the listing shows new candidates. These are pure decisions.
 *
 *     LIST if    there is no `--list-every`, or `--follow` drops the hold
 *                the machine remembers no listing, or the clock went back
 *                the listing is older than `every`, spread by a tenth so that a fleet does not list at once
 *                packages share one listing, and it costs less than a pointer each, or one of them needs it
 *     else read the pointer; LIST all the same if
 *                there is none, or it is broken
 *                what is to be done needs more than an activation
 *     else plan from the remembered listing; nothing is removed
 *
 * A listing is remembered if the pointer is a `.rev`, and as long as no sync fails: a quarantine is no failure here.
 */
import { createHash } from "node:crypto";
import type { PackageName } from "../revision/names.ts";
import type { SyncPlan } from "./sync.ts";

export interface PollFacts {
  /** Seconds. */
  readonly every: number;
  readonly follow: boolean;
  /** The time of the listing that the machine remembers, in Unix milliseconds. */
  readonly listedAt: number | undefined;
  /** Unix milliseconds. */
  readonly now: number;
  /** From 0 up to 1: see `spreadOf`. */
  readonly spread: number;
}

/** Whether reading the pointer may be enough. */
export function mayPoll({ every, follow, listedAt, now, spread }: PollFacts): boolean {
  if (follow || listedAt === undefined) return false;
  const age = now - listedAt;
  return age >= 0 && age < every * 1000 * (0.9 + 0.2 * spread);
}

/** 48 bits, because a number holds them without rounding. */
const SPREAD_BYTES = 6;

/** From 0 up to 1: always the same for one package on one machine. */
export function spreadOf(machine: string, name: string): number {
  const hash = createHash("sha256").update(`${machine}\n${name}`).digest();
  return hash.readUIntBE(0, SPREAD_BYTES) / 256 ** SPREAD_BYTES;
}

/** US$ for 1,000 requests to S3 Standard in us-east-1. Other regions have about the same ratio. */
const LIST_PRICE = 0.005;
const GET_PRICE = 0.0004;

/**
 * Whether a pointer for each package costs less than one listing that they share. A page of the listing has 1,000
 * keys, so a second page is rare where this is a close decision.
 */
export function isPollCheaper(packages: number): boolean {
  return packages * GET_PRICE < LIST_PRICE;
}

/** A package of a sync, and what decides whether it polls. */
export interface PollCandidate {
  readonly name: PackageName;
  /** The answer of `mayPoll`. */
  readonly may: boolean;
  /** Whether its last listing served other packages as well. True if that is not known. */
  readonly isShared: boolean;
}

/**
 * The packages that poll. A package with a listing of its own decides for itself. Those that share a listing all poll
 * or all list: once one of them needs the listing, the others get it for nothing.
 */
export function choosePolling(candidates: readonly PollCandidate[]): PackageName[] {
  const sharing = candidates.filter(({ isShared }) => isShared);
  const areCheaper = sharing.every(({ may }) => may) && isPollCheaper(sharing.length);
  return candidates.filter(({ may, isShared }) => isShared ? areCheaper : may)
    .map(({ name }) => name);
}

/**
 * Whether the plan can be carried out without a listing. Only the listing has the keys and the sizes, and tells
 * whether a revision is really missing.
 */
export function isPollEnough(
  { fetch, prepare, missing }: Pick<SyncPlan, "fetch" | "prepare" | "missing">,
): boolean {
  return fetch.length === 0 && prepare.length === 0 && missing === undefined;
}
