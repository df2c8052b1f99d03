/** Waits for what is to come, 30 s at most. */
export async function until(is: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; !is();) {
    if (performance.now() > deadline) throw new Error(`${what} has not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
