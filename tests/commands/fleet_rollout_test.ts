/** A fleet during a staged rollout: reports and marks together say how far it is. By whole commands. */
import {
  type Fleet,
  fleet,
  fleets,
  jump,
  LateError,
  NotFoundError,
  ScriptError,
  sync,
} from "../../mod.ts";
import { Config } from "../../src/config.ts";
import { markName } from "../../src/revision/marks.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { ID, IN, OUT, rank, RolloutFleet } from "./rollout_fleet.ts";

/** Only the first machine is in. */
const HALF = `cut=${((rank(IN) + rank(OUT)) / 2).toFixed(9)}`;

async function syncAll(all: RolloutFleet, machines = [IN, OUT]): Promise<void> {
  for (const name of machines) {
    const machine = all.machine(name);
    const config = new Config({ ...machine.config.env, FTL_REPORT: "3600" });
    await sync({ ...machine, config });
  }
}

async function look(all: RolloutFleet): Promise<Fleet> {
  return (await fleet(all.context(), "a")).fleet;
}

async function mark(all: RolloutFleet, name: string, text = ""): Promise<void> {
  await all.bucket.put(`.ftl/rollout/a/${ID}/${name}`, text, { metadata: {} });
}

Deno.test("a fleet shows how far a rollout is, and who waits for it", async () => {
  using all = new RolloutFleet();
  const { old, next } = await all.ready([IN, OUT]);
  await all.point(old, next, `${HALF} halt=1`);
  await syncAll(all);
  const found = await look(all);
  assertEquals(found.machines.map(({ machine, state, active }) => [machine, state, active]), [
    [OUT, "waiting", old],
    [IN, "ok", next],
  ]);
  const { rollout } = found;
  assertEquals([rollout?.state, rollout?.running, rollout?.failed], ["running", 1, []]);
  assertEquals((await fleet(all.context(), "a", { wait: 0 })).failures, []);
  assertEquals((await fleets(all.context())).fleets[0]?.rollout, rollout);
});

Deno.test("a machine on which the candidate failed is told, and ends a wait with 6", async () => {
  using all = new RolloutFleet();
  const { old } = await all.ready([IN, OUT]);
  await all.point(old, await all.spoolBad(), "cut=1 halt=1");
  await syncAll(all, [IN]);
  await syncAll(all, [OUT]);
  const { rollout, machines } = await look(all);
  assertEquals([rollout?.state, rollout?.failed], ["halted", [IN]]);
  assertEquals(machines.map(({ machine, state }) => [machine, state]), [
    [IN, "quarantine"],
    [OUT, "waiting"],
  ]);
  const { failures: [failure] } = await fleet(all.context(), "a", { wait: 600 });
  assert(failure instanceof ScriptError, String(failure));
  assertMatch(failure.message, /; the rollout has halted$/);
  assertMatch(failure.hint ?? "", /to the blessed revision$/);
});

Deno.test("a rollout to a group that no machine is in ends a wait with 3, not as if it were well", async () => {
  using all = new RolloutFleet();
  const { old, next } = await all.ready([IN, OUT]);
  await all.point(old, next, "cut=0 group=canry");
  await syncAll(all);
  const { failures: [failure] } = await fleet(all.context(), "a", { wait: 0 });
  assert(failure instanceof NotFoundError, String(failure));
  assertEquals(failure.message, `a: no machine that reports may take ${next}`);
});

Deno.test("those that have a turn are named, and one that is silent has failed", async () => {
  using all = new RolloutFleet();
  const { old, next } = await all.ready([IN, OUT]);
  await all.point(old, next, "cut=1 halt=9 at-once=2");
  await mark(all, markName({ kind: "turn", turn: 1 }), "i-silent");
  await mark(all, markName({ kind: "turn", turn: 2 }), "<b>no machine</b>");
  all.now += 16 * 60_000;
  await mark(all, markName({ kind: "turn", turn: 3 }), "i-jumping");
  const { rollout } = await look(all);
  assertEquals([rollout?.failed, rollout?.turns], [["i-silent", "turn 2"], ["i-jumping"]]);
});

Deno.test("marks that may not be listed leave the reports, and are told as unknown", async () => {
  using all = new RolloutFleet();
  const { old, next } = await all.ready([IN, OUT]);
  await all.point(old, next, HALF);
  await syncAll(all);
  all.denied.add("list");
  const { rollout, machines } = await look(all);
  assertEquals([rollout?.failed, rollout?.running, machines.length], [undefined, 1, 2]);
});

Deno.test("a machine that is in, but held, is late", async () => {
  using all = new RolloutFleet();
  const { old, next } = await all.ready([IN, OUT]);
  await all.point(old, next, `${HALF} halt=1`);
  await syncAll(all);
  await jump(all.machine(IN), old);
  await syncAll(all);
  const { failures: [failure] } = await fleet(all.context(), "a", { wait: 0 });
  assert(failure instanceof LateError, String(failure));
});
