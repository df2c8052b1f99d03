/**
 * `deno run -A scripts/bench/floor.ts ARCHIVE.tgz FOLDER [--rounds 5]`: what a sync of this archive costs at least
 * on this runtime, part by part, in seconds of a processor. FOLDER is on the disk to write to; its depth counts.
 *
 * Each part is a program of a few lines in `floor/`. What the executable would lose by bounded permissions
 * is the difference of the two last lines.
 */
import { parseArgs } from "node:util";
import { BOUNDED, least, listSizes } from "./least.ts";
import { measure, pipeline, type Program } from "./programs.ts";
import { median } from "./targets.ts";

const { values, positionals: [archive = "", folder = ""] } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" } },
});

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
await listSizes(archive, list);
const writing = [`${folder}/written`, list];
const parts: readonly (readonly [string, Program])[] = [
  ["gzip -dc", { command: pipeline('gzip -dc "$archive" > /dev/null'), env: { archive } }],
  ["gunzip, by a stream", { command: least("gunzip", [archive, "stream"]) }],
  ["gunzip, into given memory", { command: least("gunzip", [archive, "memory"]) }],
  ["write, with all permissions", { command: least("write", writing) }],
  ["write, with bounded permissions", { command: least("write", writing, BOUNDED) }],
];
for (const [name, one] of parts) {
  const line = `${name}: ${(await cpuOf(one)).toFixed(2)} s\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
Deno.removeSync(list);
