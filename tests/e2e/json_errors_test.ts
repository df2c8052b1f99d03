/** Failures and errors in the documents of `--json`. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { type Document, readDocument } from "../documents.ts";
import { FORMS } from "../../scripts/reference/schema/documents.ts";
import { Fleet } from "./fleet.ts";
import { document, type Runner } from "./json_run.ts";

/** Runs a command that must fail, and returns the error of its document. */
async function errorOf(runner: Runner, args: readonly string[], code: number): Promise<Document> {
  const ran = await runner.ftl([...args, "--json"]);
  assertEquals(ran.code, code, `ftl ${args.join(" ")}: ${ran.stderr}`);
  const { command, error } = readDocument("error", ran.stdout);
  assertEquals(error.exitCode, code);
  return { command, ...error };
}

Deno.test("a package's failure has a message, a hint and an exit code", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1", "un-jump.sh": "#!/bin/sh\nexit 4\n" });
  await fleet.bless(good);
  await web.ok(["sync"]);
  const bad = await fleet.spool("a.tgz", { "post-sync.sh": "#!/bin/sh\nexit 3\n" });
  const { packages: [synced] } = await document(web, ["sync"], 6);
  const [name = ""] = web.names("a/.ftl/log").slice(-1);
  const [{ hint, ...failure }, ...others] = synced.failures;
  assertEquals([failure, others], [
    { message: `${bad} post-sync failed: exit 3`, exitCode: 6 },
    [],
  ]);
  assertStringIncludes(hint, `${web.root}/a/.ftl/log/${name}`);
  const found = await document(web, ["status"]);
  assertEquals(found.packages[0].unprepared, [bad]);
  assertEquals(found.packages[0].lastSync.failure, `${bad} post-sync failed: exit 3`);

  const next = await fleet.spool("a.tgz", { v: "2" });
  await web.ftl(["sync"]);
  const jumped = await document(web, ["jump", next], 6);
  assertEquals([jumped.revision, jumped.from, jumped.failures.length], [next, good, 1]);
  const lost = await web.ftl(["sync", "--dry-run", "--json"], {
    env: { AWS_SECRET_ACCESS_KEY: "x" },
  });
  const { packages: [plan] } = readDocument("sync", lost.stdout);
  assertEquals([plan.fetch, plan.failures[0].exitCode], [[], 7]);
});

Deno.test("every command's error is a document that names the command", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const gone = "a.VZ5vQk8aR4G";
  const cases: [args: string[], code: number][] = [
    [["spool", "/nowhere/a.tgz"], 3],
    [["list", "b"], 3],
    [["list", "--master", "b"], 3],
    [["sync", "b"], 3],
    [["sync", "--splay", "x"], 2],
    [["jump", gone], 3],
    [["jump", "--master", gone], 3],
    [["jump-back", "a"], 3],
    [["purge", gone], 3],
    [["status", "b"], 3],
    [["fleet", "b"], 3],
    [["history", "b"], 3],
    [["verify", "b"], 3],
    [["doctor", "too many"], 2],
    [["setup", "windows"], 2],
    [["completions", "tcsh"], 2],
    [["help", "nothing"], 2],
  ];
  for (const [args, code] of cases) {
    assertEquals((await errorOf(web, args, code)).command, args[0]);
  }
  assertEquals(new Set(cases.map(([[name]]) => name)).size, Object.keys(FORMS).length - 1);
  assertEquals((await errorOf(web, ["--bogus"], 2)).command, null);
});
