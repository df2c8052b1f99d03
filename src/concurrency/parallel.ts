/** Works on many items, with a limit on how many are under way at the same time. */

export interface ParallelOptions {
  /** How many are under way at the same time. */
  readonly concurrency: number;
  /** So many may be under way from the time on when `after` has resolved, if something is left then. */
  readonly more?: { readonly after: () => Promise<unknown>; readonly concurrency: number };
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `work` for each item and gives the results in the order of the items. If one call fails, or
 * `signal` aborts, no more items are started and `stop` aborts for those under way. The failure is
 * thrown after all of them have ended. If `more.after` rejects, that is somebody else's failure.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  { concurrency, more, signal }: ParallelOptions,
  work: (item: T, index: number, stop: AbortSignal) => Promise<R>,
): Promise<R[]> {
  signal?.throwIfAborted();
  const failure = new AbortController();
  const stop = failure.signal;
  // Not `AbortSignal.any`: in Deno 2.7 its signal may be garbage-collected before it fires.
  const onAbort = (): void => failure.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (stop.aborted) return;
      try {
        results[index] = await work(item, index, stop);
      } catch (error) {
        failure.abort(error);
      }
    }
  };
  const start = (count: number): Promise<unknown> =>
    Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
  let started: Promise<unknown> | undefined;
  more?.after().then(() => started = start(more.concurrency - concurrency), () => {});
  await start(concurrency);
  await started; // what starts after this finds nothing left
  signal?.removeEventListener("abort", onAbort);
  stop.throwIfAborted();
  return results;
}
