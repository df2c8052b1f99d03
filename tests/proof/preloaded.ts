/** `ftl` after `preload.ts`: only the source can be told where to die, and what time it is. */
import type { RunOptions } from "../e2e/fleet.ts";

const PRELOAD = new URL("preload.ts", import.meta.url).pathname;
const MOD = new URL("../../mod.ts", import.meta.url).pathname;

/** Program and first arguments. */
export const PRELOADED: readonly string[] = [
  ...[Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all"],
  ...["--preload", PRELOAD, MOD],
];

/** `ftl` by a clock that runs so many times as fast: whoever waits for its patience to end waits less. */
export function hurried(times: number): RunOptions {
  return { program: PRELOADED, env: { PROVE_CLOCK: String(times) } };
}
