/** What commands show of a rollout. They write nothing, and list the marks only if these alone decide. */
import { jump, listMasterRevisions, status } from "../../mod.ts";
import type { FtlEvent, MachineRollout } from "../../mod.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { IN, OUT, rank, RolloutFleet } from "./rollout_fleet.ts";

type Shown = Pick<MachineRollout, "percent" | "waiting" | "rank"> | undefined;

/** By status, by a planned sync, and then by a sync. */
async function shown(fleet: RolloutFleet, machine: string): Promise<Shown[]> {
  const found = [
    (await fleet.status(machine)).rollout,
    (await fleet.plan(machine)).rollout,
    (await fleet.sync(machine)).rollout,
  ];
  return found.map((one) => one && { percent: one.percent, waiting: one.waiting, rank: one.rank });
}

/** The same for all three. */
async function requireShown(fleet: RolloutFleet, machine: string, due: Shown): Promise<void> {
  assertEquals(await shown(fleet, machine), [due, due, due]);
}

Deno.test("status, sync --dry-run and sync tell how far a rollout is, and why a machine waits", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN, OUT]);
  await requireShown(fleet, IN, undefined);
  await fleet.point(old, next, "cut=0.1234");
  const at = Math.floor(rank(OUT) * 10_000) / 100;
  await requireShown(fleet, OUT, { percent: 12.34, waiting: "rank", rank: at });
  await fleet.point(old, next, "cut=0.29 state=paused");
  await requireShown(fleet, OUT, { percent: 29, waiting: "paused", rank: undefined });
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  await fleet.mark({ kind: "turn", turn: 1 }, "i-9");
  await requireShown(fleet, OUT, { percent: 100, waiting: "turn", rank: undefined });
  await fleet.mark({ kind: "failed", machine: "i-9", turn: 1 });
  await requireShown(fleet, OUT, { percent: 100, waiting: "halted", rank: undefined });
  await fleet.point(old, next, "cut=1 at-once=1 halt=2");
  await requireShown(fleet, OUT, { percent: 100, waiting: undefined, rank: undefined });
  assertEquals(await fleet.active(OUT), next);
});

Deno.test("a candidate that was purged is missing: the blessed one stays, and that is no failure", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN, OUT]);
  await fleet.point(old, next, `cut=1 halt=1`);
  await fleet.sync(IN);
  await fleet.bucket.remove(`${next}.tgz`);
  await requireShown(fleet, OUT, { percent: 100, waiting: "missing", rank: undefined });
  assertEquals((await fleet.sync(OUT)).failures, []);
  // Where it runs, it stays.
  assertEquals([await fleet.active(IN), await fleet.active(OUT)], [next, old]);
});

Deno.test("what would be activated is told by the marks, and nothing is written", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN]);
  await fleet.point(old, next, "cut=0 halt=1");
  await fleet.sync(IN);
  await fleet.point(old, next, "cut=1 halt=1 at-once=1");
  assertEquals([(await fleet.plan(IN)).activate, (await fleet.status(IN)).master?.activate], [
    next,
    next,
  ]);
  assertEquals(fleet.takeAsked(), ["list", "list"]);
  assertEquals([await fleet.marks(), fleet.rolloutState(IN)], [[], undefined]);
  await fleet.mark({ kind: "failed", machine: "i-9" });
  assertEquals((await fleet.plan(IN)).activate, undefined);
});

Deno.test("marks that cannot be listed are a failure of what is shown, and all else is shown", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN]);
  await fleet.point(old, next, "cut=0 halt=1");
  await fleet.sync(IN);
  await fleet.point(old, next, "cut=1 halt=1");
  fleet.denied.add("list");
  const plan = await fleet.plan(IN);
  assertEquals([plan.activate, plan.rollout?.waiting, plan.failures.length], [
    ...[undefined, "marks unknown", 1],
  ]);
  const { packages: [found], failures } = await status(fleet.machine(IN));
  assertEquals([found?.blessed, found?.rollout?.waiting, failures.length], [
    ...[old, "marks unknown", 1],
  ]);
  assertMatch(failures[0]?.message ?? "", /Cannot list the marks of the rollout/);
});

Deno.test("a sync says why it waits, and what a hold is against", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([IN]);
  const last = <T extends FtlEvent["type"]>(type: T): Extract<FtlEvent, { type: T }> | undefined =>
    fleet.events.findLast((event): event is Extract<FtlEvent, { type: T }> => event.type === type);
  await fleet.point(old, next, "cut=0");
  await fleet.sync(IN);
  const { candidate, waiting } = last("synced") ?? {};
  assertEquals(candidate, next);
  assertMatch(
    waiting ?? "",
    /^the rollout takes machines below 0 %, and this one is at \d+(\.\d+)? %$/,
  );
  await jump(fleet.machine(IN), old);
  await fleet.point(old, next, "cut=1");
  await fleet.sync(IN);
  assertEquals([last("held")?.blessed, last("held")?.isCandidate], [next, true]);
});

Deno.test("list --master shows how far the candidate is rolled out, by the clock", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([]);
  const percents = async (): Promise<(number | undefined)[]> =>
    (await listMasterRevisions(fleet.context(), "a")).map((found) => found.rolloutPercent);
  assertEquals(await percents(), [undefined, undefined]);
  await fleet.point(old, next, "cut=0.5 over=100");
  fleet.now = Math.floor(fleet.now / 1000) * 1000;
  assertEquals(await percents(), [undefined, 50.5]);
  fleet.now += 99_000;
  assertEquals(await percents(), [undefined, 100]);
  await fleet.point(next);
  assertEquals(await percents(), [undefined, undefined]);
});
