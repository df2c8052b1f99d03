/**
 * Loaded before `mod.ts` by `launch.ts`, in a process of its own. By the environment, which FTL itself
 * never asks for these:
 *
 *     PROVE_KILL_AT=published:2   SIGKILL when that step has been reached for the second time
 *     PROVE_CLOCK=20              a clock that runs 20 times as fast: 20 s of patience take 1 s
 *     PROVE_AHEAD=31000           a time that is so many milliseconds ahead
 */
import { type FaultPoint, onFaultPoint } from "../../src/fault_point.ts";

const killAt = Deno.env.get("PROVE_KILL_AT");
const clock = Number(Deno.env.get("PROVE_CLOCK") ?? "1");
const ahead = Number(Deno.env.get("PROVE_AHEAD") ?? "0");

if (killAt !== undefined) armKill(killAt);
if (clock !== 1) hurry(clock);
if (ahead !== 0) putForward(ahead);

function armKill(text: string): void {
  const [point, nth = "1"] = text.split(":");
  let left = Number(nth);
  // A command gives up rights that this needs.
  Deno.permissions.revokeSync = (descriptor) => Deno.permissions.querySync(descriptor);
  onFaultPoint((reached: FaultPoint) => {
    if (reached === point && --left === 0) Deno.kill(Deno.pid, "SIGKILL");
  });
}

function hurry(times: number): void {
  const { setTimeout, setInterval } = globalThis;
  const now = performance.now.bind(performance);
  const started = now();
  performance.now = () => started + (now() - started) * times;
  type Timer = (run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => number;
  const faster = (timer: unknown): Timer => (run, delay = 0, ...args) =>
    (timer as Timer)(run, delay / times, ...args);
  Object.assign(globalThis, {
    setTimeout: faster(setTimeout),
    setInterval: faster(setInterval),
  });
  AbortSignal.timeout = (delay) => {
    const controller = new AbortController();
    const reason = new DOMException("Signal timed out.", "TimeoutError");
    Deno.unrefTimer(Number(setTimeout(() => controller.abort(reason), delay / times)));
    return controller.signal;
  };
}

function putForward(milliseconds: number): void {
  const now = Date.now;
  Date.now = () => now() + milliseconds;
}
