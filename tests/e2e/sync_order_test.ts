/**
 * A ready revision is activated at once, whatever else takes long; a blessed revision that is not active is
 * reported.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { hurried } from "../proof/preloaded.ts";
import { until as comes } from "../until.ts";
import { Fleet, idOf, type Machine, type Ran } from "./fleet.ts";

/** Runs until the test ends it, and shows that it has begun. */
const SLOW = '#!/bin/sh\ntouch "$FTL_ROOT/begun.$FTL_PACKAGE"\n' +
  'until [ -e "$FTL_ROOT/go" ]; do sleep 0.05; done\n';

async function until(holds: () => boolean, { failed }: { failed: Promise<Ran> }): Promise<void> {
  let ended: Ran | undefined;
  void failed.then((ran) => ended = ran);
  await comes(() => {
    if (holds()) return true;
    if (ended !== undefined) throw new Error(`ended too early: ${JSON.stringify(ended)}`);
    return false;
  }, "what is waited for");
}

function letGo(machine: Machine): void {
  Deno.writeTextFileSync(`${machine.root}/go`, "");
}

function isOnMachine(machine: Machine, revision: string): boolean {
  return machine.names("a/revs").includes(idOf(revision));
}

function isBegun(machine: Machine, name: string): boolean {
  return machine.names(".").includes(`begun.${name}`);
}

/** A machine that runs `second` and could go back to `first`. */
async function withWayBack(fleet: Fleet, web: Machine): Promise<{ first: string; second: string }> {
  const revisions: string[] = [];
  for (const v of ["1", "2"]) {
    const revision = await fleet.spool("a.tgz", { v });
    await fleet.bless(revision);
    await web.ok(["sync"]);
    revisions.push(revision);
  }
  const [first = "", second = ""] = revisions;
  return { first, second };
}

Deno.test("a rollback is active while a candidate's post-sync still runs", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const { first } = await withWayBack(fleet, web);
  const slow = await fleet.spool("a.tgz", { v: "3", "post-sync.sh": SLOW });
  await fleet.ok(["jump-back", "--master", "a"]);
  const sync = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: sync });
  assertEquals(web.link("a/current"), `revs/${idOf(first)}`);
  letGo(web);
  assertEquals((await sync).code, 0);
  assertEquals(web.names("a/revs").includes(idOf(slow)), true);
});

Deno.test("a sync activates a newly blessed revision while the sync before still prepares a candidate", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const { first } = await withWayBack(fleet, web);
  await fleet.spool("a.tgz", { v: "3", "post-sync.sh": SLOW });
  const slow = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: slow });
  await fleet.ok(["jump-back", "--master", "a"]);
  const next = await web.ftl(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(first)}`);
  assertEquals(next.code, 0, next.stderr);
  assertMatch(
    next.stderr,
    /warning: the preparation of a is locked by pid \d+, ftl sync, since .*: this sync leaves all but the blessed/,
  );
  letGo(web);
  const { code, stderr } = await slow;
  assertEquals([code, web.link("a/current")], [0, `revs/${idOf(first)}`], stderr);
});

Deno.test("a revision that is spooled and blessed while a candidate's post-sync hangs is fetched and activated", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await withWayBack(fleet, web);
  const candidate = await fleet.spool("a.tgz", { v: "3", "post-sync.sh": SLOW });
  const slow = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: slow });
  const mend = { v: "4", "post-sync.sh": "#!/bin/sh\ntouch prepared\n" };
  const hotfix = await fleet.spool("a.tgz", mend);
  await fleet.bless(hotfix);
  const next = await web.ftl(["sync"]);
  assertEquals([next.code, web.link("a/current")], [0, `revs/${idOf(hotfix)}`], next.stderr);
  // Its script still runs, so it must not lose its revision.
  const purge = await web.ftl(["purge", candidate], { env: { FTL_LOCK_WAIT: "0" } });
  assertEquals([purge.code, isOnMachine(web, candidate)], [4, true], purge.stderr);
  letGo(web);
  const { code, stderr } = await slow;
  assertEquals([code, web.link("a/current")], [0, `revs/${idOf(hotfix)}`], stderr);
  await web.ok(["sync"]);
  assertEquals(isOnMachine(web, candidate), false);
});

Deno.test("a sync whose candidate's post-sync hangs deploys a newly blessed revision itself", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await withWayBack(fleet, web);
  // The newest candidate is prepared first, so this one waits for the next one.
  const behind = await fleet.spool("a.tgz", { v: "3", "post-sync.sh": "#!/bin/sh\n" });
  await fleet.spool("a.tgz", { v: "4", "post-sync.sh": SLOW });
  // It asks S3 every few seconds.
  const sync = web.ftl(["sync"], hurried(10));
  await until(() => isBegun(web, "a"), { failed: sync });
  await fleet.bless(behind);
  await until(() => web.link("a/current") === `revs/${idOf(behind)}`, { failed: sync });
  const hotfix = await fleet.spool("a.tgz", { v: "5" });
  await fleet.bless(hotfix);
  await until(() => web.link("a/current") === `revs/${idOf(hotfix)}`, { failed: sync });
  letGo(web);
  const { code, stderr } = await sync;
  assertEquals(code, 0, stderr);
});

Deno.test("a sync does not touch a candidate's state while another sync writes it", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await withWayBack(fleet, web);
  const candidate = await fleet.spool("a.tgz", { v: "3", "post-sync.sh": SLOW });
  const slow = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: slow });
  // This is the situation between the making of the file and its rename.
  const written = `${idOf(candidate)}.json.tmp`;
  Deno.writeTextFileSync(`${web.root}/a/.ftl/state/${written}`, "");
  const hotfix = await fleet.spool("a.tgz", { v: "4" });
  await fleet.bless(hotfix);
  await web.ok(["sync"]);
  assertEquals(web.names("a/.ftl/state").includes(written), true);
  letGo(web);
  assertEquals((await slow).code, 0);
  // The next sync deletes what a kill leaves there.
  Deno.writeTextFileSync(`${web.root}/a/.ftl/state/${written}`, "");
  await web.ok(["sync"]);
  assertEquals(web.names("a/.ftl/state").includes(written), false);
});

Deno.test("if a candidate is blessed while its post-sync runs, the same sync activates it, and the script runs once", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await withWayBack(fleet, web);
  const count = SLOW + 'echo >> "$FTL_ROOT/count"\n';
  const candidate = await fleet.spool("a.tgz", { v: "3", "post-sync.sh": count });
  const slow = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: slow });
  await fleet.bless(candidate);
  const early = await web.ftl(["sync"], { env: { FTL_LOCK_WAIT: "0" } });
  assertEquals(early.code, 4, early.stderr);
  const waiting = web.ftl(["sync"]);
  letGo(web);
  for (const { code, stderr } of [await slow, await waiting]) assertEquals(code, 0, stderr);
  assertEquals(web.link("a/current"), `revs/${idOf(candidate)}`);
  assertEquals(web.read("count"), "\n");
});

Deno.test("a sync that cannot deploy the blessed revision, because another one is at work, says so", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.bless(await fleet.spool("a.tgz", { "post-sync.sh": SLOW }));
  const slow = web.ftl(["sync"]);
  await until(() => isBegun(web, "a"), { failed: slow });
  const next = await web.ftl(["sync"], { env: { FTL_LOCK_WAIT: "0" } });
  assertEquals(next.code, 4);
  assertMatch(next.stderr, /^ftl: the sync of a is locked by pid \d+, ftl sync/m);
  letGo(web);
  assertEquals((await slow).code, 0);
});

Deno.test("packages with slow scripts delay no other package, whatever FTL_CONCURRENCY is", async () => {
  await using fleet = await Fleet.start();
  const scripts: Record<string, Record<string, string>> = {
    // One is blessed and has a slow post-sync; one is blessed and has a slow jump; one is a candidate.
    a: { "post-sync.sh": SLOW },
    b: { "pre-jump.sh": SLOW },
    c: { "post-sync.sh": SLOW },
    z: {},
  };
  const web = fleet.machine("web", Object.keys(scripts));
  for (const [name, files] of Object.entries(scripts)) {
    const revision = await fleet.spool(`${name}.tgz`, { v: "1", ...files });
    if (name !== "c") await fleet.bless(revision);
  }
  const sync = web.ftl(["sync"], { env: { FTL_CONCURRENCY: "1" } });
  await until(() => web.link("z/current") !== undefined && isBegun(web, "b"), { failed: sync });
  assertEquals(web.link("a/current"), undefined);
  letGo(web);
  assertEquals((await sync).code, 0);
  for (const name of ["a", "b", "z"]) assertMatch(web.link(`${name}/current`) ?? "", /^revs\//);
});

Deno.test("post-sync scripts take turns, those of blessed revisions first", async () => {
  await using fleet = await Fleet.start();
  const log = '#!/bin/sh\necho "$FTL_PACKAGE in" >> "$FTL_ROOT/log"; sleep 0.1\n' +
    'echo "$FTL_PACKAGE out" >> "$FTL_ROOT/log"\n';
  const web = fleet.machine("web", ["a", "b", "c"]);
  for (const name of ["a", "b", "c"]) {
    const revision = await fleet.spool(`${name}.tgz`, { "post-sync.sh": log });
    if (name !== "a") await fleet.bless(revision);
  }
  await web.ok(["sync"], { env: { FTL_CONCURRENCY: "1" } });
  assertEquals(web.read("log").trim().split("\n"), [
    ...["b in", "b out", "c in", "c out", "a in", "a out"],
  ]);
});

Deno.test("if a candidate's post-sync switches the link, sync corrects it; if it removes the blessed revision, sync reports it", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const { first, second } = await withWayBack(fleet, web);
  const link = 'ln -sfn "revs/' + idOf(first) + '" "$FTL_CURRENT"';
  await fleet.spool("a.tgz", { "post-sync.sh": `#!/bin/sh\n${link}\n` });
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(second)}`);
  const remove = `rm -rf "$FTL_REVISION_DIR/../${idOf(second)}"`;
  await fleet.spool("a.tgz", { "post-sync.sh": `#!/bin/sh\n${remove}\n` });
  const removed = await web.ftl(["sync"]);
  assertEquals(removed.code, 6, removed.stderr);
  assertStringIncludes(removed.stderr, `The blessed revision ${second} was taken away`);
  assertEquals(web.read("a/current/v"), "2");
});

Deno.test("if a busy lock prevents a deployment, only the lock is reported", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.bless(await fleet.spool("a.tgz", { v: "1" }));
  Deno.mkdirSync(`${web.root}/a/.ftl`);
  using lock = Deno.openSync(`${web.root}/a/.ftl/sync.lock`, {
    createNew: true,
    write: true,
    mode: 0o600,
  });
  lock.lockSync(true);
  const { code, stderr } = await web.ftl(["sync"], { env: { FTL_LOCK_WAIT: "0" } });
  assertEquals([code, stderr.match(/^ftl: .*/gm)], [4, [
    "ftl: the sync of a is locked by another process",
  ]], stderr);
});
