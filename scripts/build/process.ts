/** Programs that the build runs. */

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end; the answer is its stdout. Throws with its stderr where it fails. */
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

/** Where a program lies, or undefined where this machine has none of that name. */
export async function findProgram(name: string): Promise<string | undefined> {
  try {
    return (await run(["/bin/sh", "-c", `command -v ${name}`])).trim();
  } catch {
    return undefined;
  }
}
