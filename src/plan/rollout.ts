/**
 * Decides which machines may take the candidate of a staged rollout. No server chooses them: each
 * machine computes its own rank from the rollout's id and its own name, and compares it with the
 * cut in the pointer.
 *
 *     rank     0 to 1, from SHA-256: always the same for a machine in a rollout, another order in
 *              each rollout
 *     cut      grows evenly from `cut` at `at` to 1 at `at + over`, if the rollout is running
 *
 *     runs the candidate   paused   in one of the groups, or rank < cut   may take it
 *     yes                  -        -                                     yes
 *     no                   yes      -                                     no
 *     no                   no       yes                                   yes
 *     no                   no       no                                    no
 *
 * So a pause or a lower cut takes the candidate from no machine, and a greater cut only adds some.
 */
import { createHash } from "node:crypto";
import { compareNames, type PackageName, type RevisionId } from "../revision/names.ts";
import { cutAbove, type Rollout, roundCut } from "../revision/rollout.ts";

/** What gives the machines their order: the package, and the rollout's id. */
export interface RolloutOrder {
  readonly package: PackageName;
  readonly id: number;
}

/** The machine that asks whether it may take the candidate. */
export interface RolloutMember {
  readonly package: PackageName;
  /** The machine's name, the same in every command. */
  readonly machine: string;
  /** `FTL_GROUP`. */
  readonly groups: readonly string[];
  readonly active: RevisionId | undefined;
  /** The candidate. */
  readonly next: RevisionId;
  /** Unix milliseconds. */
  readonly now: number;
}

/** 48 bits, because a number holds them without rounding. */
const RANK_BYTES = 6;

/** The machine's place in the order of a rollout: at least 0, less than 1. */
export function rankOf(machine: string, { package: name, id }: RolloutOrder): number {
  const hash = createHash("sha256").update(`ftl-rollout 1\n${name}\n${id}\n${machine}`).digest();
  return hash.readUIntBE(0, RANK_BYTES) / 256 ** RANK_BYTES;
}

/**
 * The share of all machines that may take the candidate, 0 to 1.
 *
 * @param now Unix milliseconds
 */
export function cutAt({ cut, at, over, state }: Rollout, now: number): number {
  const seconds = now / 1000 - at;
  if (state === "paused" || over === undefined || seconds <= 0) return cut;
  return Math.min(1, cut + (1 - cut) * seconds / over);
}

/**
 * The share of the machines that was asked for, as it has grown until now, 0 to 1. It is shown; the cut decides. It has
 * grown by whole seconds, as the words have them: in the second of a step it is exactly what that asked for.
 */
export function shareAt(rollout: Rollout, now: number): number {
  const second = Math.floor(now / 1000) * 1000;
  return cutAt({ ...rollout, cut: rollout.share ?? rollout.cut }, second);
}

/** Whether a machine may take the candidate, as the table above says. */
export function isIn(rollout: Rollout, member: RolloutMember): boolean {
  if (member.active === member.next) return true;
  if (rollout.state === "paused") return false;
  if (rollout.groups.some((group) => member.groups.includes(group))) return true;
  const rank = rankOf(member.machine, { package: member.package, id: rollout.id });
  return rank < cutAt(rollout, member.now);
}

/** How many machines may take the candidate: a percentage from 0 to 100, or a number. */
export type RolloutSize = { readonly percent: number } | { readonly machines: number };

/** A cut, and the machines that are below it, in the order of their ranks. */
export interface ChosenCut {
  readonly cut: number;
  /** The share of the machines that was asked for, 0 to 1. */
  readonly share: number;
  readonly machines: readonly string[];
}

/**
 * Chooses the cut that lets in exactly as many of the living machines as are asked for. By their
 * ranks alone, 10 % of 3 machines would mostly be none. A percentage above 0 is rounded up, so it
 * is at least one machine. With 100 %, machines that appear later are in too. If no living machine
 * is known, the cut is the percentage itself, and 0 for a number of machines.
 *
 * Cuts have 9 decimals: the number is not exact if two machines' ranks are closer than that.
 */
export function chooseCut(
  living: readonly string[],
  { order, size }: { order: RolloutOrder; size: RolloutSize },
): ChosenCut {
  const ranked = [...new Set(living)]
    .map((machine) => ({ machine, rank: rankOf(machine, order) }))
    .sort((a, b) => a.rank - b.rank || compareNames(a.machine, b.machine));
  const cut = cutFor(ranked.map(({ rank }) => rank), size);
  const machines = ranked.filter(({ rank }) => rank < cut).map(({ machine }) => machine);
  return { cut, share: sizeShare(size, ranked.length), machines };
}

/** @param ranks in their order */
function cutFor(ranks: readonly number[], size: RolloutSize): number {
  if ("percent" in size && (ranks.length === 0 || size.percent >= 100)) {
    return roundCut(Math.min(1, size.percent / 100));
  }
  const count = "percent" in size ? countOf(ranks.length, size.percent) : size.machines;
  const last = ranks[Math.min(count, ranks.length) - 1];
  return last === undefined ? 0 : cutAbove(last);
}

/** Rounded up. 14.3 % of 1,000 are 143, whatever binary fractions make of it. */
function countOf(machines: number, percent: number): number {
  const count = Math.ceil(Number((machines * percent / 100).toFixed(6)));
  return percent > 0 ? Math.max(1, count) : 0;
}

/** The share of so many living machines that a size asks for, 0 to 1. */
export function sizeShare(size: RolloutSize, machines: number): number {
  if ("percent" in size) return size.percent / 100;
  return machines === 0 ? 0 : Math.min(1, size.machines / machines);
}
