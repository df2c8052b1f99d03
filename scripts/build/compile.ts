/** Turns a bundle into an executable, with `deno compile`. */
import { run } from "./process.ts";
import { checkProgram } from "./program.ts";
import type { Toolchain } from "./runtime.ts";
import { type Target, TARGETS } from "./target.ts";

/** Those of the executable: see `src/cli/permissions.ts`. */
export const PERMISSION_FLAGS: readonly string[] = ["--no-prompt", "--allow-all"];

export interface CompileOptions {
  /** An absolute path. */
  readonly entry: string;
  readonly target: Target;
  readonly output: string;
}

/** Compiles a program that needs no other file. Throws if the result is not what `checkProgram` wants. */
export async function compile(
  { deno, denort }: Toolchain,
  { entry, target, output }: CompileOptions,
): Promise<void> {
  const runtime = denort[target];
  const at = entry.lastIndexOf("/");
  await run([
    deno,
    "compile",
    "--quiet",
    // The bundle has everything: nothing must be resolved, fetched or checked, and no cache embedded.
    "--no-check",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    // The cache would lie in /tmp under a predictable name, and every user who runs FTL would execute it.
    "--no-code-cache",
    ...PERMISSION_FLAGS,
    // V8's young generation grows with the live data. Without a limit a million entries take 45 MB more and
    // save no time. If it begins at that size, a short command collects no garbage.
    "--v8-flags=--max-semi-space-size=4,--min-semi-space-size=4",
    `--target=${TARGETS[target].triple}`,
    `--output=${output}`,
    entry.slice(at + 1),
  ], {
    cwd: entry.slice(0, at),
    env: runtime === undefined ? {} : { DENORT_BIN: runtime },
  });
  try {
    checkProgram(Deno.readFileSync(output), { target, source: Deno.readFileSync(entry) });
  } catch (error) {
    throw new Error(`${output}: ${(error as Error).message}`);
  }
}
