/** How much of the processors the programs took that this process has started: all of a pipeline, not the first one. */

/** `RUSAGE_CHILDREN` of getrusage(2). */
const CHILDREN = -1;

/** `struct rusage` has two `struct timeval` and 14 numbers, of 8 bytes each. */
const BYTES_OF_RUSAGE = 18 * 8;

/** Ticks of a processor in a second, as all Linux kernels show them. */
const TICKS = 100;

const getrusage = findGetrusage();

/**
 * Seconds, user and system, of the children that have ended, with their own children for which they waited. So
 * nothing else may end while something is measured. Undefined if the system does not show it.
 */
export function childrenCpu(): number | undefined {
  if (getrusage === undefined) return childrenTicks();
  const usage = new BigInt64Array(BYTES_OF_RUSAGE / 8);
  if (getrusage(CHILDREN, new Uint8Array(usage.buffer)) !== 0) return childrenTicks();
  const [userSeconds = 0n, userMicros = 0n, systemSeconds = 0n, systemMicros = 0n] = usage;
  return Number(userSeconds + systemSeconds) + Number(userMicros + systemMicros) / 1e6;
}

/** Microseconds are known to the system call only. A short command takes a few ticks. */
function findGetrusage(): ((who: number, usage: Uint8Array<ArrayBuffer>) => number) | undefined {
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      getrusage: { parameters: ["i32", "buffer"], result: "i32" },
    });
    return symbols.getrusage;
  } catch {
    return undefined;
  }
}

/** The same in hundredths: fields 16 and 17 of proc_pid_stat(5). */
function childrenTicks(): number | undefined {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    // The second field, the name, may have spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS;
  } catch {
    return undefined;
  }
}
