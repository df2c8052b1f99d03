/** What machines write for each other in a rollout, and what they do by it. By whole commands. */
import type { RevisionName } from "../../src/revision/names.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { ID, RolloutFleet, type Scripts } from "./rollout_fleet.ts";
import { HIGHEST_TURN } from "../../src/revision/marks.ts";
import { HALT_BELIEVED, SILENCE } from "../../src/plan/marks.ts";
import { jump } from "../../mod.ts";

const MINUTE = 60_000;

Deno.test("a machine tells that its jump begins, and that the candidate is well", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"], { health: "exit 0" });
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals((await fleet.sync("i-1")).activated, next);
  assertEquals(fleet.takeAsked(), ["list", "put try/i-1", "put ok/i-1"]);
  assertEquals(await fleet.marks(), ["ok/i-1", "try/i-1"]);
  // From now on there is nothing to ask and nothing to tell.
  fleet.takeAsked();
  for (let i = 0; i < 2; i++) assertEquals((await fleet.sync("i-1")).failures, []);
  assertEquals(fleet.takeAsked(), []);
});

Deno.test("without a rollout there is no request for marks, nor a file", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(next);
  await fleet.sync("i-1");
  await fleet.point(old, next, "cut=0");
  await fleet.sync("i-1");
  assertEquals([fleet.asked, fleet.rolloutState("i-1")], [[], undefined]);
});

Deno.test("a machine that is out, or that something else keeps from it, asks for no marks", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  const third = await fleet.spool("a.tgz", "third");
  for (const words of ["cut=0 halt=1", "cut=1 halt=1 state=paused"]) {
    await fleet.point(old, next, words);
    assertEquals((await fleet.sync("i-1")).active, old);
  }
  await fleet.point(old, next, "cut=1 halt=1");
  const pause = fleet.write("i-1/a/.pause", "why\n");
  assertEquals((await fleet.sync("i-1")).active, old);
  Deno.removeSync(pause);
  await jump(fleet.machine("i-1"), third);
  assertEquals((await fleet.sync("i-1")).active, third);
  assertEquals(fleet.takeAsked(), []);
  await fleet.sync("i-1", { follow: true });
  assertEquals(fleet.takeAsked(), ["list", "put try/i-1", "put ok/i-1"]);
});

Deno.test("a candidate whose post-sync fails is not asked for; it is once that succeeds", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"], { "post-sync": '[ -e "$FTL_SHARED/go" ]' });
  await fleet.point(old, next, "cut=1 halt=2");
  for (let i = 0; i < 2; i++) assertEquals((await fleet.sync("i-1")).active, old);
  assertEquals(fleet.takeAsked(), ["put failed/i-1"]);
  fleet.write("i-1/a/shared/go", "");
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(fleet.takeAsked(), ["list", "put try/i-1", "put ok/i-1"]);
});

Deno.test("without halt and at-once nobody lists marks, but all tell how they do", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1");
  await fleet.sync("i-1");
  assertEquals(fleet.asked, ["put try/i-1", "put ok/i-1"]);
});

const FAILURES: [what: string, scripts: Scripts, stays: boolean, asked: string[]][] = [
  ["post-sync", { "post-sync": "exit 1" }, false, ["put failed/i-1"]],
  ["pre-jump", { "pre-jump": "exit 1" }, false, ["list", "put try/i-1", "put failed/i-1"]],
  ["post-jump", { "post-jump": "exit 1" }, true, ["list", "put try/i-1", "put failed/i-1"]],
  ["health", { health: "exit 100" }, false, ["list", "put try/i-1", "put failed/i-1"]],
];

for (const [what, scripts, stays, asked] of FAILURES) {
  Deno.test(`a ${what} that fails is told once, and halts the rollout for all others`, async () => {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1", "i-2"], scripts);
    await fleet.point(old, next, "cut=1 halt=1");
    assertEquals((await fleet.sync("i-1")).active, stays ? next : old);
    assertEquals(fleet.takeAsked(), asked);
    assertEquals((await fleet.marks()).includes("failed/i-1"), true);
    fleet.takeAsked();
    await fleet.sync("i-1");
    assertEquals(fleet.takeAsked().filter((one) => one.startsWith("put")), []);
    if (what === "post-sync") return;
    const other = await fleet.sync("i-2");
    assertEquals([other.active, other.activated, other.failures], [old, undefined, []]);
    assertEquals(fleet.takeAsked(), ["list"]);
  });
}

Deno.test("a post-jump that fails is made up for by the health", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"], { "post-jump": "exit 1", health: "exit 0" });
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(await fleet.marks(), ["ok/i-1", "try/i-1"]);
});

Deno.test("a broken archive is told by those who may take it", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.bucket.put(`${next}.tgz`, "this is no archive", { metadata: {} });
  await fleet.point(old, next, "cut=0 halt=1");
  assertEquals((await fleet.sync("i-1")).failures.length, 1);
  assertEquals(fleet.takeAsked(), []);
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals((await fleet.sync("i-1")).failures.length, 1);
  assertEquals(fleet.takeAsked(), ["put failed/i-1"]);
});

Deno.test("one failed machine halts at 1 and not at 3; a halt takes the candidate from nobody", async () => {
  for (const halt of [1, 3]) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1", "i-2"]);
    await fleet.point(old, next, `cut=1 halt=${halt}`);
    await fleet.sync("i-2");
    await fleet.mark({ kind: "failed", machine: "i-0" });
    assertEquals((await fleet.sync("i-1")).active, halt === 1 ? old : next);
    assertEquals((await fleet.sync("i-2")).active, next);
  }
});

Deno.test("a machine that is silent in its jump has failed, and one that was well afterwards has not", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.mark({ kind: "failed", machine: "i-0" });
  fleet.now += MINUTE;
  await fleet.mark({ kind: "ok", machine: "i-0" });
  await fleet.mark({ kind: "try", machine: "i-9" });
  fleet.now += SILENCE + 1000;
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals((await fleet.sync("i-1")).active, old);
  await fleet.mark({ kind: "ok", machine: "i-9" });
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals((await fleet.sync("i-1")).active, next);
});

Deno.test("a halt is believed for ten minutes, or until the pointer changes", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.mark({ kind: "failed", machine: "i-0" });
  await fleet.point(old, next, "cut=1 halt=1");
  const lists = async (): Promise<number> => {
    fleet.takeAsked();
    await fleet.sync("i-1");
    return fleet.takeAsked().length;
  };
  assertEquals([await lists(), await lists()], [1, 0]);
  fleet.now += HALT_BELIEVED - MINUTE;
  assertEquals(await lists(), 0);
  fleet.now += MINUTE;
  assertEquals([await lists(), await lists()], [1, 0]);
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals([await lists(), await lists()], [1, 0]);
  await fleet.point(old, next, "cut=1 halt=2");
  assertEquals((await fleet.sync("i-1")).active, next);
});

Deno.test("if marks cannot be listed, the candidate is not activated, and every sync says so", async () => {
  for (const words of ["halt=1", "at-once=1"]) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1"]);
    await fleet.point(old, next, `cut=1 ${words}`);
    fleet.denied.add("list");
    for (let i = 0; i < 2; i++) {
      const { active, failures: [failure, ...more] } = await fleet.sync("i-1");
      assertEquals([active, more], [old, []]);
      assertMatch(
        failure?.message ?? "",
        /marks of the rollout below s3:\/\/deploys\/\.ftl\/rollout\/a\//,
      );
    }
    fleet.denied.clear();
    assertEquals((await fleet.sync("i-1")).active, next);
  }
});

Deno.test("if marks cannot be written, machines go on, and say so once an hour", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 halt=1");
  fleet.denied.add("put");
  const told = (): string[] => fleet.warnings.filter((text) => text.includes("the mark"));
  for (let i = 0; i < 3; i++) {
    const { active, failures } = await fleet.sync("i-1");
    assertEquals([active, failures], [next, []]);
  }
  assertEquals([fleet.takeAsked(), told().length], [["list", "put try/i-1"], 1]);
  assertMatch(
    told()[0] ?? "",
    /Cannot write the mark s3:\/\/deploys\/\S+\/try\/i-1: .*ftl setup iam/,
  );
  fleet.now += 61 * MINUTE;
  await fleet.sync("i-1");
  assertEquals([fleet.takeAsked(), told().length], [["put ok/i-1"], 2]);
  // Once it may, it tells how it ended.
  fleet.denied.clear();
  fleet.now += 61 * MINUTE;
  await fleet.sync("i-1");
  assertEquals(await fleet.marks(), ["ok/i-1"]);
});

Deno.test("with polls, too: a machine asks, jumps and tells with no listing of the package", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  const poll = async (): Promise<RevisionName | undefined> =>
    (await fleet.sync("i-1", { listEvery: 6000 })).active;
  await fleet.point(old, next, "cut=0 halt=1");
  await poll();
  fleet.bucket.calls.length = 0;
  await fleet.point(old, next, "cut=1 halt=1");
  assertEquals(await poll(), next);
  // The pointer, the marks; and what the pointer was written with.
  assertEquals(fleet.bucket.calls, ["put", "getSmall", "list", "put", "put"]);
  // A candidate that the last listing had not is looked for at once.
  const later = await fleet.spool("a.tgz", "later");
  await fleet.point(old, later, "cut=1 halt=1", 1795615200999);
  assertEquals(await poll(), later);
});

Deno.test("a person's jump to the candidate tells nothing, and keeps it when the rollout is stopped", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=0 halt=1");
  await fleet.sync("i-1");
  await jump(fleet.machine("i-1"), next);
  await fleet.sync("i-1");
  await fleet.point(old);
  assertEquals([(await fleet.sync("i-1")).active, fleet.asked], [next, []]);
});
Deno.test("who takes the highest turn there can be keeps all others waiting, none of them uncounted", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=3");
  await fleet.mark({ kind: "turn", turn: HIGHEST_TURN }, "i-9");
  await fleet.mark({ kind: "ok", machine: "i-9", turn: HIGHEST_TURN });
  const { active, failures, rollout } = await fleet.sync("i-1");
  assertEquals([active, failures, rollout?.waiting], [old, [], "turn"]);
  // A rollout once more has marks of its own.
  await fleet.point(old, next, "cut=1 at-once=1 halt=3", ID + 1);
  assertEquals((await fleet.sync("i-1")).active, next);
});
