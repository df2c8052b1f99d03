/**
 * Decides whether a blessing that is trusted may still be obeyed: somebody who can write to the bucket may put
 * an old one back, with its true signatures. The first row that fits counts; "-" fits everything:
 *
 *     serial               statement             verdict
 *     below the floor      -                     too old
 *     the known one        the known one         current
 *     over a day ahead     -                     from the future
 *     below the known one  -                     older
 *     the known one        another than known    another
 *     above the known one  goes on from one      older
 *                          below the known one
 *     above, or none known -                     current
 *
 * - known: what this machine obeyed last. It must be kept on disk before a new one is obeyed. A machine that
 *   knows nothing has only the floor.
 * - goes on: a step of a rollout, and a way back, take over what they found. If that was an old pointer that somebody had
 *   put back, who signed it has not known.
 * - from the future: a thief of a key could otherwise write a serial that no later one is above. What a machine
 *   has obeyed already stays good while its clock is wrong.
 */
import type { PointerState } from "../revision/pointer.ts";
import type { Statement } from "./statement.ts";

export type ReplayVerdict = "current" | "from-the-future" | "too-old" | "older" | "another";

/** A blessing that a machine has obeyed. */
export interface KnownBlessing {
  readonly serial: number;
  /** The SHA-256 of its statement, in hexadecimal. */
  readonly statement: string;
}

export interface ReplayFacts {
  readonly statement: Pick<Statement, "sha256"> & {
    /** The blessing's serial, in Unix milliseconds. */
    readonly time: number;
  };
  /** The serial of the blessing that it goes on from. Undefined if it takes over nothing. */
  readonly follows?: number | undefined;
  /** Undefined if this machine has not obeyed any that was trusted. */
  readonly known: KnownBlessing | undefined;
  /** No blessing before it is obeyed, in Unix milliseconds. */
  readonly floor: number | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

const DAY = 24 * 60 * 60 * 1000;

/** By the table above. */
export function judgeReplay({ statement, follows, known, floor, now }: ReplayFacts): ReplayVerdict {
  const { time: serial, sha256 } = statement;
  if (floor !== undefined && serial < floor) return "too-old";
  const isKnown = serial === known?.serial;
  if (isKnown && sha256 === known?.statement) return "current";
  if (serial > now + DAY) return "from-the-future";
  if (isKnown) return "another";
  return known !== undefined && Math.min(serial, follows ?? serial) < known.serial
    ? "older"
    : "current";
}

/** Whether a pointer that was trusted once is older than what this machine has obeyed, or another one of the same time. */
export function isOvertaken(
  { serial, trust }: Pick<PointerState, "serial" | "trust">,
  known: KnownBlessing | undefined,
): boolean {
  if (serial === undefined || trust?.statement === undefined || known === undefined) return false;
  return known.serial > serial ||
    (known.serial === serial && known.statement !== trust.statement);
}
