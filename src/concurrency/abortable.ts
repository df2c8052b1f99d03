/**
 * Starts work and waits for it. On abort it throws the signal's reason at once; the system finishes the work
 * alone.
 */
export async function orAborted<T>(
  start: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return await start();
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([start(), promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
