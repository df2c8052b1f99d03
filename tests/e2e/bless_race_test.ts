/** Races to change a pointer: who wins, what the others are told, and what stays. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import type { Fault } from "../s3_server/faults.ts";
import { until } from "../until.ts";
import { Fleet, type Ran } from "./fleet.ts";

const HELD: Fault = { kind: "delay", milliseconds: 600_000 };

/** Starts `ftl` and waits until its request has arrived. The server holds that request until `release`. */
async function holding(
  fleet: Fleet,
  args: readonly string[],
  request: { operation: string; key?: string },
): Promise<{ release: () => Promise<Ran> }> {
  const { server } = fleet;
  server.clearLog();
  server.addFault({ ...request, count: 1, fault: HELD });
  const ran = fleet.ftl(args);
  const hasArrived = (): boolean =>
    server.log.some(({ operation, key }) =>
      operation === request.operation && (request.key === undefined || key === request.key)
    );
  await until(hasArrived, `the server's ${request.operation}`);
  return {
    release: () => {
      server.clearFaults();
      return ran;
    },
  };
}

async function spoolTwo(fleet: Fleet): Promise<[string, string]> {
  return [await fleet.spool("a.tgz", { v: "1" }), await fleet.spool("a.tgz", { v: "2" })];
}

/** Blesses a revision that is purged meanwhile. Returns what the person is told. */
async function blessPurged(fleet: Fleet, revision: string): Promise<string> {
  // The server applies a write only when it answers it. So the pointer is written after the removal.
  const jump = await holding(fleet, ["jump", "--master", revision], {
    operation: "PutObject",
    key: "a.rev",
  });
  assertEquals((await fleet.ftl(["purge", "--master", revision])).code, 0);
  const { code, stderr } = await jump.release();
  assertEquals(code, 4, stderr);
  return stderr;
}

Deno.test("if a revision is purged while it is being blessed, the old one is blessed again", async () => {
  await using fleet = await Fleet.start();
  const [old, fresh] = await spoolTwo(fleet);
  await fleet.ok(["jump", "--master", old, "-m", "the first"]);
  const before = await fleet.bucket().getSmall("a.rev");
  const stderr = await blessPurged(fleet, fresh);
  assertStringIncludes(stderr, `${fresh} was removed by somebody else while it was being blessed`);
  assertStringIncludes(stderr, `${old} is blessed again`);
  const after = await fleet.bucket().getSmall("a.rev");
  assertEquals(after?.text, before?.text);
  // It is the same blessing, by another write.
  const serial = after?.metadata["ftl-serial"] ?? "";
  assert(Number(serial) > Number(before?.metadata["ftl-serial"]), serial);
  assertEquals(after?.metadata, { ...before?.metadata, "ftl-serial": serial });
});

Deno.test("if nothing was blessed before, the blessing of a revision that was purged meanwhile is reported", async () => {
  await using fleet = await Fleet.start();
  const [, fresh] = await spoolTwo(fleet);
  const stderr = await blessPurged(fleet, fresh);
  assertStringIncludes(stderr, "Bless another revision now");
});

for (const keep of [false, true]) {
  const args = keep ? ["--keep", "0", "a"] : [];
  Deno.test(`purge ${keep ? "--keep " : ""}reports a revision that was blessed while purge removed it`, async () => {
    await using fleet = await Fleet.start();
    const [old, fresh] = await spoolTwo(fleet);
    await fleet.spool("a.tgz", { v: "3" });
    await fleet.ok(["jump", "--master", old]);
    const purge = await holding(
      fleet,
      ["purge", "--master", ...(keep ? args : [fresh])],
      { operation: keep ? "DeleteObjects" : "DeleteObject" },
    );
    assertEquals((await fleet.ftl(["jump", "--master", fresh])).code, 0);
    const { code, stderr } = await purge.release();
    assertEquals(code, 4, stderr);
    assertStringIncludes(
      stderr,
      `${fresh} was blessed by somebody else while it was being removed`,
    );
  });
}

Deno.test("purge reports a revision whose rollout began while purge removed it", async () => {
  await using fleet = await Fleet.start();
  const [old, fresh] = await spoolTwo(fleet);
  await fleet.ok(["jump", "--master", old]);
  const purge = await holding(fleet, ["purge", "--master", fresh], { operation: "DeleteObject" });
  assertEquals((await fleet.ftl(["jump", "--master", fresh, "--percent", "10"])).code, 0);
  const { code, stderr } = await purge.release();
  assertEquals(code, 4, stderr);
  assertStringIncludes(
    stderr,
    `${fresh} was rolled out by somebody else while it was being removed`,
  );
  assertStringIncludes(stderr, "ftl jump-back --master a");
});

Deno.test("a lost race to bless is exit 4 and names the winner", async () => {
  await using fleet = await Fleet.start();
  const revisions = [
    await fleet.spool("a.tgz", { v: "1" }),
    await fleet.spool("a.tgz", { v: "2" }),
  ];
  const results = await Promise.all(
    revisions.map((revision) => fleet.ftl(["jump", "--master", revision])),
  );
  const text = (await fleet.bucket().getSmall("a.rev"))?.text;
  for (const [i, { code, stderr }] of results.entries()) {
    if (text === revisions[i]) assertEquals(code, 0, stderr);
    // The other one came first and was replaced, or it lost the race. It is never lost silently.
    else if (code !== 0) {
      assertEquals(code, 4, stderr);
      assertStringIncludes(stderr, `${text} was blessed by tester@`);
    }
  }
});

Deno.test("who may not write the pointer keeps nobody waiting, and is not in the history", async () => {
  await using fleet = await Fleet.start();
  const [old, fresh] = await spoolTwo(fleet);
  await fleet.ok(["jump", "--master", old]);
  const fault: Fault = { kind: "access-denied" };
  fleet.server.addFault({ operation: "PutObject", key: "a.rev", fault });
  assertEquals((await fleet.ftl(["jump", "--master", fresh, "-m", "not I"])).code, 7);
  fleet.server.clearFaults();
  const { code, stderr } = await fleet.ftl(["jump", "--master", fresh]);
  assertEquals([code, stderr], [0, `${fresh}: blessed, was ${old}\n`]);
  const history = await fleet.ok(["history", "a"]);
  assertEquals([history.split("\n").length, history.includes("not I")], [2, false]);
});

Deno.test("who loses a race against a step of a rollout, or its stop, is told of that", async () => {
  await using fleet = await Fleet.start();
  const [old, fresh] = await spoolTwo(fleet);
  await fleet.ok(["jump", "--master", old]);
  const races: [winner: string[], told: RegExp][] = [
    [["jump", "--master", fresh, "--percent", "10"], /faster: a\.\S+ was rolled out by \S+@/],
    [["jump-back", "--master", "a"], /faster: the rollout of a\.\S+ was stopped by \S+@/],
  ];
  for (const [winner, told] of races) {
    const { metadata } = await fleet.bucket().getSmall("a.rev") ?? {};
    const slow = await holding(fleet, ["jump", "--master", fresh], {
      operation: "PutObject",
      key: `.ftl/history/a/${metadata?.["ftl-serial"]}`,
    });
    await fleet.ok(winner);
    const { code, stderr } = await slow.release();
    assertEquals(code, 4, stderr);
    assertMatch(stderr, told);
  }
});
