/** Health, rollback and the jumps of a person, by whole commands on a bucket in memory. */
import { UsageError } from "../../src/errors.ts";
import { jump, jumpBack, purge, spool, sync } from "../../mod.ts";
import { onFaultPoint } from "../../src/fault_point.ts";
import { readActiveFailures } from "../../src/machine/jump/outcomes.ts";
import { writeJournal } from "../../src/machine/jump/journal.ts";
import { readHold } from "../../src/machine/jump/hold.ts";
import { toRevision } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { HealthFleet } from "./health_fleet.ts";

Deno.test("a sync that meets a bad health goes back: the order of the scripts, the links, the result", async () => {
  const { fleet, revisions: [first, old, next = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  const { failures, rolledBack, quarantined, activated, active } = await fleet.sync();
  assertEquals(fleet.told(), [
    `pre-jump ${next} sync`,
    `un-jump ${old} sync`,
    `post-jump ${next} sync`,
    `health ${next} sync`,
    `un-jump ${next} rollback`,
    `post-jump ${old} rollback`,
  ]);
  assertEquals(fleet.links, [old, first]);
  assertEquals([active, activated, quarantined], [old, undefined, next]);
  assertEquals(rolledBack, { from: next, to: old });
  assertEquals(failures.map((error) => error.message.replace(/ after .*?;/, "")), [
    `${next} health failed: exit 100, ${old} is active again`,
  ]);
});

Deno.test("a first deployment goes back to what the blessed one replaced, if that is here and ready", async () => {
  using fleet = new HealthFleet();
  const [old, next] = [await fleet.next(), await fleet.next()];
  await fleet.bless(old);
  await fleet.bless(next);
  fleet.bad(next);
  // The pause lets the machine fetch both before the first activation.
  const pause = fleet.write("web/a/.pause", "");
  await fleet.sync();
  assertEquals(fleet.links, [undefined, undefined]);
  Deno.removeSync(pause);
  const { rolledBack } = await fleet.sync();
  assertEquals(rolledBack, { from: next, to: old });
  assertEquals(fleet.links, [old, undefined]);
});

Deno.test("a first deployment with nothing to go back to stays, unhealthy and without a quarantine", async () => {
  using fleet = new HealthFleet();
  const only = await fleet.next();
  await fleet.bless(only);
  fleet.bad(only);
  const { failures, activated, rolledBack, quarantined } = await fleet.sync();
  assertEquals([activated, rolledBack, quarantined], [only, undefined, undefined]);
  assertMatch(failures[0]?.message ?? "", /health failed: exit 100, .*; it stays active$/);
  assertMatch(readActiveFailures(fleet.pkg).health?.outcome ?? "", /^exit 100/);
  assertEquals([fleet.quarantines, (await fleet.sync()).failures], [[], []]);
});

Deno.test("a person's jump goes back without a quarantine, and --stay keeps the revision", async () => {
  const { fleet, revisions: [first, old = "", next = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  await fleet.bless(old);
  await fleet.sync();
  const jumped = await jump(fleet.web, next);
  assertEquals([String(jumped.revision), String(jumped.from)], [old, old]);
  assertEquals(jumped.failures.length, 1);
  assertEquals([fleet.links, fleet.quarantines], [[old, first], []]);
  assertEquals(readHold(fleet.pkg, toRevision(old).id), undefined);

  const stayed = await jump(fleet.web, next, { stay: true });
  assertEquals([String(stayed.revision), stayed.failures.length], [next, 1]);
  assertEquals([fleet.links, fleet.quarantines], [[next, old], []]);
  assertEquals((await fleet.sync()).heldFrom, old);
});

Deno.test("jump-back only reports a bad health: it is the way out", async () => {
  const { fleet, revisions: [, old = "", next] } = await HealthFleet.withBad();
  using _fleet = fleet;
  fleet.bad();
  await fleet.sync();
  fleet.bad(old);
  const { revision, failures } = await jumpBack(fleet.web, "a");
  assertEquals([String(revision), failures.length], [old, 1]);
  assertEquals([fleet.links, fleet.quarantines], [[old, next], []]);
});

Deno.test("what a killed jump may need is never purged, and one way back is enough", async () => {
  const { fleet, revisions: [first = "", old = "", next = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  fleet.bad();
  await fleet.bless(old);
  await fleet.sync();
  await jump(fleet.web, next);
  const [from, to] = [toRevision(old).id, toRevision(next).id];
  const previous = toRevision(first).id;
  writeJournal(fleet.pkg, {
    ...{ from, to, previous, action: "jump", phase: "health", onBadHealth: "go-back" },
  });
  const error = await assertRejects(() => purge(fleet.web, { revision: first }), UsageError);
  assertMatch(error.message, /: it is part of an unfinished jump$/);
  assertEquals((await purge(fleet.web, { package: "a", keep: 0 })).removed, []);
  fleet.bad(next);
  const back = await jumpBack(fleet.web, "a");
  assertEquals([String(back.revision), fleet.links], [old, [old, first]]);
});

Deno.test("a sync that finishes a killed jump by going back tells it once", async () => {
  const { fleet, revisions: [first, old = "", next = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  fleet.bad();
  const pauseFile = fleet.write("web/a/.pause", "");
  await fleet.sync();
  Deno.removeSync(pauseFile);
  await jump(fleet.web, next);
  const [from, to] = [toRevision(old).id, toRevision(next).id];
  const { blessing } = JSON.parse(Deno.readTextFileSync(fleet.pkg.ownPath("pointer")));
  const previous = toRevision(first ?? "").id;
  writeJournal(fleet.pkg, {
    ...{ from, to, previous, blessing, action: "sync", phase: "health", onBadHealth: "go-back" },
  });
  fleet.bad(next);
  const { failures, rolledBack, quarantined } = await fleet.sync();
  assertEquals([rolledBack, quarantined], [{ from: next, to: old }, next]);
  assertEquals([failures.length, fleet.links], [1, [old, first]]);
});

Deno.test("a kill between the two links does not lose the way back", async () => {
  const { fleet, revisions: [first, old] } = await HealthFleet.withBad();
  using _fleet = fleet;
  let isDead = false;
  onFaultPoint((point) => {
    isDead ||= point === "previous-linked";
    if (isDead) throw new Error("killed");
  });
  try {
    await fleet.sync();
  } finally {
    onFaultPoint(() => {});
  }
  assertEquals([isDead, fleet.links], [true, [old, old]]);
  // It tries once more, and goes back.
  await fleet.sync();
  assertEquals(fleet.links, [old, first]);
});

Deno.test("a sync that follows ends the hold also where it goes back", async () => {
  const { fleet, revisions: [first, old = ""] } = await HealthFleet.withBad();
  using _fleet = fleet;
  await fleet.sync();
  await jumpBack(fleet.web, "a");
  await jump(fleet.web, old);
  assert((await fleet.sync()).heldFrom !== undefined);
  assertEquals((await fleet.sync({ follow: true })).rolledBack?.to, old);
  assertEquals([readHold(fleet.pkg, toRevision(old).id), fleet.links], [undefined, [old, first]]);
  assertEquals((await fleet.sync()).failures.length, 1, "the quarantine");
});

Deno.test("a package that waits for its health holds up no other package", async () => {
  using fleet = new HealthFleet();
  const env = { FTL_CONCURRENCY: "1", FTL_HEALTH_TIMEOUT: "15" };
  const web = fleet.context("web", ["a", "b"], env);
  // It is healthy once the other package is active.
  const health = '#!/bin/sh\n[ -e "$FTL_SHARED/../../b/current" ]\n';
  const file = fleet.archive("a.tgz", { name: "health.sh", content: health, mode: 0o755 });
  await fleet.bless((await spool(fleet.context(), file)).revision);
  await fleet.bless(await fleet.spool("b.tgz", "1"));
  const results = await sync(web);
  assertEquals(results.flatMap(({ failures }) => failures), []);
});
