/** `ftl sync --list-every`: what a machine asks S3 for, and when it sees what. Time passes by a clock of the test. */
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { purgeMaster, sync } from "../../mod.ts";
import type { Context } from "../../src/context.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readLastListing, readPointerState, writeLastListing } from "../../src/machine/state.ts";
import { aPackage, aRevision } from "../names.ts";
import { PollingFleet } from "./polling_fleet.ts";

Deno.test("in ten minutes a machine lists once, and else reads the pointer", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  const requests: string[] = [];
  for (let minute = 0; minute < 22; minute++) requests.push((await fleet.poll(web)).requests);
  const lists = requests.flatMap((one, minute) => one === "getSmall" ? [] : [[minute, one]]);
  const [[first, kind] = [], [second] = []] = lists;
  assertEquals([lists.length, kind], [2, "list"]);
  assert(typeof first === "number" && first >= 8 && first <= 10, `listed in minute ${first}`);
  assertEquals(Number(second) - first, first + 1, "the same time again and again");
});

Deno.test("without --list-every, and with --follow, each sync lists", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const web = fleet.context("web", ["a"]);
  await sync(web);
  assertEquals(readLastListing(dirOf(web)), undefined);
  await sync(web, { listEvery: 600 });
  assertEquals((await fleet.poll(web)).requests, "getSmall");
  assertEquals((await fleet.poll(web, { follow: true })).requests, "list");
  assertEquals((await fleet.poll(web, { listEvery: 0 })).requests, "list");
  fleet.bucket.calls.length = 0;
  await sync(web);
  assertEquals(fleet.bucket.calls, ["list"]);
});

Deno.test("a poll activates what is here, and lists for what is not", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const second = await fleet.spool("a.tgz", "2");
  const web = await fleet.machine("web");
  await fleet.bless(second);
  const ready = await fleet.poll(web);
  assertEquals([ready.requests, ready.result.activated], ["getSmall", second]);
  const third = await fleet.spool("a.tgz", "3");
  const unseen = await fleet.poll(web);
  assertEquals([unseen.requests, unseen.result.fetched], ["getSmall", []]);
  await fleet.bless(third);
  const fetched = await fleet.poll(web);
  assertEquals([fetched.requests, fetched.result.activated], ["getSmall list read", third]);
  await fleet.bless(second);
  const back = await fleet.poll(web);
  assertEquals([back.requests, back.result.activated], ["getSmall", second]);
});

Deno.test("what is purged from S3, or needed no more, stays until the next listing", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const [second, third, fourth] = [
    await fleet.spool("a.tgz", "2"),
    await fleet.spool("a.tgz", "3"),
    await fleet.spool("a.tgz", "4"),
  ];
  const web = await fleet.machine("web");
  await purgeMaster(fleet.developer, { revision: third });
  await fleet.bless(second);
  await fleet.bless(fourth);
  for (let minute = 0; minute < 5; minute++) {
    const { requests, result } = await fleet.poll(web);
    assertEquals([requests, result.removed], ["getSmall", []]);
  }
  const { requests, result } = await fleet.poll(web, { listEvery: 60 });
  assertEquals([requests, result.removed], ["list", [third]]);
});

Deno.test("a change of metadata alone is seen by the next poll, also within the same second", async () => {
  using fleet = new PollingFleet();
  const revision = await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  const serial = (): number | undefined => readPointerState(dirOf(web))?.serial;
  const before = serial();
  await fleet.bless(revision, { again: true });
  assertEquals((await fleet.poll(web)).requests, "getSmall");
  const again = serial();
  assert(again !== undefined && before !== undefined && again > before, `${again}, ${before}`);
  // As no FTL does it: two writes in one second, and a sync in between.
  const rev = await fleet.bucket.getSmall("a.rev");
  for (const serialNow of [again + 1, again + 2]) {
    const metadata = { ...rev?.metadata, "ftl-serial": String(serialNow) };
    await fleet.bucket.put("a.rev", revision, { metadata });
    await sync(web, { listEvery: 600 });
    assertEquals(serial(), serialNow);
  }
});

Deno.test("a machine with a revision in quarantine polls, and tries it again when it is blessed anew", async () => {
  using fleet = new PollingFleet();
  const good = await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  const bad = await fleet.spoolScripts("a.tgz", { "health.sh": "exit 100" });
  await fleet.bless(bad);
  const { result: { rolledBack } } = await fleet.poll(web);
  assertEquals(rolledBack, { from: bad, to: good });
  for (let minute = 0; minute < 3; minute++) {
    const { requests, result } = await fleet.poll(web);
    assertEquals([requests, result.quarantined, result.failures.length], ["getSmall", bad, 1]);
  }
  await fleet.bless(bad, { again: true });
  const again = await fleet.poll(web);
  assertEquals([again.requests, again.result.rolledBack?.from], ["getSmall", bad]);
});

Deno.test("after a failure the next sync lists", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  fleet.bucket.deny("getSmall", 1);
  const denied = await fleet.poll(web);
  assertEquals([denied.requests, denied.result.failures.length], ["getSmall", 1]);
  assertEquals((await fleet.poll(web)).requests, "list");
  assertEquals((await fleet.poll(web)).requests, "getSmall");
  await fleet.spoolScripts("a.tgz", { "post-sync.sh": "exit 1" });
  const [byPerson] = await sync(web);
  assertEquals(byPerson?.failures.length, 1);
  assertEquals((await fleet.poll(web)).requests, "list");
  assertEquals((await fleet.poll(web)).requests, "list");
});

Deno.test("where the pointer is gone or names nothing, a poll lists, and fails as every sync does", async () => {
  using fleet = new PollingFleet();
  const revision = await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  for (const text of ["no revision", "x".repeat(5000)]) {
    await fleet.bucket.put("a.rev", text, { metadata: {} });
    const { requests, result: { active, failures: [failure] } } = await fleet.poll(web);
    assertEquals([requests, active], ["getSmall list getSmall", revision]);
    assertStringIncludes(failure?.message ?? "", "a.rev");
    await fleet.bless(revision);
    await fleet.poll(web);
  }
  await fleet.bucket.remove("a.rev");
  const gone = await fleet.poll(web);
  assertEquals([gone.requests, gone.result.active], ["getSmall list", revision]);
  assertEquals((await fleet.poll(web)).requests, "list", "nothing is blessed");
});

Deno.test("a revision that was deleted here is fetched again by the next sync", async () => {
  using fleet = new PollingFleet();
  const revision = await fleet.release("a.tgz", "1");
  const candidate = await fleet.spool("a.tgz", "2");
  const web = await fleet.machine("web");
  for (const name of [candidate, revision]) {
    Deno.removeSync(dirOf(web).revisionPath(aRevision(name).id), { recursive: true });
    const { requests, result } = await fleet.poll(web);
    assertEquals([requests, result.fetched], ["getSmall list read", [name]]);
  }
});

Deno.test("a machine whose clock went back lists", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  fleet.now -= 3_600_000;
  assertEquals((await fleet.poll(web)).requests, "list");
  assertEquals((await fleet.poll(web)).requests, "getSmall");
});

Deno.test("a copy of a machine lists first, however new the other one's listing is", async () => {
  using fleet = new PollingFleet();
  await fleet.bless(await fleet.spool("a.tgz", "1"));
  await fleet.machine("web");
  const candidate = await fleet.spool("a.tgz", "2");
  const copy = fleet.context("web", ["a"], { FTL_MACHINE: "copy" });
  const { requests, result } = await fleet.poll(copy);
  assertEquals([requests, result.fetched], ["list read", [candidate]]);
  assertEquals((await fleet.poll(copy)).requests, "getSmall");
  // What the other one saw is gone, also if this sync stores nothing in its place.
  const next = fleet.context("web", ["a"], { FTL_MACHINE: "next" });
  await sync(next);
  assertEquals(readLastListing(dirOf(next)), undefined);
});

Deno.test("a listing of more than 1,000 revisions is not planned by", async () => {
  using fleet = new PollingFleet();
  await fleet.release("a.tgz", "1");
  const web = await fleet.machine("web");
  for (let n = 0; n < 1000; n++) {
    const key = `a.20130305${String(n).padStart(6, "0")}.tgz`;
    await fleet.bucket.put(key, "old", { metadata: {} });
  }
  await fleet.poll(web, { listEvery: 0 });
  assertEquals((await fleet.poll(web)).requests, "list");
});

const NAMES = Array.from({ length: 13 }, (_, n) => `p${String.fromCharCode(97 + n)}`);

/** A bucket with a blessed revision of each package. */
async function manyPackages(): Promise<PollingFleet> {
  const fleet = new PollingFleet();
  for (const name of NAMES) await fleet.release(`${name}.tgz`, "1");
  return fleet;
}

/** So many calls of one kind. */
function times(count: number, call: string): string {
  return Array(count).fill(call).join(" ");
}

Deno.test("packages that share a listing poll together, as long as that is cheaper", async () => {
  using fleet = await manyPackages();
  const eight = await fleet.machine("eight", NAMES.slice(0, 8));
  assertEquals((await fleet.poll(eight)).requests, times(8, "getSmall"));
  writeListingAt(eight, "pa", fleet.now - 700_000);
  assertEquals((await fleet.poll(eight)).requests, "listPage", "one listing serves all");
  assertEquals((await fleet.poll(eight)).requests, times(8, "getSmall"));
  const all = await fleet.machine("all", NAMES);
  assertEquals((await fleet.poll(all)).requests, "listPage");
  assertEquals(readLastListing(dirOf(all, "pa")), undefined);
});

Deno.test("where the credentials allow no shared listing, any number of packages poll, each for itself", async () => {
  using fleet = await manyPackages();
  fleet.bucket.deny("listPage", Infinity);
  const all = await fleet.machine("all", NAMES);
  assertEquals((await fleet.poll(all)).requests, times(13, "getSmall"));
  writeListingAt(all, "pa", fleet.now - 700_000);
  const { requests } = await fleet.poll(all);
  assertEquals(requests.split(" ").sort().join(" "), `${times(12, "getSmall")} list listPage`);
});

function dirOf(machine: Context, name = "a"): PackageDir {
  return new PackageDir(machine.config.root, aPackage(name));
}

function writeListingAt(machine: Context, name: string, at: number): void {
  const listing = readLastListing(dirOf(machine, name));
  assert(listing !== undefined);
  writeLastListing(dirOf(machine, name), { ...listing, at });
}
