/**
 * Completion for the shells, made from the table of commands: a file a shell. Names of packages and revisions come
 * from `ftl list`, which reads the local root alone; where the line has `--master`, from S3, for which a shell waits
 * no longer than `PATIENCE`.
 */
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import type { Shell } from "./words.ts";
import { zshScript } from "./zsh.ts";

export { type Shell, SHELLS } from "./words.ts";

export function completionScript(shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]();
}
