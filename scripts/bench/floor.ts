/**
 * `deno run -A scripts/bench/floor.ts ARCHIVE.tgz FOLDER [--rounds 5]`: what a sync of this archive costs at least
 * on this runtime, part by part, in seconds of a processor. FOLDER is on the disk to write to; its depth counts.
 *
 * Each part is a program of a few lines in `floor/`. What bounded permissions cost is the difference of the two
 * last lines: the executable never has all of them.
 */
import { parseArgs } from "node:util";
import { capture, measure, pipeline, type Program } from "./programs.ts";
import { median } from "./targets.ts";

const { values, positionals: [archive = "", folder = ""] } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" } },
});

function program(name: string, permissions: readonly string[], args: readonly string[]): Program {
  const path = new URL(`floor/${name}.ts`, import.meta.url).pathname;
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, path];
  return { command: [...run, ...args] };
}

async function cpuOf(one: Program): Promise<number> {
  const runs: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    Deno.mkdirSync(`${folder}/written`);
    runs.push((await measure(one)).cpu ?? NaN);
    Deno.removeSync(`${folder}/written`, { recursive: true });
  }
  return median(runs);
}

const list = `${folder}/sizes`;
const sizes = "tar -tvzf \"$archive\" | awk '/^-/ { print $3 }'";
await capture({ command: pipeline(`${sizes} > "$list"`), env: { archive, list } });
const bounded = ["--allow-read", "--allow-write"];
const writing = [`${folder}/written`, list];
const parts: readonly (readonly [string, Program])[] = [
  ["gzip -dc", { command: pipeline('gzip -dc "$archive" > /dev/null'), env: { archive } }],
  ["gunzip, by a stream", program("gunzip", bounded, [archive, "stream"])],
  ["gunzip, into given memory", program("gunzip", bounded, [archive, "memory"])],
  ["write, with all permissions", program("write", ["--allow-all"], writing)],
  ["write, with bounded permissions", program("write", bounded, writing)],
];
for (const [name, one] of parts) {
  const line = `${name}: ${(await cpuOf(one)).toFixed(2)} s\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
Deno.removeSync(list);
