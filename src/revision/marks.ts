/**
 * The names of marks: small objects below `marksPrefix`, by which machines tell each other how a
 * staged rollout goes.
 *
 *     try/i-0abc          its jump begins, or goes on
 *     turn/000017         the same, in a rollout with `at-once`; the object names the machine
 *     ok/i-0abc           it runs the candidate, which is healthy
 *     failed/i-0abc       the candidate failed there
 *     ok/i-0abc~17        the same two, by a machine that had turn 17
 *     failed/i-0abc~17
 *
 * Machines write marks, and write them again, but remove none. The time of a mark is the store's.
 */

/** What a mark says. */
export type Mark =
  | { readonly kind: "try"; readonly machine: string }
  | { readonly kind: "turn"; readonly turn: number }
  | {
    readonly kind: Outcome;
    readonly machine: string;
    /** Undefined if the machine needed no turn, or had none yet. */
    readonly turn?: number | undefined;
  };

/** How a machine's jump to the candidate ended. */
export type Outcome = "ok" | "failed";

/** Fewer digits are filled up, so that S3 lists turns in their order. */
const LEAST_DIGITS = 6;

/** No mark can name a higher one. No fleet comes to it: whoever writes this one keeps the others from their turns. */
export const HIGHEST_TURN = 999_999_999_999;

const MACHINE = /^(try|ok|failed)\/([A-Za-z0-9_.:@-]{1,128})(?:~([1-9][0-9]{0,11}))?$/;
const TURN = /^turn\/([0-9]{6,12})$/;

/** The name below `marksPrefix`. */
export function markName(mark: Mark): string {
  if (mark.kind === "turn") return `turn/${String(mark.turn).padStart(LEAST_DIGITS, "0")}`;
  const name = `${mark.kind}/${machineInMarks(mark.machine)}`;
  return mark.kind === "try" || mark.turn === undefined ? name : `${name}~${mark.turn}`;
}

/** Undefined if FTL writes no such name. */
export function parseMark(name: string): Mark | undefined {
  const turn = Number(TURN.exec(name)?.[1] ?? 0);
  if (turn > 0 && markName({ kind: "turn", turn }) === name) return { kind: "turn", turn };
  const [, kind, machine, number] = MACHINE.exec(name) ?? [];
  if (machine === undefined) return undefined;
  if (kind === "try") return number === undefined ? { kind, machine } : undefined;
  if (kind !== "ok" && kind !== "failed") return undefined;
  return number === undefined ? { kind, machine } : { kind, machine, turn: Number(number) };
}

/** The machine's name as marks have it. Only the name of a host can have other characters. */
export function machineInMarks(machine: string): string {
  return machine.replace(/[^A-Za-z0-9_.:@-]/g, "_").slice(0, 128) || "_";
}
