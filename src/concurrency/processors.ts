/** What the machine has for threads. */

/**
 * Whether there is one processor for this process, by its affinity and the limit of its group. Then a second thread only
 * costs: its start, the messages, and their turns.
 */
export function hasOneProcessor(): boolean {
  return navigator.hardwareConcurrency === 1;
}
