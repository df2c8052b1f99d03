import { assertEquals } from "../assert.ts";
import { Fleet } from "./fleet.ts";

Deno.test("a sync with --list-every lists once, then reads the pointer until the time is over", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.bless(await fleet.spool("a.tgz", { x: "1" }));
  const { code, stderr } = await web.ftl(["sync", "--list-every", "soon"]);
  assertEquals([code, stderr.split("\n")[0]], [
    2,
    "ftl: --list-every is not a whole number: 'soon'",
  ]);
  await web.ok(["sync", "--list-every", "600"]);
  for (
    const [args, operation] of [
      [["--list-every", "600"], "GetObject"],
      [["--quiet", "--list-every", "600"], "GetObject"],
      [["--list-every", "0"], "ListObjectsV2"],
      [[], "ListObjectsV2"],
      [["--list-every", "600", "--dry-run"], "ListObjectsV2"],
    ] as const
  ) {
    fleet.server.clearLog();
    await web.ok(["sync", ...args]);
    assertEquals(fleet.server.log.map((record) => record.operation), [operation], args.join(" "));
  }
});
