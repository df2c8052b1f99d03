/**
 * The examples for CI: what their jobs run is run here, in the shell that runs it there, while a machine syncs. What
 * AWS does there, credentials for a token and the download of `ftl`, is not.
 */
import { pause } from "../../src/concurrency/pause.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet, type Machine, programLine, type Ran } from "../e2e/fleet.ts";
import { testWith } from "../required_program.ts";
import { EXAMPLES } from "./deployment.ts";
import { type Fields, readYaml } from "./template.ts";

/** A job's own scripts. */
interface Jobs {
  readonly spool: string;
  readonly rollOut: string;
  /** The file by which the first job tells the second one the revision. */
  readonly output: string;
}

function readExample(path: string): Fields {
  return readYaml(Deno.readTextFileSync(`${EXAMPLES}/${path}`)) as Fields;
}

function gitHubJobs(): Jobs {
  const { jobs } = readExample("github_actions/release.yml") as { jobs: Record<string, Fields> };
  const scripts = (job: string, names: readonly string[]): string => {
    const steps = (jobs[job]?.["steps"] ?? []) as { name?: string; run?: string }[];
    // Each step is a shell of its own there.
    return steps.filter(({ name = "" }) => names.includes(name)).map(({ run }) => `(\n${run})\n`)
      .join("");
  };
  return {
    spool: scripts("spool", ["Spool"]),
    rollOut: scripts("roll_out", ["One machine in ten", "All machines"]),
    output: "output",
  };
}

function gitLabJobs(): Jobs {
  const jobs = readExample("gitlab_ci/.gitlab-ci.yml") as Record<string, { script: string[] }>;
  const script = (job: string): string =>
    (jobs[job]?.script ?? []).map((line) => `${line}\n`).join("");
  return { spool: script("spool"), rollOut: script("roll_out"), output: "spool.env" };
}

/** A developer's checkout, a machine, and a revision that is blessed already. */
class Pipeline implements AsyncDisposable {
  private constructor(readonly fleet: Fleet, readonly web: Machine) {}

  static async start(): Promise<Pipeline> {
    const fleet = await Fleet.start();
    const web = fleet.machine("web", ["my_site"], { FTL_REPORT: "3600", FTL_MACHINE: "web" });
    fleet.folder.write("bin/ftl", `#!/bin/sh\nexec ${programLine().join(" ")} "$@"\n`, 0o755);
    fleet.folder.write("dist/index.html", "first\n");
    const first = await fleet.ok(["spool", "dist", "--name", "my_site"]);
    await fleet.bless(first);
    await web.ok(["sync"]);
    return new Pipeline(fleet, web);
  }

  /** Runs a job's script as the runner does. */
  async job(script: string, env: Readonly<Record<string, string>>): Promise<Ran> {
    const { fleet } = this;
    const path = `${fleet.folder.path}/bin:${Deno.env.get("PATH")}`;
    const command = new Deno.Command("bash", {
      args: ["-e", "-o", "pipefail", "-c", script],
      cwd: fleet.folder.path,
      env: { ...fleet.env, ...env, PATH: path },
      clearEnv: true,
    });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Runs the second job, while the machine's timer runs, which starts a sync every two seconds. */
  async rollOut({ rollOut }: Jobs, revision: string): Promise<Ran> {
    const over = new AbortController();
    const job = this.job(rollOut, { REVISION: revision }).finally(() => over.abort());
    while (!over.signal.aborted) {
      await this.web.ftl(["sync"]);
      await pause(2000, over.signal).catch(() => {});
    }
    return await job;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}

/** Spools what is in `dist`. Returns the revision that the job tells the next one. */
async function spool(pipeline: Pipeline, { spool, output }: Jobs): Promise<string> {
  const env = { GITHUB_SHA: "abc", CI_COMMIT_SHA: "abc", GITHUB_OUTPUT: output };
  const spooled = await pipeline.job(spool, env);
  assertEquals(spooled.code, 0, spooled.stderr);
  const left = Deno.readTextFileSync(`${pipeline.fleet.folder.path}/${output}`).trimEnd();
  const [, revision = ""] = /^revision=(.*)$/i.exec(left.slice(left.lastIndexOf("\n") + 1)) ?? [];
  assertMatch(revision, /^my_site\.\w+$/);
  return revision;
}

testWith(
  "bash",
  "examples/github_actions: a good revision comes to all machines, a bad one is taken back",
  async () => {
    await using pipeline = await Pipeline.start();
    const { fleet, web } = pipeline;
    fleet.folder.write("dist/index.html", "second\n");
    const jobs = gitHubJobs();
    const good = await pipeline.rollOut(jobs, await spool(pipeline, jobs));
    assertEquals(good.code, 0, good.stderr);
    assertEquals(web.read("my_site/current/index.html"), "second\n");

    fleet.folder.write("dist/index.html", "third\n");
    fleet.folder.write("dist/health.sh", "#!/bin/sh\nexit 100\n", 0o755);
    const bad = await pipeline.rollOut(jobs, await spool(pipeline, jobs));
    assertEquals(bad.code, 1, bad.stderr);
    assertStringIncludes(bad.stderr, ": its rollout has ended at 10 %; ");
    await web.ok(["sync"]);
    assertEquals(web.read("my_site/current/index.html"), "second\n");
  },
);

testWith(
  "bash",
  "examples/gitlab_ci: its first job spools, and its second one does as that of GitHub",
  async () => {
    await using pipeline = await Pipeline.start();
    const jobs = gitLabJobs();
    const revision = await spool(pipeline, jobs);
    assertEquals(
      await pipeline.fleet.ok(["list", "--master", "my_site"]).then((text) =>
        text.split("\n").at(-1)
      ),
      revision,
    );
    const commands = (script: string): string[] => {
      return script.split("\n").map((line) => line.trim()).filter((line) => !/^[()]?$/.test(line));
    };
    assertEquals(commands(jobs.rollOut), commands(gitHubJobs().rollOut));
  },
);
