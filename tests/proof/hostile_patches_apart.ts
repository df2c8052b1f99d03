/**
 * Many hostile patches and trees, some thousand in each process: what V8 keeps of their compressed parts, it frees
 * with the process alone. As a program, with a seed and a number of inputs, it is one such process, and prints its
 * figures as JSON.
 */
import { breakPatches, type HostilePatchOptions } from "./hostile_patches.ts";
import type { Figures } from "./lab.ts";

/** A process with so many takes less than half a gigabyte. */
const IN_ONE = 5000;

/** As `breakPatches`. The Error has what the process said, with the seed that it had. */
export async function breakPatchesApart(
  { seed, inputs, onEach }: HostilePatchOptions & { onEach?: (done: number) => void },
): Promise<Figures> {
  const sums: Record<string, number> = {};
  for (let done = 0, process = 0; done < inputs; done += IN_ONE, process++) {
    const share = { seed: seed + process, inputs: Math.min(IN_ONE, inputs - done) };
    for (const [name, number] of Object.entries(await inProcess(share))) {
      sums[name] = (sums[name] ?? 0) + number;
    }
    onEach?.(done + share.inputs);
  }
  return sums;
}

async function inProcess(
  { seed, inputs }: HostilePatchOptions,
): Promise<Readonly<Record<string, number>>> {
  const program = new URL(import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program, `${seed}`, `${inputs}`],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code === 0) return JSON.parse(decoder.decode(stdout));
  throw new Error(`seed ${seed}, ${inputs} inputs: exit ${code}\n${decoder.decode(stderr)}`);
}

if (import.meta.main) {
  const [seed = 0, inputs = 0] = Deno.args.map(Number);
  console.log(JSON.stringify(breakPatches({ seed, inputs })));
}
