/**
 * The steps at which a crash matters most, by name, so that tests can end a command at each of them.
 *
 * In the executable nothing listens: neither arguments nor the environment reach the listener, and no
 * file of FTL sets it. `tests/proof/preload.ts` does, which has to be loaded before `mod.ts`, and
 * `tests/proof/steps_test.ts` shows that nothing else does.
 */

/** What has just been done. The order is that of a spool, a blessing, a sync and a purge. */
export const FAULT_POINTS = [
  "part-uploaded",
  "upload-completed",
  "pointer-written",
  "pointer-remembered",
  "staged",
  "flushed",
  "published",
  "state-written",
  "post-synced",
  "pre-jumped",
  "journal-written",
  "un-jumped",
  "hold-written",
  "previous-linked",
  "current-linked",
  "post-jumped",
  "pre-removed",
  "state-forgotten",
  "discarded",
  "trash-emptied",
] as const;

export type FaultPoint = typeof FAULT_POINTS[number];

let listener: ((point: FaultPoint) => void) | undefined;

/** Does nothing but in tests. */
export function faultPoint(point: FaultPoint): void {
  listener?.(point);
}

/** For tests alone. */
export function onFaultPoint(listen: (point: FaultPoint) => void): void {
  listener = listen;
}
