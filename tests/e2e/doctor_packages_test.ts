/** `ftl doctor` on the packages of a machine: what it finds in their folders. */
import { assertEquals, assertMatch } from "../assert.ts";
import { healthy, remarks } from "./doctor_fleet.ts";
import { idOf, type Machine } from "./fleet.ts";

Deno.test("doctor warns of folders without a package in S3, and of a root without folders", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  Deno.mkdirSync(`${web.root}/my_sit`);
  const found = remarks(await web.ftl(["doctor"]));
  assertMatch(
    found[0] ?? "",
    /^warn {2}S3 list {2}s3:\/\/deploys has no revision of my_sit \| Spool/,
  );
  assertMatch(
    found[1] ?? "",
    /^warn {2}last sync {2}my_sit was never synced here \| Does the timer/,
  );
  const empty = fleet.machine("empty", []);
  const result = await empty.ftl(["doctor"]);
  assertEquals(result.code, 0);
  assertEquals(remarks(result), [
    `warn  root  ${empty.root} has no package's folder: a sync does nothing | ` +
    `mkdir ${empty.root}/<package>, for each package that this machine should run`,
  ]);
});

Deno.test("doctor reports the same finding of many packages once", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  for (let n = 1; n <= 32; n++) Deno.mkdirSync(`${web.root}/site${n}`);
  const found = remarks(await web.ftl(["doctor"]));
  assertEquals(found.length, 2, found.join("\n"));
  assertMatch(found[0] ?? "", / has no revision of site1, site10, .* and 27 more \| Spool/);
  assertMatch(
    found[1] ?? "",
    / site1 was never synced here; the same with site10, site11, .* and 26 more \| Does the/,
  );
});

/** The ways in which a package's folder can be wrong, each with the exit code and the finding. */
type DamageCase = [
  name: string,
  damage: (web: Machine, ids: { first: string; second: string }) => void,
  code: number,
  remark: RegExp,
];

function own(web: Machine, path: string, text: string): void {
  const full = `${web.root}/a/.ftl/${path}`;
  Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(full, text);
}

function relink(web: Machine, name: string, target: string): void {
  if (web.link(`a/${name}`) !== undefined) Deno.removeSync(`${web.root}/a/${name}`);
  Deno.symlinkSync(target, `${web.root}/a/${name}`);
}

const DAMAGE_CASES: DamageCase[] = [
  [
    "current leads nowhere",
    (web) => relink(web, "current", "revs/VZ5vQk8aR4G"),
    7,
    /^fail {2}links {2}\S+\/a\/current leads to revs\/VZ5vQk8aR4G, which is no revision here \| 'ftl list a'/,
  ],
  [
    "current leads elsewhere",
    (web) => relink(web, "current", "/usr/share"),
    7,
    /^fail {2}links {2}\S+\/a\/current leads to \/usr\/share, which is no revision here \| /,
  ],
  [
    "current is a folder",
    (web) => {
      Deno.removeSync(`${web.root}/a/current`);
      Deno.mkdirSync(`${web.root}/a/current`);
    },
    7,
    /^fail {2}links {2}\S+\/a\/current is not a link \| /,
  ],
  [
    "previous leads nowhere",
    (web) => relink(web, "previous", "revs/VZ5vQk8aR4G"),
    0,
    /^warn {2}links {2}\S+\/a\/previous leads to revs\/VZ5vQk8aR4G, which is no revision here \| /,
  ],
  [
    "a killed sync left staging",
    (web) => own(web, "staging/VZ5vQk8aR4G/f", ""),
    0,
    /^warn {2}unfinished {2}\S+\/\.ftl\/staging\/VZ5vQk8aR4G was left there \| 'ftl sync a' cleans/,
  ],
  [
    "a killed sync left folders aside",
    (web) => own(web, "aside/17/f", ""),
    0,
    /^warn {2}unfinished {2}\S+\/\.ftl\/aside was left there \| 'ftl sync a' cleans/,
  ],
  [
    "a killed sync left trash",
    (web) => own(web, "trash/VZ5vQk8aR4G.x/f", ""),
    0,
    /^warn {2}unfinished {2}\S+\/\.ftl\/trash\/VZ5vQk8aR4G\.x was left there \| /,
  ],
  [
    "a killed command left a half-written file",
    (web) => own(web, "hold.json.tmp", "["),
    0,
    /^warn {2}unfinished {2}\S+\/\.ftl\/hold\.json\.tmp was left there \| /,
  ],
  [
    "a killed jump left its journal",
    (web, { second }) => own(web, "jump.json", JSON.stringify({ to: second, action: "jump" })),
    0,
    /^warn {2}unfinished {2}a jump of a was cut short: its post-jump may not have run \| 'ftl sync a'/,
  ],
  [
    "the blessed revision's post-sync failed",
    (web, { second }) => own(web, `state/${second}.json`, '{"postSync":"failed"}'),
    6,
    /^fail {2}post-sync {2}The post-sync of a\.\S+ failed \| 'ftl sync a' runs it again/,
  ],
  [
    "another revision's post-sync failed",
    (web, { first }) => own(web, `state/${first}.json`, '{"postSync":"failed"}'),
    0,
    /^warn {2}post-sync {2}of a\.\S+ failed: it cannot be activated \| /,
  ],
  [
    "the active revision's post-jump failed",
    (web, { second }) =>
      own(
        web,
        `state/${second}.json`,
        '{"postSync":"ok","failedPostJump":{"at":"2026-11-25T16:41:00Z","outcome":"exit 3","log":"/l"}}',
      ),
    0,
    /^warn {2}post-jump {2}of a\.\S+ failed: exit 3 \| What it printed is in \/l\. It runs again with/,
  ],
  [
    "a jump was killed while the health was checked",
    (web, { second }) => own(web, "jump.json", JSON.stringify({ to: second, phase: "health" })),
    0,
    /^warn {2}unfinished {2}a jump of a was cut short: it is not known whether .* healthy \| 'ftl sync a'/,
  ],
  [
    "the active revision's health failed",
    (web, { second }) =>
      own(
        web,
        `state/${second}.json`,
        '{"postSync":"ok","failedHealth":{"at":"2026-11-25T16:41:00Z","outcome":"exit 1"}}',
      ),
    0,
    /^warn {2}health {2}of a\.\S+ failed: exit 1 \| It runs again with/,
  ],
  [
    "the package is paused",
    (web) => Deno.writeTextFileSync(`${web.root}/a/.pause`, "a freeze\n"),
    0,
    /^warn {2}pause {2}a is paused by \S+\/a\/\.pause: a freeze \| rm \S+\/a\/\.pause ends it/,
  ],
  [
    "a pause that was to end has no time",
    (web) => Deno.writeTextFileSync(`${web.root}/a/.pause`, "until 2026-12-01 06:00\n"),
    0,
    /: until 2026-12-01 06:00 \| It has no time as in 'until 2026-12-01T06:00Z': only rm \S+ ends it/,
  ],
  [
    "the last sync failed",
    (web) => own(web, "last-sync.json", `{"at":"${new Date().toISOString()}","failure":"no luck"}`),
    0,
    /^warn {2}last sync {2}of a failed: no luck \| 'ftl sync a' tries again/,
  ],
  [
    "the timer does not run",
    (web) => own(web, "last-sync.json", '{"at":"2020-01-01T00:00:00Z"}'),
    0,
    /^warn {2}last sync {2}of a was \d+ hours ago \| Does the timer run\?/,
  ],
  [
    "something else has the place of a folder of FTL's",
    (web) => {
      Deno.removeSync(`${web.root}/a/.ftl/trash`, { recursive: true });
      own(web, "trash", "");
    },
    7,
    /^fail {2}writable {2}Cannot write in \S+\/\.ftl\/trash: not a directory, to tester, uid \d+ \| Run/,
  ],
];

Deno.test("doctor reports each problem of a package", async (test) => {
  const { fleet, first, second } = await healthy();
  await using _fleet = fleet;
  for (const [index, [name, damage, code, remark]] of DAMAGE_CASES.entries()) {
    await test.step(name, async () => {
      const web = fleet.machine(`machine${index}`, ["a"], { FTL_MACHINE: `web-${index}` });
      await web.ok(["sync"]);
      damage(web, { first: idOf(first), second: idOf(second) });
      const result = await web.ftl(["doctor"]);
      assertMatch(remarks(result)[0] ?? "", remark);
      assertEquals(result.code, code);
    });
  }
});

Deno.test("doctor reports a hold, and how to end it", async () => {
  const { fleet, web, first, second } = await healthy();
  await using _fleet = fleet;
  await web.ok(["jump", first]);
  const result = await web.ftl(["doctor"]);
  assertEquals(result.code, 0);
  assertEquals(remarks(result), [
    `warn  holds  ${first} is held here by a jump, while ${second} is blessed | ` +
    `'ftl sync --follow a' ends the hold`,
  ]);
});

Deno.test("doctor reports who holds a lock, and does not call a running sync's files left over", async () => {
  const { fleet, web } = await healthy();
  await using _fleet = fleet;
  own(web, "staging/VZ5vQk8aR4G/f", "");
  using lock = Deno.openSync(`${web.root}/a/.ftl/sync.lock`, { write: true });
  lock.lockSync(true);
  Deno.writeTextFileSync(`${web.root}/a/.ftl/sync.lock`, "pid 7, ftl sync, since noon\n");
  const result = await web.ftl(["doctor"]);
  assertEquals(result.code, 0);
  assertEquals(remarks(result), [
    "warn  locks  the sync of a is locked by pid 7, ftl sync, since noon | " +
    "Others wait for it to end: look at that process if it takes too long",
  ]);
  lock.unlockSync();
  // The text of a killed holder does not count.
  assertMatch(remarks(await web.ftl(["doctor"]))[0] ?? "", /^warn {2}unfinished {2}/);
});

Deno.test("doctor exits with the code of the first problem, or with a script's if there is one", async () => {
  const { fleet, web, second } = await healthy();
  await using _fleet = fleet;
  relink(web, "current", "revs/VZ5vQk8aR4G");
  assertEquals((await web.ftl(["doctor"], { env: { FTL_KEEP: "x" } })).code, 2);
  own(web, `state/${idOf(second)}.json`, '{"postSync":"failed"}');
  assertEquals((await web.ftl(["doctor"], { env: { FTL_KEEP: "x" } })).code, 6);
});
