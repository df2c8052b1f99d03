/** Health, quarantine and pause on the real command line: exit codes, words, and what survives a process. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { until } from "../until.ts";
import { Fleet, idOf, type Machine, startProgram } from "./fleet.ts";

const HEALTH = `#!/bin/sh
echo "asked $FTL_ATTEMPT"
[ ! -e "$FTL_SHARED/bad" ] || exit 100
`;

/** The first revision is active, the second one is blessed; the health fails while \`bad\` is there. */
async function twoRevisions(): Promise<
  { fleet: Fleet; web: Machine; revisions: [string, string]; bad: string }
> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const old = await fleet.spool("a.tgz", { v: "1", "health.sh": HEALTH });
  await fleet.bless(old);
  await web.ok(["sync"]);
  const next = await fleet.spool("a.tgz", { v: "2", "health.sh": HEALTH });
  await fleet.bless(next);
  const bad = `${web.root}/a/shared/bad`;
  Deno.writeTextFileSync(bad, "");
  return { fleet, web, revisions: [old, next], bad };
}

Deno.test("a fleet's bad revision: back within the sync, in quarantine, blessed again when it is mended", async () => {
  const { fleet, web, revisions: [old, next], bad } = await twoRevisions();
  await using _fleet = fleet;
  const failed = await web.ftl(["sync"]);
  assertEquals(failed.code, 6, failed.stderr);
  assertStringIncludes(failed.stderr, `${next} health| asked 1`);
  assertStringIncludes(
    failed.stderr,
    `${next}: went back to ${old}: health failed: exit 100, after`,
  );
  assertMatch(
    failed.stderr,
    /^ftl: a\.\S+ health failed: exit 100, after 0 s and 1 attempt; a\.\S+ is active again\nhint: What it printed is in \S+-health\.log$/m,
  );
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`);

  const left = await web.ftl(["sync", "--quiet"]);
  assertEquals(left.code, 6);
  assertMatch(
    left.stderr,
    /^ftl: a\.\S+ is in quarantine on this machine since \S+: health failed: exit 100, .*; a\.\S+ stays active\nhint: Bless another one, or the same once more: ftl jump --master a\.\S+ --again\n$/,
  );
  assertEquals(await web.ok(["sync", "--dry-run"]), `quarantine\t${next}`);
  assertMatch(await web.ok(["status"]), /^BLESSED +a\.\S+ \(in quarantine\)$/m);
  const doctor = await web.ftl(["doctor"]);
  assertEquals(doctor.code, 6);
  assertMatch(doctor.stdout, /^fail +quarantine +a\.\S+ is in quarantine on this machine/m);

  Deno.removeSync(bad);
  await fleet.ok(["jump", "--master", next, "--again"]);
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(next)}`);
});

Deno.test("a person's jump goes back with exit 6, and --stay keeps it", async () => {
  const { fleet, web, revisions: [old, next] } = await twoRevisions();
  await using _fleet = fleet;
  Deno.writeTextFileSync(`${web.root}/.pause`, "until 2999-01-01T00:00Z\na freeze\n");
  assertMatch(await web.ok(["sync", "--dry-run"]), new RegExp(`^pause\t${next}$`, "m"));
  const paused = await web.ok(["sync", "--json"]);
  const [{ pause, active }] = JSON.parse(paused).packages;
  assertEquals([pause.why, pause.until, active], ["a freeze", "2999-01-01T00:00:00.000Z", old]);
  assertEquals((await web.ftl(["jump", next])).code, 6);
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`);
  const stayed = await web.ftl(["jump", next, "--stay"]);
  assertEquals(stayed.code, 6);
  assertMatch(stayed.stderr, /^ftl: a\.\S+ health failed: exit 100, .*; it stays active$/m);
  assertEquals(web.link("a/current"), `revs/${idOf(next)}`);
  const shown = await web.ok(["status"]);
  assertMatch(shown, /^ACTIVE +a\.\S+ \(unhealthy\)$/m);
  assertMatch(shown, /^NEXT SYNC +paused/m);
});

Deno.test("while the health is asked for, status says so, and another command finds the lock busy", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const health = '#!/bin/sh\n[ -e "$FTL_SHARED/go" ]\n';
  const revision = await fleet.spool("a.tgz", { "health.sh": health });
  await fleet.bless(revision);
  const env = { ...fleet.env, FTL_ROOT: web.root, FTL_HEALTH_TIMEOUT: "3000" };
  const child = startProgram(["sync"], { cwd: web.root, env });
  const journal = `${web.root}/a/.ftl/jump.json`;
  await until(() => {
    try {
      return JSON.parse(Deno.readTextFileSync(journal)).phase === "health";
    } catch {
      return false;
    }
  }, "the health");
  assertMatch(await web.ok(["status"]), /^NEXT SYNC +checking \(\d+ s of 3000\)/m);
  const { packages: [{ jump }] } = JSON.parse(await web.ok(["status", "--json"]));
  assertEquals([jump.to, jump.phase, jump.seconds], [revision, "health", 3000]);
  const busy = await web.ftl(["jump-back", "a"], { env: { FTL_LOCK_WAIT: "0" } });
  assertEquals(busy.code, 4, busy.stderr);
  Deno.writeTextFileSync(`${web.root}/a/shared/go`, "");
  assertEquals((await child.output()).code, 0);
  assertEquals((await web.ok(["status"])).includes("checking"), false);
});
