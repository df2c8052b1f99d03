/**
 * `deno task bench`: compares FTL with the usual tools. All run in turn in one run, and the medians count. It
 * checks the targets of docs/benchmarks.md, and ends with those that are missed. It is no test: `--help` shows how.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Case } from "./bench/case.ts";
import { allCases, choose } from "./bench/cases.ts";
import { CORPORA, Corpora, type CorpusName } from "./bench/corpora.ts";
import { describeMachine } from "./bench/machine.ts";
import { caseTable, judgeCase, type Judged, summary } from "./bench/report.ts";
import { FULL, runCase } from "./bench/run.ts";
import { Stage } from "./bench/stage.ts";
import { findTools } from "./bench/tools.ts";

const HELP = `deno task bench [OPTION...]

  --ftl PATH        measure this executable. Without it, the source, which starts more slowly
  --only NAME,...   only cases whose names begin so. --list shows the names
  --rounds N        rounds that count, by default ${FULL}: fewer say little. One more warms up
  --corpus NAME,... many small files: npm, which is the same for all and the default, or files, what npm has
                    today. With both, the cases of cores run with each, the others with the first
  --folder DIR      keeps the corpora for the next run, up to 6 GB
  --work DIR        for unpacked archives. By default in memory, which takes root
  --disk DIR        on a real disk, for images of ext4 and XFS, which take root
  --big BYTES       size of the generated packages, by default 2000000000
  --json FILE       writes all that was measured
  --list            shows the names of the cases

A case that this machine cannot run says why. Nothing else should run meanwhile.`;

const temp = Deno.env.get("TMPDIR") ?? "/tmp";
const { values } = parseArgs({
  args: Deno.args,
  options: {
    ftl: { type: "string" },
    rounds: { type: "string", default: String(FULL) },
    only: { type: "string", default: "" },
    corpus: { type: "string", default: "npm" },
    json: { type: "string" },
    folder: { type: "string", default: `${temp}/ftl-bench-corpora` },
    work: { type: "string" },
    disk: { type: "string", default: temp },
    big: { type: "string", default: "2000000000" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
}

const say = (text: string): void => write(Deno.stderr, `bench: ${text}`);
const print = (text: string): void => write(Deno.stdout, text);

function wordsOf(list: string): string[] {
  return list.split(",").filter((word) => word !== "");
}

function corporaOf(list: string): CorpusName[] {
  return wordsOf(list).map((word) => {
    const found = CORPORA.find((name) => name === word);
    if (found === undefined) throw new Error(`--corpus: there are only ${CORPORA.join(", ")}`);
    return found;
  });
}

async function runAll(cases: readonly Case[], isStopped: () => boolean): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const one of cases) {
    if (isStopped()) break;
    const result = await runCase(one, { rounds: Number(values.rounds), say, isStopped });
    const last = judgeCase(one.targets, result);
    judged.push(last);
    print(caseTable(last));
  }
  return judged;
}

/** From now on a signal ends nothing at once: what is mounted is unmounted first. */
function watchSignals(): () => boolean {
  let isStopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => isStopped = true);
  }
  return () => isStopped;
}

async function main(): Promise<void> {
  const isStopped = watchSignals();
  const { ftl, folder, work, disk, big } = values;
  const corpora = new Corpora(resolve(folder), { bigBytes: Number(big), say });
  await using stage = await Stage.open({ work, ftl, disk, say });
  const tools = await findTools(folder, say);
  const cases = allCases({ stage, corpora, tools }, corporaOf(values.corpus));
  if (values.list) return print(cases.map(({ name, title }) => `${name}: ${title}`).join("\n"));
  const machine = await describeMachine({
    ftl: ftl ?? "from source",
    folders: { "work folder": stage.folder, "disk": disk },
  });
  print(machine);
  const chosen = choose(cases, wordsOf(values.only));
  if (chosen.length === 0) say("no case has such a name: --list shows them");
  const judged = await runAll(chosen, isStopped);
  print(summary(judged));
  if (isStopped()) say("it was stopped: cases that did not run are in no table");
  if (values.json === undefined) return;
  const document = { machine: machine.split("\n"), rounds: Number(values.rounds), judged };
  Deno.writeTextFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
}

if (values.help) print(HELP);
else await main();
// Idle connections are still open; there is no need to wait for them.
Deno.exit(0);
