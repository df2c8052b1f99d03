/** The history of a package as lines and as a document. */
import type { History, HistoryChange } from "../../commands/history.ts";
import { escapeControls } from "../../foreign_text.ts";
import { formatDuration } from "../terminal/narration.ts";
import type { Payload } from "./documents.ts";
import { align, type TableOptions } from "./tables.ts";

export function historyDocument({ package: name, changes }: History): Payload {
  return {
    package: name,
    changes: changes.map((change) => {
      const { action, at = null, by = null, message = null, blessed, before = null } = change;
      const { next = null, percent = null, groups, over = null, paused, done } = change;
      const rollout = { next, percent, groups, over, paused };
      return { action, at, by, message, blessed, before, ...rollout, done };
    }),
  };
}

/** For programs: time, author, what and why, with tabs between them. */
export function historyLines({ changes }: History, { isTerminal, paint }: TableOptions): string[] {
  const rows = changes.map((change) => {
    const { at, by, message, done } = change;
    const undone = done ? "" : ` ${paint.warning("(not completed)")}`;
    const time = at === undefined ? "-" : `${escapeControls(at.slice(0, 16))}Z`;
    return [
      time,
      by === undefined ? "-" : escapeControls(by),
      `${what(change)}${undone}`,
      message === undefined ? "" : escapeControls(message),
    ];
  });
  return isTerminal ? align(rows) : rows.map((row) => row.join("\t"));
}

function what(change: HistoryChange): string {
  const { action, blessed, before, next } = change;
  switch (action) {
    case "blessed":
      return `blessed ${blessed}${before === undefined ? "" : `, was ${before}`}`;
    case "restored":
      return `${blessed} is blessed again: ${before ?? "the other one"} had been removed`;
    case "stopped":
      return `stopped the rollout of ${next ?? "?"}: ${blessed} stays`;
    case "rollout":
      return `rollout of ${next ?? "?"}: ${whoMay(change)}; the others stay on ${blessed}`;
  }
}

/** `10 %, group canary`. */
function whoMay({ percent, groups, over, paused }: HistoryChange): string {
  const ramp = over === undefined ? "" : `, to all within ${formatDuration(over * 1000)}`;
  const share = paused ? `paused at ${percent ?? "?"} %` : `${percent ?? "?"} %${ramp}`;
  return groups.length === 0 ? share : `${share}, group ${groups.join(", ")}`;
}
