/**
 * Decides by the marks of a staged rollout who has failed in it, whether it is halted, and who may
 * take a turn. One listing of the marks tells all of that, by the store's own clock.
 *
 *     of a machine     the newest of its marks               it
 *                      ok                                    is confirmed
 *                      failed                                has failed
 *                      try, up to 15 min old                 is in its jump; whether it has failed, the older ones tell
 *                      try, older                            has failed: it is silent
 *
 *     of a turn        ok or failed with its number          is finished
 *                      none, up to 15 min old                is unfinished
 *                      none, older                           is finished, and its machine has failed
 *                      not listed, though a later one is     is finished: marks expire with the bucket's rules
 *
 * The times have whole seconds. Of two ends in one second that of the later turn is the newer one;
 * if that does not tell, a failure counts.
 *
 * The next turn is free as long as fewer than `at-once` are unfinished. It is written only where
 * there is none with its number. So its writer has seen all turns before it, and as a turn that is
 * finished stays finished, no more than `at-once` are ever unfinished.
 */
import { HIGHEST_TURN, type Mark, type Outcome, parseMark } from "../revision/marks.ts";
import type { Rollout } from "../revision/rollout.ts";
import { compareNames } from "../revision/names.ts";
import type { EffectiveFacts } from "./effective.ts";

/** A mark as it is listed. */
export interface ListedMark {
  /** Its name below the prefix of the rollout's marks. */
  readonly name: string;
  /** When it was written, by the store's clock: Unix milliseconds. */
  readonly modified: number;
}

/** What the marks of one rollout tell. */
export interface Marks {
  /** Machines that run the candidate, which is healthy there. In the order of their names. */
  readonly confirmed: readonly string[];
  /** Machines that have failed. In the order of their names. */
  readonly failed: readonly string[];
  /** Turns of machines that are silent. Only the mark itself names the machine. */
  readonly silentTurns: readonly number[];
  /** Machines without a turn that are in their jump. In the order of their names. */
  readonly trying: readonly string[];
  /** Turns of machines that are in their jump. The lowest first. */
  readonly unfinished: readonly number[];
  /** The highest turn; 0 if there is none. */
  readonly highest: number;
}

/** Milliseconds. A machine in its jump writes its mark again every third of it. */
export const SILENCE = 15 * 60_000;

/** Milliseconds for which a machine believes that the rollout is halted, unless the pointer changes. */
export const HALT_BELIEVED = 10 * 60_000;

/** @param now the store's clock: Unix milliseconds */
export function readMarks(listed: readonly ListedMark[], now: number): Marks {
  const machines = new Map<string, Told>();
  const turns = new Map<number, number>();
  const ended = new Set<number>();
  for (const { name, modified } of listed) {
    const mark = parseMark(name);
    if (mark?.kind === "turn") turns.set(mark.turn, modified);
    else if (mark !== undefined) note(machines, mark, modified);
    if (mark !== undefined && "machine" in mark && mark.kind !== "try" && mark.turn !== undefined) {
      ended.add(mark.turn);
    }
  }
  const isSilent = (at: number): boolean => now - at > SILENCE;
  const open = [...turns].filter(([turn]) => !ended.has(turn)).sort(([a], [b]) => a - b);
  const of = (which: (told: Told) => boolean): string[] =>
    [...machines].filter(([, told]) => which(told)).map(([name]) => name).sort(compareNames);
  return {
    confirmed: of((told) => told.end?.kind === "ok" && !isOpen(told)),
    failed: of((told) => told.end?.kind === "failed" || (isOpen(told) && isSilent(told.try))),
    silentTurns: open.filter(([, at]) => isSilent(at)).map(([turn]) => turn),
    trying: of((told) => isOpen(told) && !isSilent(told.try)),
    unfinished: open.filter(([, at]) => !isSilent(at)).map(([turn]) => turn),
    highest: [...turns.keys()].reduce((highest, turn) => Math.max(highest, turn), 0),
  };
}

/** What a machine wrote. */
interface Told {
  /** When it wrote its newest `try`; -Infinity if it wrote none. */
  readonly try: number;
  /** Its newest `ok` or `failed`. */
  readonly end: End | undefined;
}

interface End {
  readonly kind: Outcome;
  readonly at: number;
  readonly turn: number;
}

function note(
  machines: Map<string, Told>,
  mark: Exclude<Mark, { kind: "turn" }>,
  at: number,
): void {
  const told = machines.get(mark.machine) ?? { try: -Infinity, end: undefined };
  if (mark.kind === "try") machines.set(mark.machine, { ...told, try: Math.max(told.try, at) });
  else {
    const end = { kind: mark.kind, at, turn: mark.turn ?? 0 };
    const isNewer = told.end === undefined || compareEnds(end, told.end) > 0;
    machines.set(mark.machine, { ...told, end: isNewer ? end : told.end });
  }
}

/** More than 0 if `a` is the newer one. */
function compareEnds(a: End, b: End): number {
  return a.at - b.at || a.turn - b.turn || (a.kind === "failed" ? 1 : -1);
}

/** The times have whole seconds: an end in the same second comes after the begin. */
function isOpen({ try: begun, end }: Told): boolean {
  return begun > (end?.at ?? -Infinity);
}

/** Whether so many machines have failed that no other one takes the candidate. */
export function isHalted({ failed, silentTurns }: Marks, { halt }: Pick<Rollout, "halt">): boolean {
  return halt !== undefined && failed.length + silentTurns.length >= halt;
}

/** The turn that a machine may take now. Undefined if it has to wait. */
export function freeTurn(
  { unfinished, highest }: Marks,
  { atOnce }: Pick<Rollout, "atOnce">,
): number | undefined {
  if (highest >= HIGHEST_TURN) return undefined;
  return atOnce === undefined || unfinished.length < atOnce ? highest + 1 : undefined;
}

/** A machine found that the rollout is halted. */
export interface FoundHalt {
  /** Unix milliseconds, by this machine's clock. */
  readonly at: number;
  /** The pointer at that time: see `pointerStateName` of `src/revision/pointer.ts`. */
  readonly pointer: string;
}

/** Whether the marks need not be listed again, as the rollout is halted and nobody has changed that. */
export function isHaltBelieved(
  found: FoundHalt | undefined,
  { pointer, now }: { readonly pointer: string; readonly now: number },
): boolean {
  if (found === undefined || found.pointer !== pointer) return false;
  const age = now - found.at;
  return age >= 0 && age < HALT_BELIEVED;
}

/** What a machine knows of the rollout besides the pointer. */
export type RolloutKnowledge = Pick<EffectiveFacts, "halted" | "turn">;

/** What a machine knows that has not listed the marks. */
export const NOTHING_KNOWN: RolloutKnowledge = { halted: "unknown", turn: "none needed" };

/** What the marks tell a machine. `own` is its own turn. A machine that runs nothing needs none. */
export function knowledgeOf(
  marks: Marks,
  { rollout, own, runsNothing }: {
    readonly rollout: Pick<Rollout, "halt" | "atOnce">;
    readonly own: number | undefined;
    readonly runsNothing: boolean;
  },
): RolloutKnowledge {
  const halted = isHalted(marks, rollout);
  if (rollout.atOnce === undefined || runsNothing) return { halted, turn: "none needed" };
  const mayGo = (own !== undefined && marks.unfinished.includes(own)) ||
    freeTurn(marks, rollout) !== undefined;
  return { halted, turn: mayGo ? "have" : "waiting" };
}
