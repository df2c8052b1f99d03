/** Rollouts from the side of the person: what is written, told, refused, and kept in the history. */
import { history, jumpBackMaster, jumpMaster } from "../../mod.ts";
import { ConflictError, UsageError } from "../../src/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { idOf, StagingFleet } from "./staging_fleet.ts";

Deno.test("a rollout from its first step to its end leaves each step in the history", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old, { message: "the first one" });
  await fleet.stage(next, { size: { percent: 10 } }, "canary");
  assertEquals([await fleet.text, await fleet.rollout()], [old, `${idOf(next)} cut=0.1 halt=1`]);
  const { "ftl-serial": first, "ftl-blessed": since } = await fleet.metadata();
  await fleet.stage(next, { over: 7200 });
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=0.1 over=7200 halt=1`);
  const second = await fleet.metadata();
  assert(Number(second["ftl-serial"]) > Number(first));
  assertEquals(second["ftl-blessed"], since);
  await jumpMaster(fleet.context(), next);
  const last = await fleet.metadata();
  assertEquals([await fleet.text, last["ftl-replaced"], last["ftl-next"]], [
    next,
    idOf(old),
    undefined,
  ]);
  // Its quarantines stay in force.
  assertEquals(last["ftl-blessed"], first);

  const { changes } = await history(fleet.context(), "a");
  assertEquals(
    changes.map(({ action, blessed, before, next, percent, over, message, by, done }) =>
      [action, blessed, before, next, percent, over, message, by, done].map((one) => one ?? "-")
        .join(" ")
    ),
    [
      `blessed ${next} ${old} - - - - dev@laptop true`,
      `rollout ${old} ${old} ${next} 10 7200 - dev@laptop true`,
      `rollout ${old} ${old} ${next} 10 - canary dev@laptop true`,
      `blessed ${old} - - - - the first one dev@laptop true`,
    ],
  );
});

Deno.test("jump-back stops a rollout, and refuses to go back once more", async () => {
  using fleet = new StagingFleet();
  const [first = "", old = "", next = ""] = await fleet.revisions(3);
  for (const revision of [first, old]) await jumpMaster(fleet.context(), revision);
  await fleet.stage(next, { size: { percent: 50 } });
  const back = await jumpBackMaster(fleet.context(), "a", { message: "it is slow" });
  assertEquals([back.revision, back.from], [old, next]);
  const { "ftl-stopped": stopped, "ftl-next": candidate } = await fleet.metadata();
  assertEquals([await fleet.text, stopped, candidate], [old, idOf(next), undefined]);
  const refused = await assertRejects(() => jumpBackMaster(fleet.context(), "a"), UsageError);
  assertMatch(refused.message, /was stopped already: a\.\S+ is blessed$/);
  assertEquals(refused.hint, `To go further back: ftl jump --master ${first}`);
  await jumpMaster(fleet.context(), next);
  assertEquals((await jumpBackMaster(fleet.context(), "a")).revision, old);
  const { changes: [, , change] } = await history(fleet.context(), "a");
  assertEquals([change?.action, change?.next, change?.message], ["stopped", next, "it is slow"]);
  const ended = fleet.events.flatMap((event) => event.type === "rollout-ended" ? [event] : []);
  assertEquals(ended.map(({ revision, percent }) => [revision, percent]), [[next, 50]]);
});

Deno.test("two steps of a rollout at the same moment: one is made, the other is told of it", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.stage(next, { size: { percent: 10 } });
  const steps = [20, 30].map((percent) => fleet.stage(next, { size: { percent } }));
  const results = await Promise.allSettled(steps);
  const lost = results.filter((one) => one.status === "rejected");
  assertEquals(lost.length, 1);
  assert(lost[0]?.reason instanceof ConflictError, String(lost[0]?.reason));
  const won = results[0]?.status === "fulfilled" ? "0.2" : "0.3";
  assertEquals(await fleet.rollout(), `${idOf(next)} cut=${won} halt=1`);
});

Deno.test("a stop and a step at the same moment: neither undoes the other unseen", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.stage(next, { size: { percent: 10 } });
  const results = await Promise.allSettled([
    jumpBackMaster(fleet.context(), "a"),
    fleet.stage(next, { size: { percent: 90 } }),
  ]);
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  const { "ftl-stopped": stopped, "ftl-next": candidate } = await fleet.metadata();
  assertEquals([stopped, candidate].filter((one) => one !== undefined), [idOf(next)]);
});

Deno.test("a writer that was killed in between is replaced after half a minute", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const { "ftl-serial": serial } = await fleet.metadata();
  const key = `.ftl/history/a/${serial}`;
  const entry = { schema: 1, action: "blessed", serial: 1, blessed: idOf(next), by: "eve@laptop" };
  await fleet.bucket.put(key, JSON.stringify(entry), { metadata: {} });
  const { changes: [pending] } = await history(fleet.context(), "a");
  const known = (await history(fleet.context(), "a")).changes.find(({ by }) => by === "eve@laptop");
  assertEquals([known?.done, pending?.done], [false, true]);
  fleet.now += 31_000;
  await jumpMaster(fleet.context(), next);
  assertEquals(await fleet.text, next);
  assertEquals((await history(fleet.context(), "a")).changes.map(({ by }) => by), [
    "dev@laptop",
    "dev@laptop",
  ]);
});

Deno.test("after a blessing of FTL 0.1.0 the history still tells what was completed", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.bucket.put("a.rev", next, { metadata: { "ftl-replaced": idOf(old) } });
  const done = async () => (await history(fleet.context(), "a")).changes.map((one) => one.done);
  assertEquals(await done(), [true]);
  const modified = (await fleet.bucket.getSmall("a.rev"))?.modified;
  const entry = { schema: 1, action: "blessed", serial: 1, blessed: idOf(old) };
  await fleet.bucket.put(`.ftl/history/a/${modified}`, JSON.stringify(entry), { metadata: {} });
  assertEquals(await done(), [true, false]);
});

Deno.test("without the right to write a history a blessing goes on, with a warning", async () => {
  using fleet = new StagingFleet();
  const [old = ""] = await fleet.revisions(1);
  fleet.bucket.deny("put", 1);
  await jumpMaster(fleet.context(), old);
  assertEquals(await fleet.text, old);
  assertMatch(fleet.warnings[0] ?? "", /^The history of a is not kept: put is denied/);
});

Deno.test("blessing what is blessed stops a rollout, and is told and kept as that", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  await fleet.stage(next, { size: { percent: 50 } });
  fleet.events.length = 0;
  await jumpMaster(fleet.context(), old);
  const told = fleet.events.flatMap((event) =>
    event.type === "blessed" || event.type === "rollout-ended" ? [event.type] : []
  );
  assertEquals(told, ["rollout-ended"]);
  const { changes: [last] } = await history(fleet.context(), "a");
  assertEquals([last?.action, last?.blessed, last?.next], ["stopped", old, next]);
});

Deno.test("a rollout that has come to all counts as a blessing only if its marks say that it goes well", async () => {
  const replacedBy = async (mark: string | undefined): Promise<string | undefined> => {
    using fleet = new StagingFleet();
    const [old = "", next = "", other = ""] = await fleet.revisions(3);
    await jumpMaster(fleet.context(), old);
    await fleet.stage(next, { size: { percent: 100 } });
    const { "ftl-rollout": words = "" } = await fleet.metadata();
    const [, id] = /id=(\d+)/.exec(words) ?? [];
    if (mark !== undefined) {
      await fleet.bucket.put(`.ftl/rollout/a/${id}/${mark}`, "i-1", { metadata: {} });
    }
    await jumpMaster(fleet.context(), other);
    const { "ftl-replaced": replaced } = await fleet.metadata();
    return replaced === idOf(next) ? "candidate" : "blessed";
  };
  assertEquals(await replacedBy(undefined), "candidate");
  assertEquals(await replacedBy("ok/i-1"), "candidate");
  assertEquals(await replacedBy("failed/i-1"), "blessed");
});

Deno.test("a history shows as many changes as it is asked for, whatever else lies there", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  for (const revision of [old, next]) await jumpMaster(fleet.context(), revision);
  await fleet.bucket.put(".ftl/history/a/probe-1", "", { metadata: {} });
  const { changes } = await history(fleet.context(), "a", { most: 1 });
  assertEquals(changes.map(({ blessed }) => blessed), [next]);
});

Deno.test("a change whose entry was answered too late changes nothing: another writer may have the turn", async () => {
  using fleet = new StagingFleet();
  const [old = "", next = ""] = await fleet.revisions(2);
  await jumpMaster(fleet.context(), old);
  const put = fleet.bucket.put.bind(fleet.bucket);
  fleet.bucket.put = async (key, ...more) => {
    const etag = await put(key, ...more);
    if (key.startsWith(".ftl/history/")) fleet.now += 26_000;
    return etag;
  };
  const late = await assertRejects(() => jumpMaster(fleet.context(), next), ConflictError);
  assertEquals(late.message, "The change of a.rev took too long");
  assertEquals(await fleet.text, old);
});
