/** `jump --master` and `purge --master` of the same revision, in both orders: one of the two is told. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import type { Fault } from "../s3_server/faults.ts";
import { until } from "../until.ts";
import { Fleet, type Ran } from "./fleet.ts";

const HELD: Fault = { kind: "delay", milliseconds: 600_000 };

/** Starts `ftl` and waits until its request has arrived, which is held until `release`. */
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

Deno.test("a revision that is purged while it is being blessed is not: the old one is blessed again", async () => {
  await using fleet = await Fleet.start();
  const [old, fresh] = await spoolTwo(fleet);
  await fleet.ok(["jump", "--master", old, "-m", "the first"]);
  const before = await fleet.bucket().getSmall("a.rev");
  // The server applies a write only when it answers it: so the pointer is written after the removal.
  const jump = await holding(fleet, ["jump", "--master", fresh], {
    operation: "PutObject",
    key: "a.rev",
  });
  assertEquals((await fleet.ftl(["purge", "--master", fresh])).code, 0);
  const { code, stderr } = await jump.release();
  assertEquals(code, 4, stderr);
  assertStringIncludes(stderr, `${fresh} was removed by somebody else while it was being blessed`);
  assertStringIncludes(stderr, `${old} is blessed again`);
  const after = await fleet.bucket().getSmall("a.rev");
  assertEquals([after?.text, after?.metadata], [before?.text, before?.metadata]);
});

Deno.test("where nothing was blessed before, a blessing of what was purged meanwhile is told", async () => {
  await using fleet = await Fleet.start();
  const [, fresh] = await spoolTwo(fleet);
  const jump = await holding(fleet, ["jump", "--master", fresh], {
    operation: "PutObject",
    key: "a.rev",
  });
  assertEquals((await fleet.ftl(["purge", "--master", fresh])).code, 0);
  const { code, stderr } = await jump.release();
  assertEquals(code, 4, stderr);
  assertStringIncludes(stderr, "Bless another revision now");
});

for (const keep of [false, true]) {
  const args = keep ? ["--keep", "0", "a"] : [];
  Deno.test(`a revision that is blessed while purge ${keep ? "--keep " : ""}removes it is told by purge`, async () => {
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
