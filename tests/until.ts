/** Waits for what is to come, two minutes at most: the machine may be busy. */
export async function until(is: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 120_000; !is();) {
    if (performance.now() > deadline) throw new Error(`${what} has not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
