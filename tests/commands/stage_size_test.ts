/** How many machines a step of a rollout reaches: from their reports, or by chance. */
import { jumpMaster } from "../../mod.ts";
import { UsageError } from "../../src/errors.ts";
import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { idOf, StagingFleet } from "./staging_fleet.ts";

Deno.test("machines that report are counted: the share of a few is exact, and they are named", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1", "i-2", "i-3"]);
  const told = () => {
    const last = fleet.events.findLast((event) => event.type === "rollout");
    return [last?.percent, last?.of, last?.machines.length];
  };
  await fleet.stage(next, { size: { percent: 10 } });
  assertEquals(told(), [10, 3, 1]);
  assertMatch(await fleet.rollout(), /cut=0\.\d+ share=0\.1 halt=1 of=3$/);
  await fleet.stage(next, { size: { machines: 2 } });
  assertEquals(told(), [66.66, 3, 2]);
  // A pause is in a hurry: it reads no report, and who may take it stays known.
  await fleet.stage(next, { pause: true });
  assertEquals(told(), [66.66, 3, 0]);
  await fleet.reports(["i-4"], ["canary"]);
  await fleet.stage(next, { size: { percent: 0 }, groups: ["canary"] });
  const last = fleet.events.findLast((event) => event.type === "rollout");
  assertEquals(last?.machines.map(({ machine, host }) => [machine, host]), [[
    "i-4",
    "host-of-i-4",
  ]]);
  assertEquals(fleet.warnings, []);
});

Deno.test("a group that no machine is in is a warning", async () => {
  using all = new StagingFleet();
  const [old = "", next = ""] = await all.revisions(2);
  await jumpMaster(all.context(), old);
  await all.reports(["i-1"], ["canary"]);
  await all.stage(next, { groups: ["canry"] });
  assertEquals(all.warnings, ["No machine that reports is in the group canry"]);
});

Deno.test("a machine that has not reported for three times its interval is not counted", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1"]);
  fleet.now += 3 * 3600_000;
  await fleet.reports(["i-2"]);
  await fleet.stage(next, { size: { percent: 100 } });
  assertMatch(await fleet.rollout(), / of=1$/);
});

Deno.test("without reports a number of machines is refused, and a share is left to chance", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const asked = () => fleet.stage(next, { size: { machines: 2 } });
  const refused = await assertRejects(asked, UsageError);
  assertMatch(refused.message, /^No machine has reported a, so FTL cannot choose any$/);
  await fleet.stage(next, { size: { percent: 100 } });
  assertEquals(fleet.warnings, []);
  await fleet.stage(next, { size: { percent: 50 } });
  assertMatch(fleet.warnings[0] ?? "", /its share is left to chance/);
});

Deno.test("reports that may not be read are a warning, and no step waits for them", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.reports(["i-1"]);
  fleet.bucket.deny("listPage", 1);
  await fleet.stage(next, { size: { percent: 50 } });
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=0.5 halt=1`);
  assertMatch(fleet.warnings[0] ?? "", /^Which machines there are is not known: /);
});

Deno.test("turns of more than 500 machines are a warning", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const machines = Array.from({ length: 501 }, (_, i) => `i-${i}`);
  await fleet.reports(machines.slice(1));
  await fleet.stage(next, { size: { percent: 50 }, atOnce: 2 });
  assertEquals(fleet.warnings, []);
  await fleet.reports(machines);
  await fleet.stage(next, { size: { percent: 50 }, atOnce: 2 });
  assertMatch(fleet.warnings[0] ?? "", /each of the 501 machines that waits for its turn/);
});
