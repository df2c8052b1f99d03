/** Programs of a few lines, in `floor/`: what a command must do at least on this runtime. */
import { capture, pipeline } from "./programs.ts";

/** The name of a contender that does the least. */
export const LEAST = "the least";

/** The name of one that also keeps what FTL promises. */
export const KEPT = "the least that keeps the promises";

/** Those that a sync has. */
const ALL: readonly string[] = ["--allow-all"];

/** With fewer, the runtime resolves each path before it opens it. */
export const BOUNDED: readonly string[] = ["--allow-read", "--allow-write"];

/** The command of a program in `floor/`. */
export function least(
  name: string,
  args: readonly string[],
  permissions: readonly string[] = ALL,
): readonly string[] {
  const path = new URL(`floor/${name}.ts`, import.meta.url).pathname;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, path, ...args];
}

/** Writes the sizes of all files of an archive into the file `list`, one a line. */
export async function listSizes(archive: string, list: string): Promise<void> {
  const sizes = "tar -tvzf \"$archive\" | awk '/^-/ { print $3 }'";
  await capture({ command: pipeline(`${sizes} > "$list"`), env: { archive, list } });
}
