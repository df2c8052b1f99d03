/** Runs `ftl setup`, and the programs that must accept its texts. */
import { assertEquals } from "../assert.ts";
import { type Ran, startProgram } from "./fleet.ts";

/** The variables that Deno needs to run from source. */
const DENO_ENV = Object.fromEntries(
  ["HOME", "DENO_DIR"].map((name) => [name, Deno.env.get(name)]),
);

/** Every character that a shell, systemd, cron or YAML could misread. */
export const AWKWARD_ROOT = "/srv/m\u00fc \"q\" 'a' %t 100%% $HOME `id` \\ \\n ;#";

/** Runs `ftl` with these variables alone. */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const child = startProgram(args, { cwd: "/", env: { ...DENO_ENV, ...env } });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The text of `ftl setup`. */
export async function setup(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(["setup", ...args], env);
  assertEquals(code, 0, stderr);
  return stdout;
}

/** Runs a program of the system. */
export async function system(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], env })
    .output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
