/** Machines during a staged rollout: they follow the words of the pointer. By whole commands. */
import { jump, spool, status, sync } from "../../mod.ts";
import type { PackageSync } from "../../mod.ts";
import { rankOf } from "../../src/plan/rollout.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readPointerState } from "../../src/machine/state.ts";
import { type RevisionId, type RevisionName, toRevision } from "../../src/revision/names.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { aPackage } from "../names.ts";
import { MemoryFleet } from "./memory_fleet.ts";
import type { Context } from "../../src/context.ts";

const A = aPackage("a");
const ID = 1795615200123;
const [IN, OUT] = ["i-1", "i-2"].sort((a, b) => rank(a) - rank(b)) as [string, string];

function rank(machine: string): number {
  return rankOf(machine, { package: A, id: ID });
}

const idOf = (name: RevisionName): RevisionId => toRevision(name).id;

class RolloutFleet extends MemoryFleet {
  readonly #machines = new Map<string, Context>();
  #serial = ID;

  constructor() {
    super();
    this.bucket.now = () => this.now;
  }

  machine(name: string): Context {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const made = this.context(name, ["a"], { FTL_MACHINE: name });
    this.#machines.set(name, made);
    return made;
  }

  /** Writes the pointer, with the words of a rollout if there is one. */
  async point(blessed: RevisionName, next?: RevisionName, words = ""): Promise<void> {
    const rollout = next === undefined ? {} : {
      "ftl-next": idOf(next),
      "ftl-rollout": `id=${ID} at=${Math.floor(this.now / 1000)} ${words}`,
    };
    this.#serial++;
    // Machines tell two states with the same text apart by the second.
    this.now += 1000;
    const metadata = { "ftl-serial": String(this.#serial), "ftl-blessed": "1", ...rollout };
    await this.bucket.put("a.rev", blessed, { metadata });
  }

  /** A revision whose health fails at once. */
  async spoolBad(): Promise<RevisionName> {
    const health = { name: "health.sh", content: "#!/bin/sh\nexit 100\n", mode: 0o755 };
    const file = this.archive("a.tgz", { name: "v", content: "bad" }, health);
    return (await spool(this.context(), file)).revision;
  }

  async sync(machine: string): Promise<PackageSync> {
    const [result] = await sync(this.machine(machine));
    if (result === undefined) throw new Error("nothing was synced");
    return result;
  }

  async active(machine: string): Promise<RevisionName | undefined> {
    return (await status(this.machine(machine))).packages[0]?.active;
  }

  remembered(machine: string): ReturnType<typeof readPointerState> {
    return readPointerState(new PackageDir(this.machine(machine).config.root, A));
  }
}

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

Deno.test("rollouts that ask for marks, or whose words are damaged, take nobody along", async () => {
  for (const words of ["cut=1 halt=1", "cut=1 at-once=1", "cut=ten", "cut=1 state=odd"]) {
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
  assertMatch(again.failures[0]?.message ?? "", /^a\.\S+ is in quarantine on this machine/);
  const { packages: [shown] } = await status(fleet.machine(IN));
  assertEquals([shown?.quarantine?.revision, shown?.blessed], [next, old]);
  // It is stopped: the machine is in line again.
  await fleet.point(old);
  assertEquals((await fleet.sync(IN)).failures, []);
});
