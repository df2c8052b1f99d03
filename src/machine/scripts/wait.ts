/** Waits for a script, with a time limit, and ends it on a signal. */
import { InterruptedError, type ScriptExit } from "../../errors.ts";
import type { ScriptLimit } from "./scripts.ts";

/** Milliseconds between SIGTERM and SIGKILL to a script that takes too long. */
const GRACE = 10_000;

/**
 * Milliseconds after SIGKILL. A process that still lives then hangs in the kernel, or belongs to another user.
 */
const LAST_GRACE = 10_000;

/** How a script failed. */
export interface FailedRun {
  readonly exit: ScriptExit;
  /** The same in words for people. */
  readonly text: string;
}

/**
 * Returns how the script failed, or undefined. Ends the script's whole process group if the script takes longer than
 * its limit, or if `signal` aborts. On abort it throws the signal's reason.
 */
export async function waitFor(
  child: Deno.ChildProcess,
  { limit, signal }: { limit: ScriptLimit; signal: AbortSignal },
): Promise<FailedRun | undefined> {
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
  after(Math.max(0, limit.left) * 1000, () => {
    late = true;
    end();
  });
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const status = await Promise.race([child.status, stuck.promise]);
  signal.removeEventListener("abort", end);
  for (const timer of timers) clearTimeout(timer);
  // The script's children may still be running.
  if (ending) signalGroup(child.pid, "SIGKILL");
  if (status === "stuck") child.unref();
  signal.throwIfAborted();
  if (late) {
    const then = status === "stuck" ? `, and process ${child.pid} cannot be ended` : "";
    const text = `it took longer than ${limit.name}, ${limit.seconds} s${then}`;
    return { exit: { timeout: limit.seconds }, text };
  }
  if (status === "stuck") return undefined;
  const { code, signal: by } = status;
  if (by !== null) return { exit: { signal: by }, text: `ended by ${by}` };
  return code === 0 ? undefined : { exit: { code }, text: `exit ${code}` };
}

function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch (error) {
    // The group is gone, as wanted. Or it belongs to another user, whose processes this user cannot end.
    const isExpected = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (!isExpected) throw error;
  }
}
