/** Which cores a program may use, and what else keeps them busy. */
import type { Program } from "./programs.ts";

export interface CorePlan {
  /** Numbers of cores, as taskset(1) takes them. */
  readonly program: string;
  /** Other cores than the program's if there are others: in real life the server is another machine. */
  readonly server: string;
}

/**
 * The first `wanted` cores are the program's, the others the server's. If nothing is left, the server may use all
 * of them too, which makes both contenders slower.
 */
export function planCores(wanted: number, available: readonly number[]): CorePlan {
  const own = available.slice(0, wanted);
  const others = available.slice(wanted);
  return { program: own.join(","), server: (others.length > 0 ? others : own).join(",") };
}

/** The cores that this process may use. */
export function availableCores(): number[] {
  const list = /Cpus_allowed_list:\s+(\S+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
  return parseCores(list ?? "0");
}

/** `0-2,5`, as the kernel shows it, is 0, 1, 2 and 5. */
export function parseCores(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The program, bound to these cores. `taskset` becomes the program, so it costs a millisecond and no process. */
export function pin(program: Program, cores: string): Program {
  return { ...program, command: ["taskset", "-c", cores, ...program.command] };
}

/** All threads of a process that runs already. */
export function pinProcess(pid: number, cores: string): void {
  const { success } = new Deno.Command("taskset", {
    args: ["-a", "-p", "-c", cores, String(pid)],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  if (!success) throw new Error(`process ${pid} cannot be bound to the cores ${cores}`);
}

/** Starts processes that do nothing but run. The function that comes back ends them. */
export function startBusyLoops(count: number, cores: string): () => Promise<void> {
  const loops = Array.from({ length: count }, () =>
    new Deno.Command("taskset", {
      args: ["-c", cores, "sh", "-c", "while :; do :; done"],
      stdin: "null",
    }).spawn());
  return async () => {
    await Promise.all(loops.map(end));
  };
}

/** A Ctrl-C may have ended it before. */
async function end(loop: Deno.ChildProcess): Promise<void> {
  try {
    loop.kill("SIGKILL");
  } catch {
    // It has ended.
  }
  await loop.status;
}
