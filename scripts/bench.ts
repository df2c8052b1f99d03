/**
 * `deno task bench`: compares FTL with the usual tools. All run interleaved in one run, and the medians count.
 * It checks the ratios against the targets of docs/benchmarks.md.
 *
 *     deno task bench [--ftl PATH] [--rounds 5] [--only NAME[,NAME]] [--json FILE]
 *                     [--folder DIR] [--work DIR] [--big BYTES]
 *
 * --ftl measures an executable. Without it, the source is measured, whose start is slower. --folder keeps the
 * corpora (some 6 GB) for the next run. --work is the folder for unpacked archives; by default it is in memory.
 * --only selects cases by the beginning of their names: sync, spool, big, start, rollback, scale. The last two
 * need no corpora.
 */
import { parseArgs } from "node:util";
import { compile } from "./build/compile.ts";
import { ownToolchain, toolchainFromNpm } from "./build/runtime.ts";
import {
  allCases,
  type Case,
  casesWithoutCorpora,
  type Contender,
  type Tools,
} from "./bench/cases.ts";
import { describe, makeCorpora } from "./bench/corpora.ts";
import { findProgram, type Measured } from "./bench/programs.ts";
import { type CaseResult, caseTable, verdicts, verdictTable } from "./bench/report.ts";
import { Stage } from "./bench/stage.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    ftl: { type: "string" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    json: { type: "string" },
    folder: { type: "string", default: `${Deno.env.get("TMPDIR") ?? "/tmp"}/ftl-bench-corpora` },
    work: { type: "string" },
    big: { type: "string", default: "2000000000" },
  },
});

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
}

const say = (text: string): void => write(Deno.stderr, `bench: ${text}`);
const print = (text: string): void => write(Deno.stdout, text);

/** Runs every contender once in each round. Each round begins with another contender. */
async function runCase(one: Case, rounds: number): Promise<CaseResult> {
  const contenders = await one.prepare();
  const runs: Record<string, Measured[]> = {};
  for (const { name } of contenders) runs[name] = [];
  const count = one.rounds ?? rounds;
  for (let round = 0; round < count; round++) {
    say(`${one.name}: round ${round + 1} of ${count}`);
    // If a contender depends on an earlier one, the order stays the same.
    const start = one.rounds === undefined ? round % contenders.length : 0;
    const order = [...contenders.slice(start), ...contenders.slice(0, start)];
    for (const contender of order) runs[contender.name]?.push(await runOnce(contender));
  }
  const facts = await one.facts?.() ?? {};
  await one.clean?.();
  return { name: one.name, title: one.title, runs, facts };
}

async function runOnce({ run, after }: Contender): Promise<Measured> {
  const measured = await run();
  await after?.();
  return measured;
}

async function findTools(folder: string): Promise<Tools> {
  const [aws, pigz] = [await findProgram("aws"), await findProgram("pigz")];
  if (aws === undefined) say("the aws-cli is not installed: FTL is not compared with it");
  if (pigz === undefined) say("pigz is not installed: FTL is not compared with it");
  return { aws, pigz, empty: await compileEmpty(folder) };
}

async function compileEmpty(folder: string): Promise<string | undefined> {
  const path = `${folder}/empty`;
  try {
    Deno.statSync(path);
    return path;
  } catch {
    // It must be compiled.
  }
  const entry = `${path}.ts`;
  Deno.writeTextFileSync(entry, "");
  const target = Deno.build.arch;
  try {
    await compile(ownToolchain(), { entry, target, output: path });
    return path;
  } catch {
    say("no base runtime from Deno's own server: trying npm");
  }
  try {
    const toolchain = await toolchainFromNpm([target], `${folder}/runtime`);
    await compile(toolchain, { entry, target, output: path });
    return path;
  } catch (error) {
    say(`no empty program to compare with: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Makes the corpora, which takes a while. */
async function casesOnCorpora(
  folder: string,
  tools: Tools,
): Promise<(stage: Stage) => Case[]> {
  const corpora = await makeCorpora(folder, { bigBytes: Number(values.big), say });
  print(`many small files: ${await describe(corpora.files)}`);
  return (stage) => allCases({ stage, corpora, tools });
}

async function main(): Promise<void> {
  const { ftl, folder, work } = values;
  const rounds = Number(values.rounds);
  const only = values.only.split(",").filter((name) => name !== "");
  const needsCorpora = only.length === 0 || !only.every((name) => /^(rollback|scale)/.test(name));
  const tools = needsCorpora ? await findTools(folder) : undefined;
  const chosen = tools === undefined ? casesWithoutCorpora : await casesOnCorpora(folder, tools);
  await using stage = await Stage.open({ work, ftl, say });
  const wanted = chosen(stage).filter(({ name }) =>
    only.length === 0 || only.some((begin) => name.startsWith(begin))
  );
  print(
    `${
      ftl ?? "FTL from source"
    }, Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores`,
  );
  const results: CaseResult[] = [];
  for (const one of wanted) {
    const result = await runCase(one, rounds);
    results.push(result);
    print(caseTable(result));
  }
  const sizes = {
    executable: ftl === undefined ? undefined : Deno.statSync(ftl).size,
    empty: tools?.empty === undefined ? undefined : Deno.statSync(tools.empty).size,
  };
  const found = verdicts(results, sizes);
  print(verdictTable(found));
  if (values.json !== undefined) {
    const document = {
      deno: Deno.version.deno,
      ftl: ftl ?? "source",
      rounds,
      results,
      targets: found,
    };
    Deno.writeTextFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
  }
}

await main();
// Idle connections are still open; there is no need to wait for them.
Deno.exit(0);
