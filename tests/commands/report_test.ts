/** What a machine reports after a sync, and when. By whole commands. The file is long because each state is one of them. */
import { jump, jumpMaster, spool, sync } from "../../mod.ts";
import { Config } from "../../src/config.ts";
import type { Context } from "../../src/context.ts";
import {
  type MachineReport,
  parseReport,
  type ReportedPackage,
} from "../../src/revision/report.ts";
import { type RevisionName, toRevision } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "../assert.ts";
import { aPackage } from "../names.ts";
import { HealthFleet } from "./health_fleet.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const MINUTE = 60_000;

async function reportOf(
  { bucket }: MemoryFleet,
  machine: string,
): Promise<MachineReport | undefined> {
  const found = await bucket.getSmall(`.ftl/fleet/${machine}`, { limit: 16384 });
  return found && parseReport(found.text);
}

async function packageOf(fleet: MemoryFleet, machine: string): Promise<Partial<ReportedPackage>> {
  return (await reportOf(fleet, machine))?.packages.get(aPackage("a")) ?? {};
}

function puts({ bucket }: MemoryFleet): number {
  return bucket.calls.filter((call) => call === "putOnce").length;
}

function withEnv(context: Context, env: Record<string, string>): Context {
  return { ...context, config: new Config({ ...context.config.env, ...env }) };
}

const WEB = { FTL_REPORT: "3600", FTL_MACHINE: "i-1", FTL_GROUP: "canary,eu" };

/** A machine that reports, and a package with one revision, which is blessed. */
async function started(): Promise<{ fleet: MemoryFleet; web: Context; first: RevisionName }> {
  const fleet = new MemoryFleet();
  fleet.bucket.now = () => fleet.now;
  const web = fleet.context("web", ["a"], WEB);
  const first = await fleet.spool("a.tgz", "1");
  await jumpMaster(fleet.context(), first);
  return { fleet, web, first };
}

Deno.test("after its first sync a machine reports what it runs", async () => {
  const { fleet, web, first } = await started();
  using _fleet = fleet;
  await sync(web);
  const report = await reportOf(fleet, "i-1");
  const { packages, at, ...head } = report ?? {};
  assertEquals(head as unknown, {
    machine: "i-1",
    host: undefined,
    groups: ["canary", "eu"],
    ftl: web.version,
    arch: Deno.build.arch,
    every: 3600,
    truncated: false,
  });
  assertEquals(at, new Date(fleet.now).toISOString());
  const { since, serial, moved, ...found } = packages?.get(aPackage("a")) ?? {};
  assertEquals(found as unknown, {
    state: "ok",
    active: toRevision(first).id,
    how: "whole",
    previous: undefined,
    want: toRevision(first).id,
    rollout: undefined,
    trust: undefined,
    error: undefined,
  });
  assert(Math.abs(Date.parse(since ?? "") - Date.now()) < 10 * MINUTE, since);
  assert(serial !== undefined && moved !== undefined && moved > 0);
});

Deno.test("a host's name is told only if nobody named the machine", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  const { FTL_MACHINE: _, ...env } = web.config.env;
  await sync({ ...web, config: new Config(env) });
  const [object] = await fleet.bucket.list(".ftl/fleet/");
  const report = await reportOf(fleet, object?.key.replace(".ftl/fleet/", "") ?? "");
  assertEquals(report?.host, Deno.hostname());
});

Deno.test("without FTL_REPORT a sync writes nothing, to S3 or to the root", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  const before = await fleet.bucket.list(".ftl/");
  await sync(withEnv(web, { FTL_REPORT: "" }));
  await sync(withEnv(web, { FTL_REPORT: "0" }));
  assertEquals([puts(fleet), await fleet.bucket.list(".ftl/")], [0, before]);
  assertEquals([...Deno.readDirSync(web.config.root)].map(({ name }) => name), ["a"]);
});

Deno.test("a machine repeats itself only when its time has come", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  await sync(web);
  for (let i = 0; i < 5; i++) {
    fleet.now += 9 * MINUTE;
    await sync(web);
  }
  assertEquals(puts(fleet), 1);
  fleet.now += 30 * MINUTE;
  await sync(web);
  assertEquals([puts(fleet), (await reportOf(fleet, "i-1"))?.at], [
    2,
    new Date(fleet.now).toISOString(),
  ]);
});

Deno.test("what has changed is reported at once, also what a person did", async () => {
  const { fleet, web, first } = await started();
  using _fleet = fleet;
  await sync(web);
  const second = await fleet.spool("a.tgz", "2");
  await jumpMaster(fleet.context(), second);
  await sync(web);
  const { active, previous, want, serial } = await packageOf(fleet, "i-1");
  const [firstId, secondId] = [first, second].map((name) => toRevision(name).id);
  assertEquals([puts(fleet), active, previous, want], [2, secondId, firstId, secondId]);
  await jump(web, first);
  await sync(web);
  const held = await packageOf(fleet, "i-1");
  assertEquals([puts(fleet), held.state, held.active, held.want], [3, "held", firstId, secondId]);
  assertEquals(held.serial, serial);
});

Deno.test("a pause, and a package that runs nothing, are told", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a"], WEB);
  await sync(web);
  assertEquals((await packageOf(fleet, "i-1")).state, "new");
  await jumpMaster(fleet.context(), await fleet.spool("a.tgz", "1"));
  fleet.write("web/.pause", "until the audit is over\n");
  await sync(web);
  const { state, active, want } = await packageOf(fleet, "i-1");
  assertEquals([state, active, want !== undefined], ["paused", undefined, true]);
});

Deno.test("a failing sync is told with its exit code, since when, and how often", async () => {
  using fleet = new MemoryFleet();
  fleet.bucket.now = () => fleet.now;
  const web = fleet.context("web", ["a"], WEB);
  const postSync = {
    name: "post-sync.sh",
    content: "#!/bin/sh\necho secret\nexit 3\n",
    mode: 0o755,
  };
  const { revision } = await spool(fleet.context(), fleet.archive("a.tgz", postSync));
  await jumpMaster(fleet.context(), revision);
  const since = new Date(fleet.now).toISOString();
  await sync(web);
  const first = await packageOf(fleet, "i-1");
  assertEquals(first.state, "failing");
  assertMatch(first.error?.text ?? "", /^a\.\S+ post-sync failed: exit 3$/);
  assertEquals([first.error?.code, first.error?.since, first.error?.count], [6, since, 1]);
  for (let i = 0; i < 3; i++) {
    fleet.now += MINUTE;
    await sync(web);
  }
  assertEquals(puts(fleet), 1);
  fleet.now += 72 * MINUTE;
  await sync(web);
  const { error } = await packageOf(fleet, "i-1");
  assertEquals([puts(fleet), error?.since, error?.count], [2, since, 5]);
});

Deno.test("quarantine is told as such, not as a failing sync, and so is what stays active and is unhealthy", async () => {
  const { fleet, revisions: [first, old = "", bad = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  const web = withEnv(fleet.web, WEB);
  for (let i = 0; i < 2; i++) {
    await sync(web);
    const { state, active, want, error } = await packageOf(fleet, "i-1");
    assertEquals([state, active, want], ["quarantine", toRevision(old).id, toRevision(bad).id]);
    assertMatch(error?.text ?? "", /^health failed: exit 100, /);
    assertEquals(error?.code, 6);
  }
  assertEquals(puts(fleet), 1);
  await jump(web, bad, { stay: true });
  await sync(web);
  const { state, active, error } = await packageOf(fleet, "i-1");
  assertEquals([state, active], ["unhealthy", toRevision(bad).id]);
  assertMatch(error?.text ?? "", /^health failed: exit 100, /);
  assertNotEquals(first, undefined);
});

Deno.test("a report that S3 denies is one warning an hour, and no failure", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  fleet.bucket.deny("putOnce", Infinity);
  for (let minute = 0; minute < 125; minute++) {
    const [result] = await sync(web);
    assertEquals(result?.failures, []);
    fleet.now += MINUTE;
  }
  assertEquals(fleet.warnings.length, 3);
  assertMatch(
    fleet.warnings[0] ?? "",
    /^FTL_REPORT: this machine's report was not stored: .* iam machine'/,
  );
  // Each attempt costs as much as a report.
  assertEquals(puts(fleet), 13);
  fleet.bucket.deny("putOnce", 0);
  fleet.now += 10 * MINUTE;
  await sync(web);
  assertEquals((await packageOf(fleet, "i-1")).state, "ok");
});

Deno.test("two syncs at once leave what is true, or the next sync sends it", async () => {
  const { fleet, web, first } = await started();
  using _fleet = fleet;
  await sync(web);
  await jumpMaster(fleet.context(), await fleet.spool("a.tgz", "2"));
  const results = await Promise.all([sync(web), sync(web)]);
  assertEquals(results.flat().flatMap(({ failures }) => failures), []);
  await jump(web, first);
  await Promise.all([sync(web), sync(web)]);
  await sync(web);
  const { state, active } = await packageOf(fleet, "i-1");
  assertEquals([state, active], ["held", toRevision(first).id]);
  const sent = puts(fleet);
  await sync(web);
  assertEquals(puts(fleet), sent);
});

Deno.test("a copy of a machine reports under its own name at once", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  await sync(web);
  fleet.now += MINUTE;
  await sync(withEnv(web, { FTL_MACHINE: "i-2" }));
  const keys = (await fleet.bucket.list(".ftl/fleet/")).map(({ key }) => key);
  assertEquals(keys, [".ftl/fleet/i-1", ".ftl/fleet/i-2"]);
  assertEquals((await reportOf(fleet, "i-2"))?.machine, "i-2");
});

Deno.test("a root that cannot hold the report's file does not fail the sync", async () => {
  const { fleet, web } = await started();
  using _fleet = fleet;
  fleet.write("web/.ftl", "a file");
  const [result] = await sync(web);
  assertEquals([result?.failures, fleet.warnings], [[], []]);
});

Deno.test("a sync of one package reports all of them", async () => {
  using fleet = new MemoryFleet();
  const web = fleet.context("web", ["a", "b"], WEB);
  await sync(web, { packages: ["b"] });
  assertEquals([...(await reportOf(fleet, "i-1"))?.packages.keys() ?? []].join(), "a,b");
});
