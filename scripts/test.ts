/**
 * `deno task test [FILE...]`: runs the examples in `mod.ts` and every test, or those files alone; options of
 * `deno test`, such as `--filter`, are handed on.
 *
 * Ends with the tests that were skipped, each with what this machine lacks for it, and one line that counts:
 *
 *     612 passed, 0 failed, 9 skipped
 *
 * Succeeds where nothing failed, nothing was skipped without a reason, and, with `FTL_REQUIRE_TOOLS=1`,
 * nothing was skipped at all.
 */
import { existsSync } from "node:fs";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Names. */
  readonly skipped: readonly string[];
}

const ROOT = new URL("..", import.meta.url);
const FLAGS = ["test", "--quiet", "--allow-all"];

/** What a skipped test's name ends with: see `tests/required_program.ts`. */
const REASON = /^(.*) \(needs (.*)\)$/s;

/** Each is the arguments of one run of `deno test`. */
function chooseRuns(args: readonly string[]): string[][] {
  const names = args.filter((arg) => !arg.startsWith("-"));
  if (names.some((name) => existsSync(name))) return [[...FLAGS, "--parallel", "--doc", ...args]];
  return [[...FLAGS, "--doc", ...args, "mod.ts"], [...FLAGS, "--parallel", ...args, "tests/"]];
}

/** Runs it for all to see; the counts are of what it reports besides. */
async function run(args: readonly string[]): Promise<Counts> {
  const report = Deno.makeTempFileSync({ prefix: "ftl-test-report-", suffix: ".xml" });
  try {
    const [command = "", ...rest] = args;
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [command, `--junit-path=${report}`, ...rest],
      cwd: ROOT,
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    const { passed, failed, skipped } = count(Deno.readTextFileSync(report));
    // A file that cannot be loaded is in no report.
    return { passed, failed: code !== 0 ? Math.max(failed, 1) : failed, skipped };
  } finally {
    Deno.removeSync(report);
  }
}

/**
 * Reads the report as Deno writes it. A step is `<test> > <step>`: it counts where it is skipped. What a
 * filter has left out is told as skipped, but has no time.
 */
function count(xml: string): Counts {
  const cases = [
    ...xml.matchAll(/<testcase name="([^"]*)"[^>]* time=[^>]*>\s*(<\/testcase>|<\w+)/g),
  ]
    .map(([, name = "", ended = ""]) => ({ name: decode(name), ended }));
  const names = new Set(cases.map(({ name }) => name));
  const isStep = (name: string): boolean => {
    return [...name.matchAll(/ > /g)].some(({ index }) => names.has(name.slice(0, index)));
  };
  const tests = cases.filter(({ name }) => !isStep(name));
  return {
    passed: tests.filter(({ ended }) => ended === "</testcase>").length,
    failed: tests.filter(({ ended }) => ended !== "</testcase>" && ended !== "<skipped").length,
    skipped: cases.filter(({ ended }) => ended === "<skipped").map(({ name }) => name),
  };
}

function decode(text: string): string {
  const characters: Readonly<Record<string, string>> = {
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    amp: "&",
  };
  return text.replace(/&(\w+);/g, (entity, name) => characters[name] ?? entity);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Tells what was skipped and why; the answer is whether that may be. */
function tellSkipped(skipped: readonly string[]): boolean {
  if (skipped.length === 0) return true;
  say("\nSkipped, as this machine cannot run them:");
  let isFine = true;
  for (const name of [...skipped].sort()) {
    const [, test, lacking] = REASON.exec(name) ?? [];
    say(lacking === undefined ? `  ${name}: no reason is given` : `  ${test}: it needs ${lacking}`);
    if (lacking === undefined) isFine = false;
  }
  if (!isFine) say("A test that is skipped must say why: see tests/required_program.ts");
  if (Deno.env.get("FTL_REQUIRE_TOOLS") !== "1") return isFine;
  say("With FTL_REQUIRE_TOOLS=1 nothing may be skipped");
  return false;
}

let [passed, failed]: [number, number] = [0, 0];
const skipped: string[] = [];
for (const args of chooseRuns(Deno.args)) {
  const counts = await run(args);
  passed += counts.passed;
  failed += counts.failed;
  skipped.push(...counts.skipped);
}
const isFine = tellSkipped(skipped);
say(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
Deno.exit(failed === 0 && isFine ? 0 : 1);
