/** FTL 0.1.0 in a staged rollout: it knows only what is blessed, so it is never ahead. */
import { assert, assertEquals } from "../assert.ts";
import { namesOfMarks, writeRollout } from "../proof/rollout_words.ts";
import { Fleet, type Machine } from "./fleet.ts";
import { OlderFtl } from "./older_ftl.ts";

function active(machine: Machine): string {
  return machine.link("a/current")?.replace("revs/", "a.") ?? "nothing";
}

Deno.test("an older machine stays on what is blessed until the candidate is; newer ones take it", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const bucket = fleet.bucket();
  const old = fleet.machine("old", ["a"]);
  const [first, second] = ["i-1", "i-2"].map((name) => {
    return fleet.machine(name, ["a"], { FTL_MACHINE: name });
  }) as [Machine, Machine];
  const blessed = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", blessed]);
  for (const machine of [first, second]) await machine.ok(["sync"]);
  await older.ok(old, ["sync"]);
  const next = await fleet.spool("a.tgz", { v: "2", "health.sh": "#!/bin/sh\n" });
  const id = await writeRollout(bucket, next, { words: "cut=0 group=canary at-once=1 halt=1" });
  await first.ok(["sync"], { env: { FTL_GROUP: "canary" } });
  const waiting = await second.ftl(["sync"]);
  assert(
    waiting.stderr.includes(`${next} is being rolled out: the rollout takes machines below 0 %`),
    waiting.stderr,
  );
  for (const machine of [old, old]) await older.ok(machine, ["sync"]);
  assertEquals([first, second, old].map(active), [next, blessed, blessed]);
  assertEquals(await namesOfMarks(bucket, next, id), ["ok/i-1~1", "turn/000001"]);
  assertEquals(
    await fleet.ok(["list", "--master", "a"]),
    [
      `${blessed}\t(active)`,
      `${next}\t(rolling out)`,
    ].join("\n"),
  );

  await writeRollout(bucket, next, { words: "cut=1 at-once=1 halt=1", id });
  for (const machine of [first, second]) await machine.ok(["sync"]);
  await older.ok(old, ["sync"]);
  assertEquals([first, second, old].map(active), [next, next, blessed]);
  // Nobody has turned to anything else, and nobody has anything left to do.
  for (const machine of [first, second]) {
    assertEquals((await machine.ftl(["sync", "--quiet"])).stderr, "");
  }
  await fleet.ok(["jump", "--master", next]);
  for (const machine of [first, second]) await machine.ok(["sync"]);
  await older.ok(old, ["sync"]);
  assertEquals([first, second, old].map(active), [next, next, next]);
});

Deno.test("a root that goes back to 0.1.0 runs what is blessed, and with the newer one the candidate again", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const web = fleet.machine("web", ["a"], { FTL_MACHINE: "i-1" });
  const blessed = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", blessed]);
  await web.ok(["sync"]);
  const next = await fleet.spool("a.tgz", { v: "2" });
  await writeRollout(fleet.bucket(), next, { words: "cut=1 at-once=1 halt=1" });
  for (const due of [next, next]) {
    await web.ok(["sync"]);
    assertEquals(active(web), due);
    await older.ok(web, ["sync"]);
    assertEquals(active(web), blessed);
  }
  // A person holds the machine on what is blessed. To the older one that is a hold that has ended, so it drops it.
  await web.ok(["sync"]);
  await web.ok(["jump", blessed]);
  await web.ok(["sync"]);
  assertEquals([active(web), web.names("a/.ftl").includes("hold.json")], [blessed, true]);
  await older.ok(web, ["sync"]);
  assertEquals([active(web), web.names("a/.ftl").includes("hold.json")], [blessed, false]);
});

Deno.test("`jump --master` by 0.1.0 ends a rollout: machines that are ahead run what it blessed, and one may begin anew", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const writer = fleet.machine("writer", []);
  const [ahead, behind] = ["i-1", "i-2"].map((name, n) => {
    return fleet.machine(name, ["a"], { FTL_MACHINE: name, FTL_GROUP: n === 0 ? "canary" : "" });
  }) as [Machine, Machine];
  const sync = async (): Promise<string[]> => {
    for (const machine of [ahead, behind]) await machine.ok(["sync"]);
    return [ahead, behind].map(active);
  };
  const blessed = await fleet.spool("a.tgz", { v: "1" });
  const next = await fleet.spool("a.tgz", { v: "2" });
  const other = await fleet.spool("a.tgz", { v: "3" });
  await fleet.ok(["jump", "--master", blessed]);
  await sync();
  let stable = blessed;
  for (const chosen of [other, next]) {
    await fleet.ok(["jump", "--master", next, "--group", "canary", "--halt", "1"]);
    assertEquals(await sync(), [next, stable]);
    assert(ahead.names("a/.ftl").includes("rollout.json"));
    stable = chosen;
    await older.ok(writer, ["jump", "--master", chosen]);
    assertEquals(await sync(), [chosen, chosen]);
    assertEquals(ahead.names("a/.ftl").includes("rollout.json"), false);
  }
});
