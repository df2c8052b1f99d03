/** Rollouts on the real command line: what is told, what is refused, their documents, their history. */
import { assertEquals, assertMatch } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { Fleet, type Machine } from "./fleet.ts";

/** The active revision. */
function linked(machine: Machine): string {
  return `a.${machine.link("a/current")?.split("/").at(-1)}`;
}

async function blessedAndNext(fleet: Fleet): Promise<[string, string]> {
  const old = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(old);
  return [old, await fleet.spool("a.tgz", { v: "2" })];
}

Deno.test("a rollout is told, continued, stopped, and shown by the history", async () => {
  await using fleet = await Fleet.start();
  const [old, next] = await blessedAndNext(fleet);
  const begun = await fleet.ftl(["jump", "--master", next, "--percent", "10", "-m", "canary"]);
  assertEquals([begun.code, begun.stdout], [0, ""]);
  assertEquals(begun.stderr.split("\n"), [
    `${next}: rolling out to 10 %; the others stay on ${old}`,
    `warning: No machine reports the package of ${next}, so its share is left to chance: of few machines it may be none`,
    "",
  ]);
  const step = ["jump", "--master", next, "--over", "2h", "--halt", "3", "--group", "eu,canary"];
  const { rollout, revision } = readDocument("jump", await fleet.ok([...step, "--json"]));
  assertEquals(revision, old);
  assertEquals([rollout.revision, rollout.percent, rollout.over, rollout.halt, rollout.groups], [
    next,
    10,
    7200,
    3,
    ["eu", "canary"],
  ]);
  const back = await fleet.ftl(["jump-back", "--master", "a"]);
  assertEquals(back.code, 0);
  assertMatch(
    back.stderr,
    new RegExp(`^${next}: its rollout has ended at 10[.0-9]* %; ${old} is blessed\n$`),
  );
  const again = await fleet.ftl(["jump-back", "--master", "a"]);
  assertEquals(again.code, 2);
  assertMatch(again.stderr, /was stopped already: a\.\S+ is blessed\nhint: To go further back: /);
  const lines = (await fleet.ok(["history", "a"])).split("\n").map((line) =>
    line.replace(/^\S+ \S+Z\t|^\S+Z\t/, "").replace(/\S+@\S+/, "who")
  );
  assertEquals(lines, [
    `who\tstopped the rollout of ${next}: ${old} stays\t`,
    `who\trollout of ${next}: 10 %, to all within 2 h 0 min, group eu, canary; the others stay on ${old}\t`,
    `who\trollout of ${next}: 10 %; the others stay on ${old}\tcanary`,
    `who\tblessed ${old}\t`,
  ]);
});

Deno.test("what cannot be a rollout exits with 2, and says why", async () => {
  await using fleet = await Fleet.start();
  const [old, next] = await blessedAndNext(fleet);
  const refusals: [args: string[], message: RegExp][] = [
    [["jump", "--master", old, "--percent", "10"], /is blessed for all machines already/],
    [["jump", "--master", next, "--pause"], /There is no rollout of a\.\S+ that could pause/],
    [["jump", "--master", next, "--percent", "101"], /--percent is not a number from 0 to 100/],
    [["jump", "--master", next, "--percent", "5", "--machines", "1"], /do not go together/],
    [["jump", "--master", next, "--over", "2"], /--over is not a duration: '2'/],
    [["jump", "--master", next, "--group", "a b"], /--group has a group that is no name/],
    [["jump", "--master", next, "--halt", "0"], /--halt is not a number of machines/],
    [["jump", "--master", next, "--over", "0s"], /No rollout can have over=0/],
    [["jump", next, "--percent", "10"], /A rollout is for all machines: it needs --master/],
  ];
  for (const [args, message] of refusals) {
    const { code, stderr } = await fleet.ftl(args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, message);
  }
  const purged = await fleet.ftl(["jump", "--master", next, "--percent", "10", "--quiet"]);
  assertEquals(purged.code, 0);
  const { code, stderr } = await fleet.ftl(["purge", "--master", next]);
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /being rolled out\nhint: 'ftl jump-back --master a' stops the rollout/);
});

Deno.test("as in CI: one of three machines first, then all, each step waits for its machines", async () => {
  await using fleet = await Fleet.start();
  const machines = ["web-1", "web-2", "web-3"].map((name) =>
    fleet.machine(name, ["a"], { FTL_REPORT: "3600", FTL_MACHINE: name })
  );
  const [old, next] = await blessedAndNext(fleet);
  for (const machine of machines) await machine.ok(["sync"]);
  const canary = ["jump", "--master", next, "--percent", "10", "--wait", "0s"];
  const begun = await fleet.ftl(canary);
  assertEquals(begun.code, 4, begun.stderr);
  const [, chosen = ""] = /to 10 %, 1 of 3 machines: (\S+); the others stay/.exec(begun.stderr) ??
    [];
  assertMatch(begun.stderr, new RegExp(`a: 1 of 3 machines is late: ${chosen} \\(behind\\)`));
  for (const machine of machines) await machine.ok(["sync"]);
  const done = await fleet.ftl(canary);
  assertEquals([done.code, done.stderr.match(/machines: (\S+);/)?.[1]], [0, chosen]);
  const active = machines.map(linked);
  assertEquals(active.filter((one) => one === next).length, 1);
  assertEquals(active.filter((one) => one === old).length, 2);
  assertEquals(active[Number(chosen.slice(-1)) - 1], next);

  const ramp = await fleet.ftl(["jump", "--master", next, "--over", "2h", "--wait", "0s"]);
  assertEquals(ramp.code, 4);
  assertMatch(ramp.stderr, /ftl: a: the rollout has come to 10(\.\d)? % of the machines\nhint: It/);
  for (const machine of machines) await machine.ok(["sync"]);
  await fleet.bless(next);
  for (const machine of machines) await machine.ok(["sync"]);
  await fleet.ok(["fleet", "a", "--wait", "0s"]);
  assertEquals(machines.map(linked), [next, next, next]);
});
