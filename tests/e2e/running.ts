/** Waits until a process has ended: the kernel's signal needs some time. A zombie counts as ended. */
export async function isRunning(pid: string): Promise<boolean> {
  for (let i = 0; i < 50; i++) {
    try {
      if (/^State:\s+[ZX]/m.test(await Deno.readTextFile(`/proc/${pid}/status`))) return false;
    } catch {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
