/** `ftl fleet` and the reports of machines, over a socket: what is printed, exit codes, and what S3 may answer. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Fleet, type Machine } from "./fleet.ts";
import { document } from "./json_run.ts";

const REPORTING = { FTL_REPORT: "3600" };

/** One package that is blessed, and two machines that report. */
async function started(): Promise<{ fleet: Fleet; web: Machine; api: Machine; first: string }> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"], { ...REPORTING, FTL_MACHINE: "i-web" });
  const api = fleet.machine("api", ["a"], { ...REPORTING, FTL_MACHINE: "i-api" });
  const first = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(first);
  return { fleet, web, api, first };
}

async function spoolBad(fleet: Fleet): Promise<string> {
  return await fleet.spool("a.tgz", { "health.sh": "#!/bin/sh\nexit 100\n" });
}

Deno.test("ftl fleet prints one machine on a line, and documents by the schema", async () => {
  const { fleet, web, api, first } = await started();
  await using _fleet = fleet;
  await web.ok(["sync"]);
  await api.ok(["sync"]);
  const second = await fleet.spool("a.tgz", { v: "2" });
  await fleet.ok(["jump", "--master", second, "-m", "looks good"]);
  await web.ok(["sync"]);
  const lines = (await fleet.ok(["fleet", "a"])).split("\n").map((line) => line.split("\t"));
  assertEquals(lines.map(([machine, host, runs, state]) => [machine, host, runs, state]), [
    ["i-api", "-", first, "behind"],
    ["i-web", "-", second, "ok"],
  ]);
  assertEquals(await fleet.ok(["fleet"]), `a\t${second}\t2\t1`);
  const { machines, ...found } = await document(fleet, ["fleet", "a"]);
  assertEquals([found.blessed, found.message, found.living, found.states.ok], [
    second,
    "looks good",
    2,
    1,
  ]);
  assertEquals([machines[0].active, machines[0].want, machines[0].error], [first, second, null]);
  const { packages: [summary] } = await document(fleet, ["fleet"]);
  const { failures: _failures, schema: _schema, command: _command, at: _at, ...same } = found;
  assertEquals({ ...summary, at: undefined }, { ...same, at: undefined });
  assertEquals((await document(fleet, ["fleet", "--prune", "1"])).removed, []);
  const page = await fleet.ok(["fleet", "a", "--html"]);
  assert(page.startsWith("<!doctype html>") && page.includes("i-api"), page);
  assert(page.endsWith("</html>"), page.slice(-100));
});

Deno.test("ftl fleet --wait ends with 0, 6, 4 or 3", async () => {
  const { fleet, web, api, first } = await started();
  await using _fleet = fleet;
  const wait = ["fleet", "a", "--wait", "0s"];
  const nobody = await fleet.ftl(wait);
  assertEquals([nobody.code, nobody.stdout], [3, ""]);
  assertMatch(
    nobody.stderr,
    /^a: no machine that is alive has reported yet\nftl: No machine has reported a\nhint: .*FTL_REPORT/,
  );

  await web.ok(["sync"]);
  await api.ok(["sync"]);
  assertEquals((await fleet.ftl(wait)).code, 0);

  const bad = await spoolBad(fleet);
  const late = await fleet.ftl(["jump", "--master", bad, "--wait", "0s"]);
  assertEquals([late.code, late.stdout], [4, ""]);
  assertMatch(
    late.stderr,
    /\nftl: a: 2 of 2 machines are late: i-api \(behind\), i-web \(behind\)\n/,
  );

  assertEquals((await web.ftl(["sync"])).code, 6);
  const failed = await fleet.ftl(["fleet", "a", "--wait", "10m"]);
  assertEquals(failed.code, 6);
  assertMatch(
    failed.stderr,
    /\nftl: a: 1 of 2 machines is in trouble: i-web \(quarantine: health failed/,
  );
  assertMatch(failed.stdout, /^i-web\t.*\tquarantine\t/);

  const back = await document(fleet, ["jump-back", "--master", "a", "--wait", "0s"]);
  assertEquals([back.revision, back.failures], [first, []]);
  const { failures } = await document(fleet, ["jump", "--master", bad, "--wait", "0s"], 4);
  assertEquals([failures.length, failures[0].exitCode], [1, 4]);
});

Deno.test("ftl fleet refuses what it cannot do", async () => {
  await using fleet = await Fleet.start();
  const cases: [string[], number, string][] = [
    [["fleet", "--wait", "1m"], 2, "ftl: --wait needs a package\n"],
    [["fleet", "a", "--wait", "soon"], 2, "ftl: --wait is not a duration: 'soon'\nhint: A number"],
    [["fleet", "a", "--wait", "1.5h"], 2, "ftl: --wait is not a duration: '1.5h'\n"],
    [["fleet", "--html"], 2, "ftl: --html needs a package\n"],
    [["fleet", "--prune", "1", "--html"], 2, "ftl: --prune goes with nothing else"],
    [["fleet", "--prune", "0"], 2, "ftl: --prune needs at least 1 day\n"],
    [["fleet", "--prune", "7d"], 2, "ftl: --prune is not a whole number: '7d'\n"],
    [["fleet", "a", "--prune", "7"], 2, "ftl: --prune goes with nothing else"],
    [["fleet", "../a"], 2, "ftl: '../a' is not the name of a package"],
    [["fleet", "a"], 3, "ftl: No machine reports a, and nothing of it is blessed\n"],
    [["jump", "a.VZ5vQk8aR4G", "--wait", "1m"], 2, "ftl: --wait needs --master"],
    [["jump-back", "a", "--wait", "1m"], 2, "ftl: --wait needs --master"],
    [["jump", "--master", "a.VZ5vQk8aR4G", "--wait", "1"], 2, "ftl: --wait is not a duration"],
  ];
  for (const [args, code, message] of cases) {
    const ran = await fleet.ftl(args);
    assertEquals([ran.code, ran.stdout], [code, ""], args.join(" "));
    assertStringIncludes(ran.stderr, message);
  }
  const both = await fleet.ftl(["fleet", "a", "--html", "--json"]);
  assertEquals([both.code, both.stderr], [2, "ftl: --html does not go with --json\n"]);
});

function reports({ server }: Fleet): number {
  return server.log.filter(({ method, key }) => method === "PUT" && key?.startsWith(".ftl/fleet/"))
    .length;
}

Deno.test("a report that S3 does not take fails no sync, and is tried once", async () => {
  const { fleet, web, api } = await started();
  await using _fleet = fleet;
  fleet.server.addFault({ key: /^\.ftl\//, fault: { kind: "slow-down" } });
  const busy = await web.ftl(["sync", "--quiet"]);
  assertEquals([busy.code, reports(fleet)], [0, 1]);
  assertEquals(/warning|ftl:/.test(busy.stderr), false, busy.stderr);
  fleet.server.clearFaults();
  fleet.server.addFault({ key: /^\.ftl\//, fault: { kind: "access-denied" } });
  for (const warnings of [1, 0]) {
    const denied = await api.ftl(["sync", "--quiet"]);
    assertEquals([denied.code, denied.stderr.match(/^warning: FTL_REPORT: /gm)?.length ?? 0], [
      0,
      warnings,
    ]);
  }
  assertEquals(reports(fleet), 2);
});

Deno.test("a store that hangs costs a sync five seconds, after the activation", async () => {
  const { fleet, web, first } = await started();
  await using _fleet = fleet;
  // It would hang for ever.
  fleet.server.addFault({ key: /^\.ftl\//, fault: { kind: "stall", bytes: 0 } });
  const ran = await web.ftl(["sync"]);
  assertEquals(ran.code, 0, ran.stderr);
  assertStringIncludes(ran.stderr, `activated ${first}`);
  fleet.server.clearFaults();
});

Deno.test("without FTL_REPORT no request is about reports", async () => {
  const { fleet, web } = await started();
  await using _fleet = fleet;
  fleet.server.clearLog();
  await web.ok(["sync"], { env: { FTL_REPORT: undefined } });
  const about = fleet.server.log.filter(({ target }) =>
    target.includes("ftl%2F") || target.includes(".ftl")
  );
  assertEquals(about, []);
  assert(fleet.server.log.length > 0);
});
