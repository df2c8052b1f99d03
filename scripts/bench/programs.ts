/** Runs programs and measures them. */
import { childrenCpu } from "./cpu.ts";

export interface Measured {
  /** Milliseconds from start to end. */
  readonly ms: number;
  /** Megabytes of memory that the process held at most (VmHWM). Undefined if the system does not show it. */
  readonly peak: number | undefined;
  /** Seconds of processors, of the program and all that it started. Undefined if the system does not show it. */
  readonly cpu: number | undefined;
}

export interface Program {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The memory of a shell says nothing about the programs that it starts. */
  readonly isPipeline?: boolean;
}

/** Milliseconds between two looks at the memory. Each look costs the measured program some time. */
const LOOK = 50;

/** If the program fails, throws with its stderr. */
export async function measure(
  { command, env = {}, cwd, isPipeline = false }: Program,
): Promise<Measured> {
  const [program = "", ...args] = command;
  const before = childrenCpu();
  const started = performance.now();
  const child = new Deno.Command(program, {
    args,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peak: number | undefined;
  const watched = isPipeline ? undefined : child.pid;
  const timer = setInterval(() => peak = peakOf(watched) ?? peak, LOOK);
  const { code, stderr } = await child.output();
  const ms = performance.now() - started;
  clearInterval(timer);
  if (code !== 0) {
    throw new Error(`${command.join(" ")}: exit ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  const after = childrenCpu();
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return { ms, peak, cpu };
}

/** A pipeline, in a shell that has `pipefail`. */
export function pipeline(text: string): readonly string[] {
  return ["bash", "-c", `set -e -o pipefail; ${text}`];
}

export async function capture({ command, env = {}, cwd }: Program): Promise<string> {
  const [program = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trim();
}

/** The path of a program that really starts. Undefined if it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  // A shim of pyenv is a shell script, and slower than the program that it starts.
  for (const command of [`pyenv which ${name}`, `command -v ${name}`]) {
    try {
      const path = await capture({ command: ["sh", "-c", command] });
      await capture({ command: [path, "--version"] });
      return path;
    } catch {
      // Try the next command.
    }
  }
  return undefined;
}

function peakOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return found === undefined ? undefined : Number(found) * 1024 / 1e6;
  } catch {
    return undefined;
  }
}
