import { assertEquals, assertMatch } from "../assert.ts";
import { Fleet, type Machine, programLine } from "./fleet.ts";

Deno.test("a quiet sync leaves a line for what it changed, and none where there is nothing to do", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const quiet = async (): Promise<string> => (await web.ftl(["sync", "--quiet"])).stderr;
  const first = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", first]);
  assertMatch(
    await quiet(),
    new RegExp(`^${first}: fetched .*\n${first}: active\n$`),
  );
  assertEquals(await quiet(), "");
  const second = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await fleet.ok(["jump", "--master", second]);
  assertEquals(await quiet(), `${second}: active, was ${first}\n`);
  // Who jumps by hand, and quietly, wants to hear nothing.
  assertEquals((await web.ftl(["jump", "--quiet", first])).stderr, "");
});

Deno.test("what cron runs leaves deployments and failures in the log, with the exit code", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", revision]);
  assertMatch(await runCronLine(web), new RegExp(`\n${revision}: active\n$`));
  assertEquals(await runCronLine(web), "");
  const log = await runCronLine(web, { FTL_BUCKET: "no-such-bucket" });
  assertMatch(log, /^ftl: No such bucket: no-such-bucket\n[^]*ftl: exit 3\n$/);
});

/** The command of the crontab, with this program and a `logger` that writes to stdout, and without the splay. */
async function runCronLine(web: Machine, env: Record<string, string> = {}): Promise<string> {
  const bin = web.fleet.folder.folder("bin");
  web.fleet.folder.write("bin/logger", "#!/bin/sh\ncat\n", 0o755);
  const program = programLine().map((word) => `'${word}'`).join(" ");
  const line = /^\* \* \* \* \* root (.*)$/m.exec(await web.ok(["setup", "cron"]))?.[1] ?? "false";
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", line.replace("/usr/local/bin/ftl", program).replace(" --splay 30", "")],
    env: {
      ...web.fleet.env,
      FTL_ROOT: web.root,
      PATH: `${bin}:${web.fleet.env["PATH"]}`,
      ...env,
    },
    clearEnv: true,
    cwd: web.root,
  }).output();
  return new TextDecoder().decode(stdout);
}
