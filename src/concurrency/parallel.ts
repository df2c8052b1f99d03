/** Work on many things with a bound on how many are under way. */

export interface ParallelOptions {
  /** How many are under way at the same time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `work` for each item and gives the results in the order of the items. The first failure, or the
 * abort of `signal`, aborts `stop` for the others and starts no more; only when none is under way any
 * longer is it thrown.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  { concurrency, signal }: ParallelOptions,
  work: (item: T, index: number, stop: AbortSignal) => Promise<R>,
): Promise<R[]> {
  signal?.throwIfAborted();
  const failure = new AbortController();
  const stop = failure.signal;
  // By hand: in Deno 2.7 a signal of `AbortSignal.any` may be collected before it has fired.
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
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  signal?.removeEventListener("abort", onAbort);
  stop.throwIfAborted();
  return results;
}
