/** Runs tests as on a machine with another number of processors, which decides whether a thread helps. */

/** Runs `work` while the runtime tells of so many processors. */
export async function withProcessors<T>(count: number, work: () => Promise<T>): Promise<T> {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: count, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(navigator, "hardwareConcurrency");
  }
}
