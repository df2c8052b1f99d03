/** Quarantine and pause: what begins them, what ends them, and nothing else. By whole commands. */
import { jump, jumpBack, purge, status, sync } from "../../mod.ts";
import { ScriptError } from "../../src/errors.ts";
import type { RevisionName } from "../../src/revision/names.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { HealthFleet } from "./health_fleet.ts";

/** The third revision is blessed and in quarantine, the second one is active. */
async function quarantined(): Promise<{ fleet: HealthFleet; revisions: RevisionName[] }> {
  const made = await HealthFleet.withBad();
  await made.fleet.sync();
  made.fleet.told();
  return made;
}

/** A sync that leaves the blessed revision in quarantine, and runs no script. */
async function requireLeft(
  fleet: HealthFleet,
  { bad, active }: { bad: string; active: string },
): Promise<void> {
  const { failures, ...result } = await fleet.sync();
  assertEquals([result.quarantined, result.active, result.rolledBack], [bad, active, undefined]);
  const [error, ...others] = failures;
  assertEquals(others, []);
  assertEquals(error instanceof ScriptError && [error.exitCode, error.hint], [
    6,
    `Bless another one, or the same once more: ftl jump --master ${bad} --again`,
  ]);
  assertMatch(
    error?.message ?? "",
    /^a\.\S+ is in quarantine on this machine since 20\S+: health failed: exit 100, .*; a\.\S+ stays active$/,
  );
  assertEquals(fleet.told(), []);
}

Deno.test("a quarantined revision stays fetched and prepared, and each sync fails with one line", async () => {
  const { fleet, revisions: [first, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  for (let i = 0; i < 3; i++) await requireLeft(fleet, { bad, active: old });
  assertEquals([fleet.pkg.revisions().map((id) => `a.${id}`), fleet.links], [
    [first, old, bad],
    [old, first],
  ]);
  const { packages: [shown] } = await status(fleet.web);
  assertEquals([shown?.quarantine?.revision, shown?.master?.activate], [bad, undefined]);
});

Deno.test("a clock that goes back does not make a known quarantine news again", async () => {
  const { fleet } = await quarantined();
  using _fleet = fleet;
  const news: string[] = [];
  const onNews = ({ event }: { event: string }): Promise<void> => {
    news.push(event);
    return Promise.resolve();
  };
  fleet.now -= 24 * 3600 * 1000;
  for (let i = 0; i < 2; i++) await sync(fleet.web, { onNews });
  assertEquals(news, []);
});

Deno.test("neither a rewritten pointer, a pause, nor a person's failing jump ends a quarantine", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  const { text = "", metadata = {} } = await fleet.bucket.getSmall("a.rev") ?? {};
  const rewritten = { ...metadata, "ftl-serial": String(Number(metadata["ftl-serial"]) + 5000) };
  await fleet.bucket.put("a.rev", text, { metadata: rewritten });
  await requireLeft(fleet, { bad, active: old });

  const pause = fleet.write("web/a/.pause", "");
  assertEquals((await fleet.sync()).quarantined, bad);
  Deno.removeSync(pause);
  await requireLeft(fleet, { bad, active: old });

  assertEquals((await jump(fleet.web, bad)).failures.length, 1);
  fleet.told();
  await requireLeft(fleet, { bad, active: old });
});

Deno.test("a quarantine ends when another revision is blessed", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  await fleet.bless(old);
  assertEquals((await fleet.sync()).failures, []);
  // A new blessing of the same revision is another one.
  await fleet.bless(bad);
  fleet.bad();
  assertEquals((await fleet.sync()).activated, bad);
});

Deno.test("a quarantine ends when the same revision is blessed again, and begins anew if it fails", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  await fleet.bless(bad);
  await requireLeft(fleet, { bad, active: old });
  await fleet.bless(bad, { again: true });
  assertEquals((await fleet.sync()).rolledBack, { from: bad, to: old });
  fleet.told();
  await requireLeft(fleet, { bad, active: old });
  await fleet.bless(bad, { again: true });
  fleet.bad();
  assertEquals((await fleet.sync()).activated, bad);
});

Deno.test("a sync that follows ends a quarantine and tries once", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  const { rolledBack, quarantined: again } = await fleet.sync({ follow: true });
  assertEquals([rolledBack, again], [{ from: bad, to: old }, bad]);
  assertEquals(fleet.told().filter((line) => line.startsWith("health")), [`health ${bad} sync`]);
  await requireLeft(fleet, { bad, active: old });
  fleet.bad();
  assertEquals((await fleet.sync({ follow: true })).activated, bad);
  assertEquals([fleet.quarantines, (await fleet.sync()).failures], [[], []]);
});

Deno.test("a person's jump that succeeds ends a quarantine", async () => {
  const { fleet, revisions: [, , bad = ""] } = await quarantined();
  using _fleet = fleet;
  fleet.bad();
  assertEquals((await jump(fleet.web, bad)).failures, []);
  assertEquals([fleet.quarantines, (await fleet.sync()).failures], [[], []]);
});

Deno.test("a jump that stays on an unhealthy revision ends no quarantine", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  assertEquals((await jump(fleet.web, bad, { stay: true })).failures.length, 1);
  assertEquals(fleet.links, [bad, old]);
  assertEquals(fleet.quarantines.map(({ id }) => `a.${id}`), [bad]);
  await jump(fleet.web, old);
  // Unhealthy, and the way back all the same.
  assertEquals((await jumpBack(fleet.web, "a")).failures.length, 1);
  assertEquals(fleet.quarantines.map(({ id }) => `a.${id}`), [bad]);
});

Deno.test("a revision that is removed from the machine takes its quarantine along", async () => {
  const { fleet, revisions: [, old = "", bad = ""] } = await quarantined();
  using _fleet = fleet;
  await fleet.bless(old);
  await fleet.sync();
  assertEquals(fleet.quarantines.map(({ id }) => `a.${id}`), [bad]);
  await purge(fleet.web, { revision: bad });
  assertEquals(fleet.quarantines, []);
});

Deno.test("each row of the plan's table, by syncs", async () => {
  using fleet = new HealthFleet();
  const [first, second] = [await fleet.next(), await fleet.next()];
  const row = async (): Promise<unknown[]> => {
    const { activated, heldFrom, quarantined: bad, pause, failures } = await fleet.sync();
    return [activated, heldFrom, bad, pause !== undefined, failures.length];
  };
  const nothing = [undefined, undefined, undefined, false, 0];
  assertEquals(await row(), nothing, "nothing is blessed");
  await fleet.bless(first);
  assertEquals(await row(), [first, undefined, undefined, false, 0], "blessed");
  assertEquals(await row(), nothing, "active");
  const pause = fleet.write("web/.pause", "a freeze");
  await fleet.bless(second);
  assertEquals(await row(), [undefined, undefined, undefined, true, 0], "paused");
  fleet.bad(second);
  assertEquals((await jump(fleet.web, second)).failures.length, 1);
  Deno.removeSync(pause);
  assertEquals(await row(), [undefined, undefined, second, false, 1], "rolled back");
  assertEquals(await row(), [undefined, undefined, second, false, 1], "in quarantine");
  fleet.write("web/.pause", "a freeze");
  assertEquals(await row(), [undefined, undefined, second, false, 1], "in quarantine and paused");
  Deno.removeSync(pause);
  await jump(fleet.web, second, { stay: true });
  await jumpBack(fleet.web, "a");
  assertEquals(await row(), [undefined, second, undefined, false, 0], "held");
  const [object] = await fleet.bucket.list(`${second}.`);
  await fleet.bucket.remove(object?.key ?? "");
  Deno.removeSync(`${fleet.pkg.revs}/${second.slice(2)}`, { recursive: true });
  assertEquals(await row(), [undefined, undefined, undefined, false, 1], "missing");
});

Deno.test("a pause ends at its time; until then nothing is activated or removed, but all is prepared", async () => {
  using fleet = new HealthFleet();
  const revisions: RevisionName[] = [];
  for (let i = 0; i < 3; i++) revisions.push(await fleet.next());
  const [first = "", second = "", third = ""] = revisions;
  await fleet.bless(first);
  await fleet.sync();
  await fleet.bless(second);
  await fleet.bless(third);
  const until = new Date(fleet.now + 60_000).toISOString();
  for (const file of ["web/.pause", "web/a/.pause"]) fleet.write(file, `until ${until}\nfreeze\n`);
  const { pause, failures } = await fleet.sync();
  assertEquals([pause?.why, pause?.until, failures], ["freeze", until, []]);
  assertEquals([fleet.links[0], fleet.pkg.revisions().length], [first, 3]);
  fleet.now += 60_000;
  const { activated, pause: over } = await fleet.sync();
  assertEquals([activated, over], [third, undefined]);
});

Deno.test("what scripts keep in FTL_SHARED outlives revisions, and no purge touches it", async () => {
  using fleet = new HealthFleet();
  const [first, second] = [await fleet.next(), await fleet.next()];
  for (const revision of [first, second]) {
    await fleet.bless(revision);
    await fleet.sync();
  }
  await fleet.bless(await fleet.next());
  await fleet.sync();
  await purge(fleet.web, { package: "a", keep: 0 });
  assertEquals(fleet.pkg.revisions().includes(first.slice(2) as never), false);
  assertEquals(fleet.told()[0], `pre-jump ${first} sync`);
});
