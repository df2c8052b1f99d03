/**
 * The steps at which a crash matters most. Each has a name, so that tests can end a command at it.
 *
 * In the executable no listener is set: arguments and environment cannot set it, and no file of FTL
 * does. `tests/proof/preload.ts` sets it, and must be loaded before `mod.ts`.
 * `tests/proof/steps_test.ts` shows that nothing else sets it.
 */

/** The step that has just been done, in the order of a spool, a blessing, a sync and a purge. */
export const FAULT_POINTS = [
  "tree-put",
  "part-uploaded",
  "upload-completed",
  "history-written",
  "pointer-written",
  "trust-kept",
  "pointer-remembered",
  "copy-dropped",
  "adopted",
  "spare-taken",
  "delta-filled",
  "staged",
  "flushed",
  "published",
  "state-written",
  "records-written",
  "post-synced",
  "turn-chosen",
  "mark-written",
  "pre-jumped",
  "journal-written",
  "un-jumped",
  "hold-written",
  "previous-linked",
  "current-linked",
  "post-jumped",
  "health-started",
  "health-failed",
  "rollback-journaled",
  "rollback-linked",
  "quarantined",
  "outcome-remembered",
  "pre-removed",
  "spare-marked",
  "spare-kept",
  "state-forgotten",
  "discarded",
  "trash-emptied",
] as const;

export type FaultPoint = typeof FAULT_POINTS[number];

let listener: ((point: FaultPoint) => void) | undefined;

/** Calls the listener of a test. Without a test it does nothing. */
export function faultPoint(point: FaultPoint): void {
  listener?.(point);
}

/** Sets the listener. Only tests call this. */
export function onFaultPoint(listen: (point: FaultPoint) => void): void {
  listener = listen;
}
