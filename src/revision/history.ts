/**
 * Reads and writes an entry of a package's history: what somebody has changed in the pointer. It is a small JSON
 * object in S3.
 */
import { isRevisionId, type RevisionId } from "./names.ts";
import type { Note } from "./metadata.ts";

/**
 * What somebody has done.
 *
 * - `blessed`: a revision was blessed for all machines.
 * - `rollout`: a rollout began, or took its next step.
 * - `stopped`: a rollout was stopped.
 * - `restored`: what was blessed before came back, as the revision had been removed meanwhile.
 */
export const HISTORY_ACTIONS = ["blessed", "rollout", "stopped", "restored"] as const;
/** One of these. */
export type HistoryAction = typeof HISTORY_ACTIONS[number];

export interface HistoryEntry {
  readonly action: HistoryAction;
  /** The serial of the change. */
  readonly serial: number;
  /** What the pointer blesses since. */
  readonly blessed: RevisionId;
  /** What it blessed before. Undefined: nothing, or it was broken. */
  readonly before: RevisionId | undefined;
  /** The candidate of the rollout that began, went on, or was stopped. */
  readonly next: RevisionId | undefined;
  /** The words of the rollout: see `rollout.ts`. */
  readonly rollout: string | undefined;
  readonly note: Note;
}

export function formatHistory({ note, ...entry }: HistoryEntry): string {
  return `${JSON.stringify({ schema: 1, ...entry, ...note })}\n`;
}

/** Undefined if the text is no entry. */
export function parseHistory(text: string): HistoryEntry | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const word = (name: string): string | undefined => {
    const found = value[name];
    return typeof found === "string" ? found : undefined;
  };
  const id = (name: string): RevisionId | undefined => {
    const found = word(name);
    return isRevisionId(found) ? found : undefined;
  };
  const { serial } = value;
  const action = HISTORY_ACTIONS.find((one) => one === value["action"]);
  const blessed = id("blessed");
  if (action === undefined || blessed === undefined || !isCount(serial)) return undefined;
  const note = { by: word("by"), at: word("at"), message: word("message") };
  const [before, next, rollout] = [id("before"), id("next"), word("rollout")];
  return { action, serial, blessed, before, next, rollout, note };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
