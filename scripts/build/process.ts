/** Runs the programs that the build needs. */

export interface RunOptions {
  readonly cwd?: string;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns its stdout. If the program fails, throws with its stderr. */
export async function run(
  [program = "", ...args]: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    const said = `${decoder.decode(stderr)}${decoder.decode(stdout)}`.trim();
    throw new Error(`${program} ${args.join(" ")}: exit ${code}\n${said}`);
  }
  return decoder.decode(stdout);
}

/** The path of a program. Undefined if this machine has none of that name. */
export async function findProgram(name: string): Promise<string | undefined> {
  try {
    return (await run(["/bin/sh", "-c", `command -v ${name}`])).trim();
  } catch {
    return undefined;
  }
}
