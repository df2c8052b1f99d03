/** Waiting for a script, which has a bound: time, and signals. */
import { InterruptedError } from "../../errors.ts";

/** Milliseconds between SIGTERM and SIGKILL to a script that takes too long. */
const GRACE = 10_000;

/** Milliseconds after SIGKILL. What has not ended then hangs in the kernel, or belongs to another user. */
const LAST_GRACE = 10_000;

/**
 * What went wrong, or undefined where nothing did. The script's whole process group is ended where it takes
 * more than `timeout` seconds, or where `signal` aborts; then its reason is thrown.
 */
export async function waitFor(
  child: Deno.ChildProcess,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<string | undefined> {
  const timers: ReturnType<typeof setTimeout>[] = [];
  const after = (milliseconds: number, then: () => void): void => {
    timers.push(setTimeout(then, milliseconds));
  };
  const stuck = Promise.withResolvers<"stuck">();
  let late = false;
  let ending = false;
  const end = (): void => {
    const { reason } = signal;
    if (reason instanceof InterruptedError) {
      reason.insistence.addEventListener("abort", () => signalGroup(child.pid, "SIGKILL"));
    }
    signalGroup(child.pid, "SIGTERM");
    if (ending) return;
    ending = true;
    after(GRACE, () => signalGroup(child.pid, "SIGKILL"));
    after(GRACE + LAST_GRACE, () => stuck.resolve("stuck"));
  };
  after(timeout * 1000, () => {
    late = true;
    end();
  });
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const status = await Promise.race([child.status, stuck.promise]);
  signal.removeEventListener("abort", end);
  for (const timer of timers) clearTimeout(timer);
  // Besides the script there may be what it started.
  if (ending) signalGroup(child.pid, "SIGKILL");
  if (status === "stuck") child.unref();
  signal.throwIfAborted();
  if (late) {
    const then = status === "stuck" ? `, and process ${child.pid} cannot be ended` : "";
    return `it took longer than FTL_HOOK_TIMEOUT, ${timeout} s${then}`;
  }
  if (status === "stuck") return undefined;
  if (status.signal !== null) return `ended by ${status.signal}`;
  return status.code === 0 ? undefined : `exit ${status.code}`;
}

function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch (error) {
    // The group is gone, which is what was wanted, or another user's, which cannot be helped.
    const isExpected = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (!isExpected) throw error;
  }
}
