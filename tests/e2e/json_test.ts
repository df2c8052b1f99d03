/**
 * Compares the output of `--json`, of every command and mode, with the JSON Schema. The file is long because it goes
 * through all of them.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { type Document, problemOf, readDocument } from "../documents.ts";
import { FORMS } from "../../scripts/reference/schema/documents.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";
import { document } from "./json_run.ts";

/** Two revisions of package a. Both are here, and the newer one is blessed and active. */
async function twoRevisions(): Promise<
  { fleet: Fleet; web: Machine; first: string; second: string }
> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"], { FTL_MACHINE: "web" });
  const first = await fleet.spool("a.tgz", { v: "1" });
  const second = await fleet.spool("a.tgz", { v: "2" });
  await fleet.bless(first);
  await web.ok(["sync"]);
  await fleet.ok(["jump", "--master", second, "-m", "ship it"]);
  await web.ok(["sync"]);
  return { fleet, web, first, second };
}

Deno.test("documents begin with the schema's number and the command", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  for (
    const [args, command] of [[["list"], '"list"'], [["list", "b"], '"list"'], [
      ["lst"],
      "null",
    ]] as [
      string[],
      string,
    ][]
  ) {
    const { stdout } = await web.ftl([...args, "--json"]);
    assert(stdout.startsWith(`{\n  "schema": 1,\n  "command": ${command},\n`), stdout);
  }
});

Deno.test("a deployment reports all its steps in documents", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a", "b"]);
  const file = await fleet.pack("a.tgz", { x: "1" });
  const spooled = await document(fleet, ["spool", file, "-m", "first"]);
  const { revision } = spooled;
  assertEquals([spooled.key, spooled.entries], [`${revision}.tgz`, 2]);

  const blessed = await document(fleet, ["jump", "--master", revision]);
  assertEquals([blessed.revision, blessed.from, blessed.master], [revision, null, true]);
  const planned = await document(web, ["sync", "--dry-run"]);
  assertEquals(
    planned.packages.map((plan: Document) => [plan.package, plan.fetch, plan.activate]),
    [
      ["a", [revision], revision],
      ["b", [], null],
    ],
  );
  const synced = await document(web, ["sync"]);
  assertEquals([synced.dryRun, synced.packages], [false, [
    {
      package: "a",
      active: revision,
      fetched: [revision],
      transfers: [{
        revision,
        how: "whole",
        bytes: synced.packages[0].transfers[0].moved,
        moved: synced.packages[0].transfers[0].bytes,
        base: null,
        fallback: null,
      }],
      activated: revision,
      removed: [],
      heldFrom: null,
      quarantined: null,
      rolledBack: null,
      pause: null,
      rollout: null,
      failures: [],
    },
    {
      package: "b",
      active: null,
      fetched: [],
      transfers: [],
      activated: null,
      removed: [],
      heldFrom: null,
      quarantined: null,
      rolledBack: null,
      pause: null,
      rollout: null,
      failures: [],
    },
  ]]);
  const again = await document(web, ["sync", "a"]);
  assertEquals(again.packages[0].activated, null);
});

Deno.test("every listing is a document, of this machine and of S3, short and long", async () => {
  const { fleet, web, first, second } = await twoRevisions();
  await using _fleet = fleet;
  const local = await document(web, ["list"]);
  assertEquals(local, { schema: 1, command: "list", master: false, packages: [{ package: "a" }] });
  assertEquals((await document(web, ["list", "--long"])).packages, [
    { package: "a", active: second, newest: second, revisions: 2, held: false },
  ]);
  const { revisions, ...rest } = await document(web, ["list", "a"]);
  assertEquals(rest, { schema: 1, command: "list", master: false, package: "a" });
  assertEquals(
    revisions.map((
      found: Document,
    ) => [found.revision, found.active, found.previous, found.postSync, found.how]),
    [[first, false, true, "ok", "whole"], [second, true, false, "ok", "whole"]],
  );
  assertEquals((await document(web, ["list", "--long", "a"])).revisions, revisions);

  assertEquals((await document(fleet, ["list", "--master"])).packages, [{ package: "a" }]);
  const { packages: [remote] } = await document(fleet, ["list", "--master", "--long"]);
  assertEquals([remote.active, remote.newest, remote.revisions], [second, second, 2]);
  const short = await document(fleet, ["list", "--master", "a"]);
  assertEquals(short.revisions.map((found: Document) => found.active), [false, true]);
  const long = await document(fleet, ["list", "--master", "--long", "a"]);
  assertEquals(
    long.revisions.map((found: Document) => [found.details.entries, found.blessing?.replaced]),
    [[2, undefined], [2, first]],
  );
});

Deno.test("unknown details of a revision are null: an object of another tool", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["site"]);
  const bytes = Deno.readFileSync(await fleet.pack("site.tgz", { v: "go" }));
  const sha256 = createHash("sha256").update(bytes).digest("base64");
  await fleet.bucket().upload("site.201303057568Wq.tgz", {
    size: bytes.length,
    parts: [{ offset: 0, length: bytes.length, sha256 }],
    read: (offset, length) => bytes.slice(offset, offset + length),
  }, { metadata: { "ftl-at": "yesterday" }, concurrency: 1 });
  const { revisions: [remote] } = await document(fleet, ["list", "--master", "--long", "site"]);
  assertEquals([remote.details.by, remote.details.at, remote.blessing, remote.left], [
    ...[null, null, null, null],
  ]);
  await web.ok(["sync"]);
  const { revisions: [local] } = await document(web, ["list", "site"]);
  assertEquals([local.spooledAt, local.size], [null, bytes.length]);
});

Deno.test("jumps, purges and holds are documents, here and in S3", async () => {
  const { fleet, web, first, second } = await twoRevisions();
  await using _fleet = fleet;
  const back = await document(web, ["jump-back", "a"]);
  assertEquals([back.revision, back.from, back.master], [first, second, false]);
  assertEquals((await document(web, ["sync"])).packages[0].heldFrom, second);
  assertEquals((await document(web, ["sync", "--dry-run"])).packages[0].held, first);
  assertEquals((await document(web, ["status"])).packages[0].held, true);
  assertEquals((await document(web, ["jump", second])).revision, second);

  const third = await fleet.spool("a.tgz", { v: "3" });
  await web.ok(["sync"]);
  const args = ["purge", "--keep", "0", "a"];
  const planned = await document(web, [...args, "--dry-run"]);
  assertEquals([planned.removed, planned.dryRun, planned.master], [[third], true, false]);
  const purged = await document(web, args);
  assertEquals([purged.removed, purged.dryRun, purged.master], [[third], false, false]);
  const away = await document(fleet, ["purge", "--master", third]);
  assertEquals([away.removed, away.dryRun, away.master], [[third], false, true]);

  const backForAll = await document(fleet, ["jump-back", "--master", "a", "-m", "broken"]);
  assertEquals([backForAll.revision, backForAll.from], [first, second]);
  const { revisions: [, left] } = await document(fleet, ["list", "--master", "--long", "a"]);
  assertEquals([left.left.message, left.blessing], ["broken", null]);
});

Deno.test("status tells of the active revision's failed post-jump as long as that is active", async () => {
  const { fleet, web, second } = await twoRevisions();
  await using _fleet = fleet;
  const failing = await fleet.spool("a.tgz", { "post-jump.sh": "#!/bin/sh\nkill -9 $$\n" });
  await web.ok(["sync"]);
  assertEquals((await document(web, ["status"])).packages[0].failedPostJump, null);
  await web.ftl(["jump", failing]);
  // An idle sync keeps it.
  await web.ok(["sync"]);
  const { packages: [{ failedPostJump: failed }] } = await document(web, ["status"]);
  assertEquals(failed.outcome, "ended by SIGKILL");
  assertStringIncludes(Deno.readTextFileSync(failed.log), "[ftl] ended by SIGKILL");
  await web.ok(["jump", second]);
  assertEquals((await document(web, ["status"])).packages[0].failedPostJump, null);
});

Deno.test("status without S3 has null for the values from S3", async () => {
  const { fleet, web, second } = await twoRevisions();
  await using _fleet = fleet;
  const known = (await document(web, ["status", "a"])).packages[0];
  assertEquals([known.active, known.blessed, known.master.newest], [second, second, second]);
  const ran = await web.ftl(["status", "--json"], { env: { FTL_BUCKET: "" } });
  const { packages: [found], failures } = readDocument("status", ran.stdout);
  assertEquals([found.blessed, found.master, failures], [second, null, []]);
  // A package that cannot be read is only among the failures.
  Deno.removeSync(`${web.root}/a/current`);
  Deno.mkdirSync(`${web.root}/a/current`);
  const broken = await document(web, ["status"], 7);
  assertEquals([broken.packages, broken.failures.length], [[], 1]);
});

Deno.test("commands that ask neither S3 nor the machine have documents too", async () => {
  await using fleet = await Fleet.start();
  const kinds: [args: string[], key: string, count: number][] = [
    [["systemd"], "files", 3],
    [["systemd", "timer"], "files", 1],
    [["cron"], "files", 1],
    [["iam"], "policies", 6],
    [["iam", "machine", "a"], "policies", 1],
  ];
  for (const [args, key, count] of kinds) {
    const found = await document(fleet, ["setup", ...args]);
    assertEquals([found.kind, found[key].length], [args[0], count]);
  }
  assertEquals((await document(fleet, ["setup", "cloud-init", "a"])).kind, "cloud-init");
  for (const shell of ["bash", "zsh", "fish"]) {
    assertEquals((await document(fleet, ["completions", shell])).shell, shell);
  }
  assertEquals((await document(fleet, ["help"])).about, null);
  assertEquals((await document(fleet, [])).command, "help");
  for (const name of Object.keys(FORMS).filter((name) => name !== "version")) {
    assertEquals((await document(fleet, ["help", name])).about, name);
  }
  const { stdout } = await fleet.ftl(["list", "--version", "--json"]);
  assertEquals(readDocument("version", stdout).command, "version");
});

Deno.test("doctor has a document, whatever it finds", async () => {
  const { fleet, web } = await twoRevisions();
  await using _fleet = fleet;
  const well = await document(web, ["doctor"]);
  assertEquals(well.checks.filter(({ status }: Document) => status !== "ok"), []);
  const { stdout } = await web.ftl(["doctor", "--json"], { env: { FTL_BUCKET: "other" } });
  const { checks } = readDocument("doctor", stdout);
  assert(checks.some(({ status, hint }: Document) => status === "fail" && hint !== null), stdout);
});

Deno.test("a document with a wrong key, or without one, does not pass", async () => {
  const { fleet, web, first } = await twoRevisions();
  await using _fleet = fleet;
  for (const args of [["list", "a"], ["sync"], ["status"], ["jump", first]]) {
    const [name = ""] = args;
    const printed = await document(web, args);
    assert(problemOf(name, { ...printed, more: 1 }) !== undefined, name);
    for (const key of Object.keys(printed)) {
      const { [key]: _gone, ...others } = printed;
      assert(problemOf(name, others) !== undefined, `${name} without ${key}`);
    }
    const text = JSON.stringify(printed).replaceAll(`"${first}"`, `"${idOf(first)}"`);
    if (text.includes(`"${idOf(first)}"`)) {
      assert(problemOf(name, JSON.parse(text)) !== undefined, `${name} with an id`);
    }
  }
});
