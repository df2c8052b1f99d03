/** Runs programs and measures them. */

export interface Measured {
  /** Milliseconds from start to end. */
  readonly ms: number;
  /** Megabytes of memory that the process held at most (VmHWM). Undefined if the system does not show it. */
  readonly peak: number | undefined;
  /** Seconds of a processor, of the program and of those that it started. Undefined if the system does not show it. */
  readonly cpu: number | undefined;
}

export interface Program {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Milliseconds between two looks at the memory. Each look costs the measured program some time. */
const LOOK = 50;

/** If the program fails, throws with its stderr. */
export async function measure({ command, env = {}, cwd }: Program): Promise<Measured> {
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
  const watched = program === SHELL ? undefined : child.pid;
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

/** Ticks of a processor in a second, as all Linux kernels show them. */
const TICKS = 100;

/** Seconds that the children that have ended took, with their own children: fields 16 and 17 of proc_pid_stat(5). */
function childrenCpu(): number | undefined {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    // The second field, the name, may have spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS;
  } catch {
    return undefined;
  }
}

/** The shell's own memory says nothing about the programs that it starts. */
const SHELL = "bash";

/** A pipeline, in a shell that has `pipefail`. */
export function pipeline(text: string): readonly string[] {
  return [SHELL, "-c", `set -e -o pipefail; ${text}`];
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

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
