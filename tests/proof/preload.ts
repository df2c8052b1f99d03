/**
 * Loaded before `mod.ts` by `launch.ts`, in a process of its own. By the environment, which FTL itself
 * never asks for these:
 *
 *     PROVE_KILL_AT=published:2   SIGKILL when that step has been reached for the second time
 *     PROVE_KILL_WRITE=7          SIGKILL when its main thread has changed something on the disk for the 7th time
 *     PROVE_CLOCK=20              a clock that runs 20 times as fast: 20 s of patience take 1 s
 *     PROVE_AHEAD=31000           a time that is so many milliseconds ahead
 */
import { type FaultPoint, onFaultPoint } from "../../src/fault_point.ts";
import { WRITING_CALLS } from "./writing_calls.ts";

const killAt = Deno.env.get("PROVE_KILL_AT");
const killWrite = Number(Deno.env.get("PROVE_KILL_WRITE") ?? "0");
const clock = Number(Deno.env.get("PROVE_CLOCK") ?? "1");
const ahead = Number(Deno.env.get("PROVE_AHEAD") ?? "0");

if (killAt !== undefined) armKill(killAt);
if (killWrite > 0) armKillOfWrite(killWrite);
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

/** What FTL does in other threads and programs, as a flush of all, does not count. */
function armKillOfWrite(nth: number): void {
  let left = nth;
  const armed = (of: object, name: string): void => {
    const original = Reflect.get(of, name) as (...args: unknown[]) => unknown;
    Reflect.set(of, name, function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args);
      if (name === "openSync" && !isMaking(args[1])) return result;
      // The step is told, for whoever looks for what went wrong.
      if (--left === 0) {
        Deno.stderr.writeSync(new TextEncoder().encode(`killed at ${name} ${args[0]}\n`));
        Deno.kill(Deno.pid, "SIGKILL");
      }
      return result;
    });
  };
  // A command gives up rights that this needs.
  Deno.permissions.revokeSync = (descriptor) => Deno.permissions.querySync(descriptor);
  for (const name of WRITING_CALLS) armed(Deno, name);
  for (const name of ["writeSync", "syncSync"]) armed(Deno.FsFile.prototype, name);
}

function isMaking(options: unknown): boolean {
  const { create = false, createNew = false } = (options ?? {}) as Deno.OpenOptions;
  return create || createNew;
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
