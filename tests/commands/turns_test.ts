/** Turns, which `at-once` limits: who takes one, who waits, and what a kill or a silent machine leaves. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { onFaultPoint } from "../../src/fault_point.ts";
import { SILENCE } from "../../src/plan/marks.ts";
import { RolloutFleet } from "./rollout_fleet.ts";

Deno.test("a machine takes the next turn, and ends it under its name and number", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1", "i-2"]);
  await fleet.point(old, next, "cut=1 at-once=1");
  for (const machine of ["i-1", "i-2"]) assertEquals((await fleet.sync(machine)).active, next);
  const asked = ["list", "put turn/000001", "put ok/i-1~1", "list", "put turn/000002"];
  assertEquals(fleet.takeAsked(), [...asked, "put ok/i-2~2"]);
  assertEquals(await fleet.marks(), ["ok/i-1~1", "ok/i-2~2", "turn/000001", "turn/000002"]);
});

Deno.test("a machine that finds all turns taken waits, without a failure, and looks once a sync", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.mark({ kind: "turn", turn: 1 }, "i-8");
  await fleet.mark({ kind: "turn", turn: 2 }, "i-9");
  await fleet.point(old, next, "cut=1 at-once=2");
  fleet.takeAsked();
  for (let i = 0; i < 2; i++) {
    const { active, failures } = await fleet.sync("i-1");
    assertEquals([active, failures, fleet.takeAsked()], [old, [], ["list"]]);
  }
  await fleet.mark({ kind: "failed", machine: "i-8", turn: 1 });
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals((await fleet.marks()).includes("ok/i-1~3"), true);
});

Deno.test("a machine that runs nothing takes no turn, and runs nothing else before", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready([]);
  await fleet.mark({ kind: "turn", turn: 1 }, "i-9");
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  fleet.takeAsked();
  const { active, fetched } = await fleet.sync("i-1");
  assertEquals([active, fetched[0]], [next, next]);
  // It asks again after the download.
  assertEquals(fleet.takeAsked(), ["list", "list", "put try/i-1", "put ok/i-1"]);
  // One that is out, or that finds the rollout halted, gets the blessed one.
  await fleet.mark({ kind: "failed", machine: "i-9" });
  assertEquals((await fleet.sync("i-2")).active, old);
});

Deno.test("a machine that was faster is seen: the other one looks again, and takes the next turn", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=2");
  let rivals = 1;
  fleet.onAsked = async (request) => {
    if (request === "put turn/000001" && rivals-- > 0) {
      await fleet.mark({ kind: "turn", turn: 1 }, "i-9");
    }
  };
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(await fleet.marks(), ["ok/i-1~2", "turn/000001", "turn/000002"]);
});

Deno.test("a machine that is always too slow gives up, and leaves it to its next sync", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1");
  let isRivals = false;
  fleet.onAsked = async (request) => {
    const turn = Number(/^put turn\/(\d+)$/.exec(request)?.[1]);
    if (!(turn > 0) || isRivals) return;
    isRivals = true;
    await fleet.mark({ kind: "turn", turn }, "i-9");
    await fleet.mark({ kind: "ok", machine: "i-9", turn });
    isRivals = false;
  };
  const { active, failures } = await fleet.sync("i-1");
  assertEquals([active, failures], [old, []]);
  assertEquals((await fleet.marks()).filter((name) => name.startsWith("turn/")).length, 5);
  fleet.onAsked = () => {};
  assertEquals((await fleet.sync("i-1")).active, next);
});

Deno.test("without a turn there is no jump, if turns cannot be written", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1");
  fleet.denied.add("put");
  for (let i = 0; i < 2; i++) {
    const { active, failures: [failure, ...more] } = await fleet.sync("i-1");
    assertEquals([active, more], [old, []]);
    assertMatch(failure?.message ?? "", /Cannot take a turn by s3:\S+\/turn\/000001: /);
  }
  // Another machine got that turn.
  fleet.denied.clear();
  await fleet.mark({ kind: "turn", turn: 1 }, "i-9");
  assertEquals((await fleet.sync("i-1")).active, old);
  await fleet.mark({ kind: "ok", machine: "i-9", turn: 1 });
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals((await fleet.marks()).includes("ok/i-1~2"), true);
});

/** Stands for a kill: nothing that comes after it is done. */
class Killed extends Error {}

async function syncKilledAt(fleet: RolloutFleet, machine: string, at: string): Promise<void> {
  let isKilled = false;
  onFaultPoint((point) => {
    if (point !== at || isKilled) return;
    isKilled = true;
    throw new Killed();
  });
  try {
    await fleet.sync(machine);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    onFaultPoint(() => {});
  }
  assert(isKilled, at);
}

/** A step, and whether the candidate is active after it. */
const KILLS = [
  ["turn-chosen", false],
  ["mark-written", false],
  ["pre-jumped", false],
  ["current-linked", true],
  ["outcome-remembered", true],
] as const;

for (const [at, isActive] of KILLS) {
  Deno.test(`what is cut short at ${at} is taken up again, with the same turn`, async () => {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1"]);
    await fleet.point(old, next, "cut=1 at-once=1 halt=1");
    await syncKilledAt(fleet, "i-1", at);
    assertEquals(await fleet.active("i-1"), isActive ? next : old);
    const { active, failures } = await fleet.sync("i-1");
    assertEquals([active, failures], [next, []]);
    assertEquals(await fleet.marks(), ["ok/i-1~1", "turn/000001"]);
    fleet.takeAsked();
    await fleet.sync("i-1");
    assertEquals(fleet.takeAsked(), []);
  });
}

Deno.test("who goes on with a jump that was cut short tells the others, unless they have gone on", async () => {
  for (
    const [minutes, asked] of [[14, ["put turn/000001", "put ok/i-1~1"]], [16, [
      "put ok/i-1~1",
    ]]] as const
  ) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1"], { "post-jump": "exit 0" });
    await fleet.point(old, next, "cut=1 at-once=1 halt=3");
    await syncKilledAt(fleet, "i-1", "current-linked");
    fleet.now += minutes * 60_000;
    fleet.takeAsked();
    assertEquals((await fleet.sync("i-1")).active, next);
    assertEquals<readonly string[]>(fleet.takeAsked(), asked);
  }
});

Deno.test("a turn whose answer was lost is asked for by its content, and is not taken twice", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  let isLost = false;
  fleet.onAsked = async (request) => {
    if (request !== "put turn/000001" || isLost) return;
    isLost = true;
    await fleet.mark({ kind: "turn", turn: 1 }, "i-1");
    throw new Killed();
  };
  assertEquals((await fleet.sync("i-1")).active, old);
  fleet.takeAsked();
  assertEquals((await fleet.sync("i-1")).active, next);
  const asked = ["list", "getSmall turn/000001", "put turn/000001", "put ok/i-1~1"];
  assertEquals<readonly string[]>(fleet.takeAsked(), asked);
  assertEquals(await fleet.marks(), ["ok/i-1~1", "turn/000001"]);
});

Deno.test("a machine in a long jump writes its mark again, and no more once it has ended", async () => {
  for (const [words, mark] of [["halt=1", "try/i-1"], ["at-once=1", "turn/000001"]] as const) {
    using fleet = new RolloutFleet();
    const { old, next } = await fleet.ready(["i-1"], { health: '[ "$FTL_ATTEMPT" = 2 ]' });
    await fleet.point(old, next, `cut=1 ${words}`);
    const { setInterval } = globalThis;
    // Five minutes pass in 100 ms, the clocks of scripts as ever.
    globalThis.setInterval = ((run: () => void, delay = 0) =>
      setInterval(run, delay === SILENCE / 3 ? 100 : delay)) as typeof setInterval;
    try {
      assertEquals((await fleet.sync("i-1")).active, next);
    } finally {
      globalThis.setInterval = setInterval;
    }
    const puts = fleet.takeAsked().filter((request) =>
      request.startsWith("put")
    );
    assert(puts.length > 4, puts.join());
    assertEquals(puts.slice(0, -1).every((request) => request === `put ${mark}`), true);
    assertMatch(puts.at(-1) ?? "", /^put ok\/i-1/);
  }
});

Deno.test("a machine that was down for long in its jump has failed; it comes back, and tells how it is", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1", "i-2"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  await syncKilledAt(fleet, "i-1", "current-linked");
  fleet.now += SILENCE + 1000;
  assertEquals((await fleet.sync("i-2")).active, old, "halted");
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(await fleet.marks(), ["ok/i-1~1", "turn/000001"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  assertEquals((await fleet.sync("i-2")).active, next);
});

Deno.test("a machine that was down before it switched takes another turn, and leaves the first as failed", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=2");
  await syncKilledAt(fleet, "i-1", "pre-jumped");
  fleet.now += SILENCE + 1000;
  assertEquals((await fleet.sync("i-1")).active, next);
  assertEquals(
    await fleet.marks(),
    ["failed/i-1~1", "ok/i-1~2", "turn/000001", "turn/000002"],
  );
});

Deno.test("a copy of a machine that has a turn takes one of its own", async () => {
  using fleet = new RolloutFleet();
  const { old, next } = await fleet.ready(["i-1"]);
  await fleet.point(old, next, "cut=1 at-once=1 halt=1");
  await syncKilledAt(fleet, "i-1", "pre-jumped");
  const copied = await new Deno.Command("cp", {
    args: ["-a", `${fleet.path}/i-1`, `${fleet.path}/i-2`],
  }).output();
  assertEquals(copied.success, true);
  const { active, failures } = await fleet.sync("i-2");
  assertEquals([active, failures, fleet.rolloutState("i-2")], [old, [], undefined]);
  await fleet.sync("i-1");
  assertEquals((await fleet.sync("i-2")).active, next);
  assertEquals(
    await fleet.marks(),
    ["ok/i-1~1", "ok/i-2~2", "turn/000001", "turn/000002"],
  );
});
