/** The scripts of docs/health.md, taken out of the page and deployed. */
import { assertEquals, assertMatch } from "../assert.ts";
import { testWith } from "../required_program.ts";
import { filesOf, linkTo, PAGE, Site } from "./health_page.ts";

Deno.test("each block of docs/health.md is a script of a name that FTL knows, and a shell can read it", () => {
  const headings = [...PAGE.matchAll(/^## (A .*)$/gm)].map(([, heading = ""]) => heading);
  assertEquals(
    headings.map((heading) => [heading, Object.keys(filesOf(heading))]),
    [
      ["A service of systemd", ["post-jump.sh", "health.sh"]],
      ["A target group of a load balancer", ["un-jump.sh", "post-jump.sh", "health.sh"]],
      ["A migration of a database", ["pre-jump.sh", "migrations/add.sql", "health.sh"]],
    ],
  );
  for (const [, text = ""] of PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)) {
    const { code, stderr } = new Deno.Command("sh", { args: ["-n", "-c", text] }).outputSync();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], text);
  }
});

testWith(
  "curl",
  "docs/health.md, systemd: a unit that fails, or does not answer, leads back",
  async () => {
    await using site = await Site.start();
    const section = "A service of systemd";
    const old = await site.release(section, "1");
    await site.sync(0, old);
    assertEquals(site.calls(), [
      "systemctl reset-failed my_site.service",
      "systemctl restart my_site.service",
      "systemctl is-failed --quiet my_site.service",
    ]);
    const given = await site.release(section, "2");
    site.make("failed", given);
    const failed = await site.sync(6, old);
    assertMatch(failed.stderr, /^ftl: my_site\.\S+ post-jump failed: exit 1$/m);
    assertMatch(failed.stderr, /health failed: exit 100, after \d s and 1 attempt;/);
    assertEquals(site.running, linkTo(old));

    const mute = await site.release(section, "3");
    site.make("bad", mute);
    const silent = await site.sync(6, old);
    assertMatch(silent.stderr, /health\| curl: \(22\) .*503/);
    assertMatch(silent.stderr, /health failed: exit 22, /);
    assertEquals(site.running, linkTo(old));
  },
);

Deno.test("docs/health.md, target group: the machine leaves, enters, and does both again on the way back", async () => {
  await using site = await Site.start();
  const section = "A target group of a load balancer";
  const [isFailed, reset, restart] = ["is-failed --quiet", "reset-failed", "restart"].map((what) =>
    `systemctl ${what} my_site.service`
  );
  const describe = "aws elbv2 describe-target-health " +
    "--query TargetHealthDescriptions[0].TargetHealth.State --output text";
  const leave = ["aws elbv2 deregister-targets", "aws elbv2 wait target-deregistered"];
  const enter = [reset, restart, "aws elbv2 register-targets"];
  const old = await site.release(section, "1");
  await site.sync(0, old);
  assertEquals(site.calls(), [...enter, isFailed, describe]);
  const good = await site.release(section, "2");
  await site.sync(0, good);
  assertEquals(site.calls(), [...leave, ...enter, isFailed, describe]);

  const bad = await site.release(section, "3");
  site.make("bad", bad);
  const { stderr } = await site.sync(6, good);
  assertMatch(stderr, /health failed: exit 1, /);
  const calls = site.calls();
  assertEquals(calls.slice(0, 7), [...leave, ...enter, isFailed, describe]);
  assertEquals(calls.slice(-5), [...leave, ...enter]);
  assertEquals(site.running, linkTo(good));

  // Each script stops at the first command that fails, and none of them keeps the machine.
  const lost = await site.release(section, "4");
  const { stderr: all } = await site.sync(6, good, { TARGET_GROUP: "arn:other" });
  const failures = [...all.matchAll(/^ftl: (\S+) (\S+) failed: exit (\d+)/gm)];
  assertEquals(failures.map(([, revision, step, code]) => [revision, step, code]), [
    [good, "un-jump", "64"],
    [lost, "post-jump", "64"],
    [lost, "health", "1"],
    [lost, "un-jump", "64"],
    [good, "post-jump", "64"],
  ]);
  assertEquals(site.calls().some((call) => call.includes("wait")), false);
});

testWith(
  "curl",
  "docs/health.md, database: the migration comes before the jump, and nothing undoes it",
  async () => {
    await using site = await Site.start();
    const section = "A migration of a database";
    const migrate = "psql postgres://db/site --quiet --set ON_ERROR_STOP=1 " +
      "--command SELECT pg_advisory_lock(4711) --file migrations/add.sql";
    const look = "psql postgres://db/site --quiet --command SELECT note FROM orders LIMIT 0";
    const old = await site.release(section, "1");
    await site.sync(0, old);
    assertEquals(site.calls(), [migrate, look]);

    // No script of this section starts the server: here it is down for every revision.
    await site.release(section, "2");
    site.make("bad", site.running);
    await site.sync(6, old);
    const calls = site.calls();
    assertEquals([calls[0], ...new Set(calls.slice(1))], [migrate, look]);

    await site.release(section, "3");
    site.loseMigration();
    const { stderr: missing } = await site.sync(6, old);
    assertMatch(missing, /health failed: exit 1, /);
    assertEquals(missing.includes("curl"), false);
    site.calls();

    await site.release(section, "4");
    const { stderr } = await site.sync(6, old, { DATABASE_URL: "postgres://gone" });
    assertMatch(stderr, /^ftl: my_site\.\S+ pre-jump failed: exit 64$/m);
    assertEquals(site.calls().length, 1, "nothing but the migration was tried");
  },
);
