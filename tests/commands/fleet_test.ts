/** `ftl fleet`, and a wait for it: machines report by their own syncs. By whole commands. */
import {
  fleet,
  fleets,
  jump,
  jumpBackMaster,
  jumpMaster,
  LateError,
  NotFoundError,
  pruneFleet,
  ScriptError,
  spool,
  sync,
} from "../../mod.ts";
import { waitForFleet } from "../../src/catalog/fleet_wait.ts";
import type { Context } from "../../src/context.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";

const DAY = 24 * 3_600_000;

class ReportingFleet extends MemoryFleet {
  readonly machines = new Map<string, Context>();

  constructor(...names: readonly string[]) {
    super();
    this.bucket.now = () => this.now;
    for (const name of names) {
      const env = { FTL_REPORT: "3600", FTL_MACHINE: name };
      this.machines.set(name, this.context(name, ["a"], env));
    }
  }

  /** These machines sync; without names all of them. */
  async sync(...names: readonly string[]): Promise<void> {
    for (const [name, context] of this.machines) {
      if (names.length === 0 || names.includes(name)) await sync(context);
    }
  }

  async bless(content: string): Promise<RevisionName> {
    const revision = await this.spool("a.tgz", content);
    await jumpMaster(this.context(), revision);
    this.now += 1000;
    return revision;
  }

  /** A revision whose script of that step fails. */
  async spoolBad(step: string): Promise<RevisionName> {
    const script = { name: `${step}.sh`, content: "#!/bin/sh\nexit 100\n", mode: 0o755 };
    return (await spool(this.context(), this.archive("a.tgz", script))).revision;
  }

  async states(): Promise<string[]> {
    const { fleet: found } = await fleet(this.context(), "a");
    return found.machines.map(({ machine, state }) => `${machine} ${state}`);
  }
}

Deno.test("a fleet shows who runs what, and who is behind", async () => {
  using all = new ReportingFleet("i-1", "i-2");
  const first = await all.bless("1");
  await all.sync();
  const second = await all.bless("2");
  await all.sync("i-2");
  const { fleet: found, failures } = await fleet(all.context(), "a");
  assertEquals(failures, []);
  assertEquals(
    found.machines.map(({ machine, state, active, want }) => [machine, state, active, want]),
    [["i-1", "behind", first, second], ["i-2", "ok", second, second]],
  );
  assertEquals([found.blessed, found.blessedBy, found.living], [second, "dev@laptop", 2]);
  await jump(all.machines.get("i-2") ?? all.context(), first);
  await all.sync();
  assertEquals(await all.states(), ["i-2 held", "i-1 ok"]);
});

Deno.test("fleets() has each package that a machine reports, and its blessing", async () => {
  using all = new ReportingFleet("i-1");
  const first = await all.bless("1");
  all.machines.set("i-2", all.context("i-2", ["a", "b"], { FTL_REPORT: "60", FTL_MACHINE: "i-2" }));
  await all.sync();
  const { fleets: found } = await fleets(all.context());
  assertEquals(
    found.map(({ package: name, blessed, living }) => [name as string, blessed, living]),
    [
      ["a", first, 2],
      ["b", undefined, 1],
    ],
  );
});

Deno.test("a broken pointer is a failure of its package alone", async () => {
  using all = new ReportingFleet("i-1");
  await all.bless("1");
  await all.sync();
  await all.bucket.put("a.rev", "?", { metadata: {} });
  const { fleets: [found], failures } = await fleets(all.context());
  assertEquals([found?.living, failures.length], [1, 1]);
});

Deno.test("a package that nobody reports, and that is not blessed, is not found", async () => {
  using all = new ReportingFleet();
  await assertRejects(() => fleet(all.context(), "a"), NotFoundError, "No machine reports a");
  await all.bless("1");
  assertEquals((await fleet(all.context(), "a")).fleet.machines, []);
});

Deno.test("prune removes the reports of machines that are silent for so many days", async () => {
  using all = new ReportingFleet("i-1", "i-2");
  await all.sync("i-1");
  all.now += 3 * DAY;
  await all.sync("i-2");
  assertEquals((await pruneFleet(all.context(), 3)).removed, []);
  all.now += 1000;
  assertEquals((await pruneFleet(all.context(), 3)).removed, ["i-1"]);
  assertEquals((await all.bucket.list("")).map(({ key }) => key), [".ftl/fleet/i-2"]);
});

Deno.test("a wait is done when all machines that live run what is blessed", async () => {
  using all = new ReportingFleet("i-1", "i-2", "dead");
  await all.bless("1");
  await all.sync();
  all.now += 4 * 3_600_000;
  await all.sync("i-1", "i-2");
  const second = await all.bless("2");
  await all.sync("i-1", "i-2");
  const { fleet: found, failures } = await fleet(all.context(), "a", { wait: 0 });
  assertEquals([failures, found.living, found.blessed], [[], 2, second]);
});

Deno.test("a wait looks again and again until the machines have come", async () => {
  using all = new ReportingFleet("i-1", "i-2");
  await all.bless("1");
  await all.sync();
  await all.bless("2");
  const context = all.context();
  const coming = ["i-1", "i-2"];
  const watched = {
    ...context,
    report: (event: (typeof all.events)[number]) => {
      all.events.push(event);
      const next = event.type === "fleet" ? coming.shift() : undefined;
      if (next !== undefined) void all.sync(next);
    },
  };
  const waited = await waitForFleet(watched, all.bucket, {
    package: aPackage("a"),
    seconds: 600,
    poll: 0.001,
  });
  assertEquals(waited.failures, []);
  const told = all.events.flatMap((event) =>
    event.type === "fleet" ? [`${event.inLine}/${event.living}`] : []
  );
  assertEquals(told, ["0/2", "1/2", "2/2"]);
});

Deno.test("a wait fails with 6 when a machine refuses the revision, at once", async () => {
  using all = new ReportingFleet("i-1", "i-2");
  await all.bless("1");
  await all.sync();
  for (
    const [step, state] of [["health", "quarantine"], ["post-sync", "failing"], [
      "post-jump",
      "failing",
    ]] as const
  ) {
    const bad = await all.spoolBad(step);
    await jumpMaster(all.context(), bad);
    all.now += 1000;
    await all.sync("i-2");
    const { failures: [failure, ...others] } = await fleet(all.context(), "a", { wait: 600 });
    assert(failure instanceof ScriptError, step);
    assertEquals([failure.exitCode, failure.revision, others], [6, bad, []]);
    assertMatch(
      failure.message,
      new RegExp(`^a: 1 of 2 machines is in trouble: i-2 \\(${state}: .*exit 100`),
    );
  }
});

Deno.test("a wait ends with 4 when its time is over and the rest is late", async () => {
  using all = new ReportingFleet("i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7");
  await all.bless("1");
  await all.sync();
  const second = await all.spool("a.tgz", "2");
  const jumped = await jumpMaster(all.context(), second, { wait: 0 });
  const [failure] = jumped.failures;
  assert(failure instanceof LateError);
  assertEquals([failure.exitCode, jumped.revision], [4, second]);
  assertEquals(
    failure.message,
    `a: 7 of 7 machines are late: ${
      [1, 2, 3, 4, 5].map((i) => `i-${i} (behind)`).join(", ")
    } and 2 more`,
  );
  assertMatch(failure.hint ?? "", /^Late is not failed/);
});

Deno.test("a failure from before the blessing ends no wait", async () => {
  using all = new ReportingFleet("i-1");
  await all.bless("1");
  await all.sync();
  await jumpMaster(all.context(), await all.spoolBad("health"));
  all.now += 1000;
  await all.sync();
  assertEquals(await all.states(), ["i-1 quarantine"]);
  const third = await all.spool("a.tgz", "3");
  const { failures: [failure] } = await jumpMaster(all.context(), third, { wait: 0 });
  assert(failure instanceof LateError, String(failure));
  all.now += 1000;
  await all.sync();
  assertEquals((await fleet(all.context(), "a", { wait: 0 })).failures, []);
});

Deno.test("a wait ends with 3 when no machine has reported", async () => {
  using all = new ReportingFleet();
  await all.bless("1");
  const { failures: [failure] } = await fleet(all.context(), "a", { wait: 0 });
  assert(failure instanceof NotFoundError);
  assertMatch(failure.message, /^No machine has reported a$/);
  assertEquals(all.events.at(-1), { type: "failure", error: failure });
  // Nobody waits for a package that is not there.
  assertEquals((await fleet(all.context(), "b", { wait: 600 })).failures.length, 1);
});

Deno.test("jump-back waits too", async () => {
  using all = new ReportingFleet("i-1");
  const first = await all.bless("1");
  await all.sync();
  await all.bless("2");
  // The machine has not seen the second one.
  const back = await jumpBackMaster(all.context(), "a", { wait: 0 });
  assertEquals([back.revision, back.failures], [first, []]);
});
