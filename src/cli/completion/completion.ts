/**
 * Completion for the shells, made from the table of commands: one file for each shell. Names of packages and
 * revisions come from `ftl list`, which reads only the local root. If the line has `--master`, they come from
 * S3, and the shell waits at most `PATIENCE`.
 */
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import type { Shell } from "./words.ts";
import { zshScript } from "./zsh.ts";

export { type Shell, SHELLS } from "./words.ts";

export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}
