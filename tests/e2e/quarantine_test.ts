/** Each row of `planSync`'s table, and what begins and ends a quarantine, by processes against the real server. */
import { assertEquals } from "../assert.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";

/** Fails at once for the revisions that a file names. */
const HEALTH = `#!/bin/sh
echo "$FTL_REVISION" >> "$FTL_SHARED/asked"
! grep -qx "$FTL_REVISION" "$FTL_SHARED/bad" || exit 100
`;

class Site implements AsyncDisposable {
  readonly web: Machine;
  #spooled = 0;

  constructor(readonly fleet: Fleet) {
    this.web = fleet.machine("web", ["a"]);
    Deno.mkdirSync(`${this.web.root}/a/shared`);
    this.bad();
  }

  /** From now on the health of these fails, and that of all others succeeds. */
  bad(...revisions: readonly string[]): void {
    Deno.writeTextFileSync(
      `${this.web.root}/a/shared/bad`,
      revisions.map((r) => `${r}\n`).join(""),
    );
  }

  async spool(): Promise<string> {
    return await this.fleet.spool("a.tgz", { v: `${this.#spooled++}`, "health.sh": HEALTH });
  }

  async bless(revision: string, ...flags: readonly string[]): Promise<void> {
    await this.fleet.ok(["jump", "--master", revision, ...flags]);
  }

  /** What a sync did: its exit code, what is active, and what it says besides. */
  async sync(...flags: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout } = await this.web.ftl(["sync", "--json", ...flags]);
    const [found] = JSON.parse(stdout).packages;
    const { activated, heldFrom, quarantined, rolledBack, pause } = found;
    const said = {
      activated,
      heldFrom,
      quarantined,
      wentBackTo: rolledBack?.to,
      pause: pause?.why,
    };
    const told = Object.entries(said).filter(([, value]) => value !== undefined && value !== null);
    return { code, active: found.active, ...Object.fromEntries(told) };
  }

  /** How often a health was asked for since the last call. */
  asked(): number {
    const path = `${this.web.root}/a/shared/asked`;
    const count = Deno.readTextFileSync(path).split("\n").length - 1;
    Deno.writeTextFileSync(path, "");
    return count;
  }

  /** The first one is active; the second one is blessed, not healthy, and in quarantine. */
  static async withQuarantine(): Promise<{ site: Site; good: string; bad: string }> {
    const site = new Site(await Fleet.start());
    const good = await site.spool();
    await site.bless(good);
    await site.sync();
    const bad = await site.spool();
    await site.bless(bad);
    site.bad(bad);
    await site.sync();
    site.asked();
    return { site, good, bad };
  }

  /** The blessed revision is left alone: exit 6, and no script of it runs. */
  async requireLeft(left: { good: string; bad: string }, ...flags: string[]): Promise<void> {
    const { good: active, bad: quarantined } = left;
    assertEquals(await this.sync(...flags), { code: 6, active, quarantined });
    assertEquals(this.asked(), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
  }
}

Deno.test("each row of the table: nothing, missing, active, held, in quarantine, paused, activated", async () => {
  await using site = new Site(await Fleet.start());
  const { web, fleet } = site;
  const pause = `${web.root}/a/.pause`;
  assertEquals(await site.sync(), { code: 0, active: null });
  const first = await site.spool();
  await site.bless(first);
  assertEquals(await site.sync(), { code: 0, active: first, activated: first });
  assertEquals(await site.sync(), { code: 0, active: first });

  const second = await site.spool();
  await site.bless(second);
  Deno.writeTextFileSync(pause, "a freeze");
  assertEquals(await site.sync(), { code: 0, active: first, pause: "a freeze" });
  Deno.removeSync(pause);
  site.bad(second);
  const back = { code: 6, active: first, quarantined: second };
  assertEquals(await site.sync(), { ...back, wentBackTo: first });
  assertEquals(await site.sync(), back);
  Deno.writeTextFileSync(pause, "a freeze");
  assertEquals(await site.sync(), back, "a quarantine comes before a pause");
  Deno.removeSync(pause);

  site.bad();
  await web.ok(["jump", second]);
  await web.ok(["jump-back", "a"]);
  Deno.writeTextFileSync(pause, "a freeze");
  const held = { code: 0, active: first, heldFrom: second };
  assertEquals(await site.sync(), held, "a hold comes before a pause");
  Deno.removeSync(pause);
  assertEquals(await site.sync("--follow"), { code: 0, active: second, activated: second });

  const third = await site.spool();
  await site.bless(third);
  for (const { key } of await fleet.bucket().list(`${third}.`)) await fleet.bucket().remove(key);
  assertEquals(await site.sync(), { code: 3, active: second });
});

Deno.test("a quarantine outlives syncs, polls, pauses, a candidate, a failing jump and the way back from it", async () => {
  const { site, ...left } = await Site.withQuarantine();
  await using _site = site;
  const { web } = site;
  await site.requireLeft(left);
  for (let i = 0; i < 2; i++) await site.requireLeft(left, "--list-every", "600");
  Deno.writeTextFileSync(`${web.root}/.pause`, "until 2020-01-01T00:00Z");
  await site.requireLeft(left);
  await site.spool();
  await site.requireLeft(left);
  await web.ok(["sync", "--dry-run", "--follow"]);
  await site.requireLeft(left);
  assertEquals((await web.ftl(["jump", left.bad])).code, 6);
  assertEquals(site.asked(), 1);
  await site.requireLeft(left);
  // `is blessed already`: this is no new blessing.
  await site.bless(left.bad);
  await site.requireLeft(left);
});

Deno.test("a quarantine ends by another blessing, and the same revision is tried when it is blessed after that", async () => {
  const { site, good, bad } = await Site.withQuarantine();
  await using _site = site;
  await site.bless(good);
  assertEquals(await site.sync(), { code: 0, active: good });
  await site.bless(bad);
  site.bad();
  assertEquals(await site.sync(), { code: 0, active: bad, activated: bad });
});

Deno.test("a quarantine ends by --again, for one more try", async () => {
  const { site, good, bad } = await Site.withQuarantine();
  await using _site = site;
  await site.bless(bad, "--again");
  assertEquals(await site.sync(), { code: 6, active: good, quarantined: bad, wentBackTo: good });
  assertEquals(site.asked(), 1);
  await site.requireLeft({ good, bad });
});

Deno.test("a quarantine ends by sync --follow, for one more try", async () => {
  const { site, good, bad } = await Site.withQuarantine();
  await using _site = site;
  const again = { code: 6, active: good, quarantined: bad, wentBackTo: good };
  assertEquals(await site.sync("--follow"), again);
  assertEquals(site.asked(), 1);
  await site.requireLeft({ good, bad });
  site.bad();
  assertEquals(await site.sync("--follow"), { code: 0, active: bad, activated: bad });
});

Deno.test("a quarantine ends by a jump here that succeeds, and by the removal of the revision", async () => {
  const { site, good, bad } = await Site.withQuarantine();
  await using _site = site;
  const { web, fleet } = site;
  site.bad();
  await web.ok(["jump", bad]);
  assertEquals(await site.sync(), { code: 0, active: bad });

  const other = await site.spool();
  await site.bless(other);
  site.bad(other);
  await site.sync();
  await site.bless(good);
  await site.sync();
  const quarantines = (): string => web.read("a/.ftl/bad.json");
  assertEquals(quarantines().includes(idOf(other)), true);
  for (const { key } of await fleet.bucket().list(`${other}.`)) await fleet.bucket().remove(key);
  await site.bless(bad);
  await site.sync();
  assertEquals(web.names("a/revs").includes(idOf(other)), false);
  assertEquals(web.names("a/.ftl").includes("bad.json"), false);
});
