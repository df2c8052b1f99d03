/** Machines during a staged rollout: they follow the words of the pointer. By whole commands. */
import { FtlError, jump, jumpBack, status, sync } from "../../mod.ts";
import { checkHold } from "../../src/commands/doctor/jumps.ts";
import { isHeld } from "../../src/machine/jump/hold.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { ID, idOf, IN, OUT, rank, RolloutFleet } from "./rollout_fleet.ts";

/** A cut between both machines' ranks. */
const HALF = `cut=${((rank(IN) + rank(OUT)) / 2).toFixed(9)}`;

Deno.test("only a machine that is in takes the candidate; the other one holds it ready", async () => {
  using fleet = new RolloutFleet();
  const old = await fleet.spool("a.tgz", "1");
  const next = await fleet.spool("a.tgz", "2");
  await fleet.point(old);
  for (const machine of [IN, OUT]) assertEquals((await fleet.sync(machine)).active, old);
  await fleet.point(old, next, HALF);
  const taken = await fleet.sync(IN);
  assertEquals([taken.active, taken.activated, taken.failures], [next, next, []]);
  const waiting = await fleet.sync(OUT);
  assertEquals([waiting.active, waiting.activated, waiting.failures], [old, undefined, []]);
  // The words are remembered, so that a sync which only polls decides by them too.
  assertEquals(fleet.remembered(OUT)?.next, { id: idOf(next), object: undefined });
  assertEquals(fleet.remembered(OUT)?.rollout?.id, ID);

  // A lower cut and a pause take the candidate from nobody.
  await fleet.point(old, next, "cut=0 state=paused");
  assertEquals([(await fleet.sync(IN)).active, (await fleet.sync(OUT)).active], [next, old]);
  await fleet.point(old, next, "cut=1");
  assertEquals((await fleet.sync(OUT)).active, next);
  // The rollout is stopped: all go back to the blessed one.
  await fleet.point(old);
  assertEquals([(await fleet.sync(IN)).active, (await fleet.sync(OUT)).active], [old, old]);
  assertEquals(fleet.remembered(OUT)?.rollout, undefined);
});

Deno.test("the candidate is kept although FTL_KEEP would not hold it ready", async () => {
  using fleet = new RolloutFleet();
  const names: RevisionName[] = [];
  for (const v of ["1", "2"]) names.push(await fleet.spool("a.tgz", v));
  const [next, blessed] = names as [RevisionName, RevisionName];
  const machine = fleet.context(OUT, ["a"], { FTL_MACHINE: OUT, FTL_KEEP: "0" });
  await fleet.point(blessed, next, "cut=0");
  const [result] = await sync(machine);
  assertEquals([result?.active, result?.fetched], [blessed, [blessed, next]]);
  const [later] = await sync(machine);
  assertEquals([later?.fetched, later?.removed], [[], []]);
  // Without the rollout it goes, as it is older than the blessed one.
  await fleet.point(blessed);
  assertEquals((await sync(machine))[0]?.removed, [next]);
});

Deno.test("where the candidate cannot be activated, the blessed one is, in the same sync", async () => {
  for (const step of ["post-sync", "pre-jump"]) {
    for (const runsNothing of [true, false]) {
      using fleet = new RolloutFleet();
      const older = await fleet.spool("a.tgz", "older");
      await fleet.point(older);
      if (!runsNothing) await fleet.sync(IN);
      const old = await fleet.spool("a.tgz", "old");
      const next = await fleet.spoolWith({ [step]: "exit 1" });
      // More may fail before the rollout halts.
      await fleet.point(old, next, "cut=1 halt=3");
      for (let i = 0; i < 2; i++) {
        const { active, failures } = await fleet.sync(IN);
        assertEquals([active, failures.length], [old, 1], `${step}, ${runsNothing}`);
      }
      assertEquals((await fleet.marks()).filter((name) => name.startsWith("failed")), [
        `failed/${IN}`,
      ]);
    }
  }
});

Deno.test("what a sync fetched beside a candidate goes with that sync, once the candidate is active", async () => {
  using fleet = new RolloutFleet();
  const old = await fleet.spool("a.tgz", "old");
  await fleet.point(old);
  await fleet.sync(IN);
  const between = await fleet.spool("a.tgz", "between");
  const next = await fleet.spool("a.tgz", "next");
  await fleet.point(old, next, "cut=1 halt=1");
  // Newer than the blessed one, and older than the candidate: wanted until that is active.
  const { active, fetched, removed } = await fleet.sync(IN);
  assertEquals([active, fetched, removed], [next, [next, between], [between]]);
  assertEquals(fleet.pkg(IN).revisions(), [old, next].map(idOf));
});

Deno.test("a sync that follows, and goes back from the candidate, removes nothing that the next one fetches", async () => {
  using fleet = new RolloutFleet();
  const old = await fleet.spool("a.tgz", "old");
  await fleet.point(old);
  await fleet.sync(IN);
  await fleet.spool("a.tgz", "between");
  const next = await fleet.spoolBad();
  await fleet.point(old, next, "cut=1 halt=1");
  const { active, quarantined, removed } = await fleet.sync(IN, { follow: true });
  assertEquals([active, quarantined, removed], [old, next, []]);
  assertEquals((await fleet.sync(IN)).fetched, []);
});

Deno.test("rollouts whose words are damaged take nobody along", async () => {
  for (const words of ["cut=ten", "cut=1 state=odd", "cut=1 halt=one", "cut=1 at-once=0"]) {
    using fleet = new RolloutFleet();
    const old = await fleet.spool("a.tgz", "1");
    const next = await fleet.spool("a.tgz", "2");
    await fleet.point(old, next, words);
    const { active, fetched, failures } = await fleet.sync(IN);
    assertEquals([active, fetched, failures], [old, [old, next], []], words);
  }
});

Deno.test("a hold stays through a rollout, and ends when the candidate is blessed", async () => {
  using fleet = new RolloutFleet();
  const names: RevisionName[] = [];
  for (const v of ["1", "2", "3"]) names.push(await fleet.spool("a.tgz", v));
  const [held, old, next] = names as [RevisionName, RevisionName, RevisionName];
  await fleet.point(old);
  await fleet.sync(IN);
  await fleet.point(held);
  await fleet.sync(IN);
  await fleet.point(old);
  await fleet.sync(IN);
  await jump(fleet.machine(IN), held);
  await fleet.point(old, next, "cut=1");
  for (let i = 0; i < 2; i++) {
    const { active, heldFrom } = await fleet.sync(IN);
    assertEquals([active, heldFrom], [held, next]);
  }
  await fleet.point(next);
  assertEquals((await fleet.sync(IN)).active, next);
});

Deno.test("a person's jump to the blessed one holds against the rollout, and only against that", async () => {
  for (const isTaken of [true, false]) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready([IN]);
    await fleet.point(old, next, isTaken ? "cut=1" : "cut=0");
    assertEquals((await fleet.sync(IN)).active, isTaken ? next : old);
    await (isTaken ? jumpBack(fleet.machine(IN), "a") : jump(fleet.machine(IN), old));
    // Its steps do not end it.
    for (let i = 0; i < 2; i++) {
      await fleet.point(old, next, "cut=1");
      const { active, heldFrom, failures } = await fleet.sync(IN);
      assertEquals([active, heldFrom, failures], [old, next, []]);
    }
    assertEquals((await fleet.status(IN)).held, true);
    assertEquals(
      checkHold(fleet.pkg(IN)).map(({ detail }) => detail),
      [`${old} is held here by a jump, while ${next} is being rolled out`],
    );
    // It is stopped, so there is nothing to hold against, and the next one takes the machine along.
    await fleet.point(old);
    assertEquals((await fleet.sync(IN)).heldFrom, undefined);
    assertEquals((await fleet.status(IN)).held, false);
    await fleet.point(old, next, "cut=1", ID + 1);
    assertEquals((await fleet.sync(IN)).active, next);
  }
});

Deno.test("a hold against a rollout ends when its candidate is blessed, and with --follow", async () => {
  for (const isFollowed of [true, false]) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready([IN]);
    await fleet.point(old, next, "cut=1");
    await fleet.sync(IN);
    await jump(fleet.machine(IN), old);
    assertEquals((await fleet.sync(IN)).active, old);
    if (!isFollowed) await fleet.point(next);
    assertEquals((await fleet.sync(IN, { follow: isFollowed })).active, next);
    assertEquals((await fleet.status(IN)).held, false);
  }
});

Deno.test("--follow drops a hold also where the machine is not in, or paused: it does not come back later", async () => {
  for (const isPaused of [true, false]) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready([IN]);
    await fleet.point(old, next, isPaused ? "cut=1" : "cut=0");
    await fleet.sync(IN);
    await jump(fleet.machine(IN), old);
    const pause = isPaused ? fleet.write(`${IN}/.pause`, "") : undefined;
    assertEquals(isHeld(fleet.pkg(IN)), true);
    assertEquals((await fleet.sync(IN, { follow: true })).active, old);
    assertEquals(isHeld(fleet.pkg(IN)), false);
    if (pause !== undefined) Deno.removeSync(pause);
    await fleet.point(old, next, "cut=1");
    assertEquals((await fleet.sync(IN)).active, next);
  }
});

Deno.test("a jump to the blessed one without a rollout is no hold, as ever", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN]);
  await fleet.sync(IN);
  await jump(fleet.machine(IN), next);
  await jump(fleet.machine(IN), old);
  assertEquals((await fleet.status(IN)).held, false);
  await fleet.point(old, next, "cut=1");
  assertEquals((await fleet.sync(IN)).active, next);
});

Deno.test("a candidate whose health fails goes into quarantine for that rollout alone", async () => {
  using fleet = new RolloutFleet();
  const old = await fleet.spool("a.tgz", "1");
  await fleet.point(old);
  await fleet.sync(IN);
  const next = await fleet.spoolBad();
  await fleet.point(old, next, "cut=1");
  const failed = await fleet.sync(IN);
  assertEquals([failed.active, failed.rolledBack, failed.quarantined], [
    old,
    { from: next, to: old },
    next,
  ]);
  const again = await fleet.sync(IN);
  assertEquals([again.active, again.rolledBack, again.quarantined], [old, undefined, next]);
  const [failure] = again.failures;
  assert(failure instanceof FtlError);
  assertMatch(failure.message, /^a\.\S+ is in quarantine on this machine/);
  // To bless it once more would give it to all machines.
  assertEquals(failure.hint, "To stop its rollout: ftl jump-back --master a");
  const { packages: [shown] } = await status(fleet.machine(IN));
  assertEquals([shown?.quarantine?.revision, shown?.blessed], [next, old]);
  // It is stopped: the machine is in line again.
  await fleet.point(old);
  assertEquals((await fleet.sync(IN)).failures, []);
});

Deno.test("another rollout begins from nothing: its marks, and what a machine remembers", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"], {
    health: '[ -e "$FTL_SHARED/well" ] || exit 100',
  });
  await fleet.point(old, next, "cut=1 halt=1");
  await fleet.sync("i-1");
  assertEquals(fleet.rolloutState("i-1")?.outcome, "failed");
  fleet.write("i-1/a/shared/well", "");
  await fleet.point(old, next, "cut=1 halt=1", 1795615200999);
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(await fleet.marks(1795615200999), ["ok/i-1", "try/i-1"]);
  // The rollout is over.
  await fleet.point(next);
  await fleet.sync("i-1");
  assertEquals(fleet.rolloutState("i-1"), undefined);
});
