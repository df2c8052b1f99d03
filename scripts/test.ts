/**
 * `deno task test [FILE...]`: runs the examples in `mod.ts` and every test, or only those files. It passes
 * options of `deno test`, such as `--filter`, on.
 *
 * At the end it prints the skipped tests, each with what this machine lacks, and one line of counts:
 *
 *     612 passed, 0 failed, 9 skipped
 *
 * It succeeds if nothing failed and nothing was skipped without a reason. With `FTL_REQUIRE_TOOLS=1` nothing at
 * all may be skipped.
 *
 * Tests start `ftl` many times. With files given they start the source. The whole suite starts what `deno task
 * build` would compile, the source bundled, as tests of commands take a quarter less CPU time so:
 * `FTL_TEST_BUNDLE` names it. With `FTL_TEST_EXECUTABLE` it is that executable.
 */
import { existsSync } from "node:fs";
import { bundle } from "./build/bundle.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Names. */
  readonly skipped: readonly string[];
}

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const FLAGS = ["test", "--quiet", "--allow-all"];

/** The ending of a skipped test's name: see `tests/required_program.ts`. */
const REASON = /^(.*) \(needs (.*)\)$/s;

/** Whether files or folders are given; the whole suite otherwise. */
function namesFiles(args: readonly string[]): boolean {
  return args.some((arg) => !arg.startsWith("-") && existsSync(arg));
}

/** The arguments of each run of `deno test`. */
function chooseRuns(args: readonly string[]): string[][] {
  if (namesFiles(args)) return [[...FLAGS, "--parallel", "--doc", ...args]];
  return [[...FLAGS, "--doc", ...args, "mod.ts"], [...FLAGS, "--parallel", ...args, "tests/"]];
}

/** The variables that say what the tests start; what they need is in the folder. */
async function chooseProgram(
  args: readonly string[],
  folder: string,
): Promise<Record<string, string>> {
  const isGiven = Deno.env.has("FTL_TEST_EXECUTABLE") || Deno.env.has("FTL_TEST_BUNDLE");
  if (isGiven || namesFiles(args)) return {};
  // Some tests start it as another user.
  Deno.chmodSync(folder, 0o755);
  return {
    FTL_TEST_BUNDLE: await bundle({ root: ROOT, folder: `${folder}/it`, commit: undefined }),
  };
}

/** Runs the tests with their output shown. The counts come from the report that it also writes. */
async function run(args: readonly string[], env: Record<string, string>): Promise<Counts> {
  const report = Deno.makeTempFileSync({ prefix: "ftl-test-report-", suffix: ".xml" });
  try {
    const [command = "", ...rest] = args;
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [command, `--junit-path=${report}`, ...rest],
      cwd: ROOT,
      env,
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    const { passed, failed, skipped } = count(Deno.readTextFileSync(report));
    // The report does not have a file that cannot be loaded.
    return { passed, failed: code !== 0 ? Math.max(failed, 1) : failed, skipped };
  } finally {
    Deno.removeSync(report);
  }
}

/**
 * Reads the report of Deno. A step is `<test> > <step>`; it counts only if it is skipped. A test that a filter
 * left out is also reported as skipped, but has no time.
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

/** Prints what was skipped and why. Returns whether that is allowed. */
function tellSkipped(skipped: readonly string[]): boolean {
  if (skipped.length === 0) return true;
  say("\nSkipped, because this machine cannot run them:");
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
const folder = Deno.makeTempDirSync({ prefix: "ftl-test-program-" });
try {
  const env = await chooseProgram(Deno.args, folder);
  for (const args of chooseRuns(Deno.args)) {
    const counts = await run(args, env);
    passed += counts.passed;
    failed += counts.failed;
    skipped.push(...counts.skipped);
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
const isFine = tellSkipped(skipped);
say(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
Deno.exit(failed === 0 && isFine ? 0 : 1);
