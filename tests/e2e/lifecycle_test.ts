import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../assert.ts";
import { readDocument } from "../documents.ts";
import { createHash } from "node:crypto";
import { Fleet, idOf, type Machine, programLine } from "./fleet.ts";

/** A fleet with three revisions of package a, the second blessed, and a machine in line with it. */
async function threeRevisions(): Promise<
  { fleet: Fleet; web: Machine; revisions: [string, string, string] }
> {
  const fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", { v: "1" });
  const second = await fleet.spool("a.tgz", { v: "2" });
  const third = await fleet.spool("a.tgz", { v: "3" });
  for (const revision of [first, second]) await fleet.ok(["jump", "--master", revision]);
  await web.ok(["sync"]);
  return { fleet, web, revisions: [first, second, third] };
}

Deno.test("jump-back toggles between the active and the previous revision, with all scripts", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const say = (v: string): Record<string, string> => ({
    v,
    "pre-jump.sh": `#!/bin/sh\necho "$FTL_ACTION pre ${v}"\n`,
    "post-jump.sh": `#!/bin/sh\necho "$FTL_ACTION post ${v}"\n`,
    "un-jump.sh": `#!/bin/sh\necho "$FTL_ACTION un ${v}"\n`,
  });
  const first = await fleet.spool("a.tgz", say("1"));
  const second = await fleet.spool("a.tgz", say("2"));
  await web.ok(["sync"]);
  const none = await web.ftl(["jump-back", "a"]);
  assertEquals(none.code, 3);
  assertStringIncludes(none.stderr, "ftl: No previous revision of a on this machine\nhint: ");
  for (const revision of [first, second]) await web.ok(["jump", revision]);
  for (const [to, from] of [[first, second], [second, first], [first, second]] as const) {
    const { code, stderr } = await web.ftl(["jump-back", "a"]);
    assertEquals(code, 0);
    assertEquals(web.link("a/current"), `revs/${idOf(to)}`);
    assertEquals(web.link("a/previous"), `revs/${idOf(from)}`);
    const [n, o] = to === first ? ["1", "2"] : ["2", "1"];
    assertEquals(stderr.split("\n").filter((line) => line.includes("| ")), [
      `${to} pre-jump| jump-back pre ${n}`,
      `${from} un-jump| jump-back un ${o}`,
      `${to} post-jump| jump-back post ${n}`,
    ]);
  }
});

Deno.test("jump-back --master blesses what was blessed before, and toggles", async () => {
  const { fleet, web, revisions: [first, second] } = await threeRevisions();
  await using _fleet = fleet;
  for (const [blessed, before] of [[first, second], [second, first]]) {
    await fleet.ok(["jump-back", "--master", "a", "-m", "back"]);
    const rev = await fleet.bucket().getSmall("a.rev");
    assertEquals(rev?.text, blessed);
    assertEquals(rev?.metadata["ftl-replaced"], idOf(before ?? ""));
    await web.ok(["sync"]);
    assertEquals(web.link("a/current"), `revs/${idOf(blessed ?? "")}`);
  }
  await fleet.spool("b.tgz", { v: "1" });
  const none = await fleet.ftl(["jump-back", "--master", "b"]);
  assertEquals(none.code, 3);
  assertMatch(none.stderr, /^ftl: No previous revision of b in s3:\/\/deploys\nhint: /);
});

Deno.test("purge refuses the active, the blessed and the previous revision by name", async () => {
  const { fleet, web, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  await web.ok(["jump", third]);
  const cases = [[third, "active"], [second, "blessed"]] as const;
  for (const [revision, why] of cases) {
    const { code, stderr } = await web.ftl(["purge", revision]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `ftl: Cannot remove ${revision}: it is ${why}\n`);
  }
  for (const [revision, why] of [[second, "blessed"], [first, "the previous one"]]) {
    const { code, stderr } = await fleet.ftl(["purge", "--master", revision ?? ""]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `ftl: Cannot remove ${revision}: it is ${why}\n`);
  }
  assertEquals((await fleet.bucket().list("a.")).length, 4);
  assertEquals(web.names("a/revs").length, 3);
});

Deno.test("purge removes one revision, here and in S3, after its pre-remove", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const extra = await fleet.spool("a.tgz", { "pre-remove.sh": "#!/bin/sh\necho bye\n" });
  await web.ok(["sync"]);
  const dry = await web.ftl(["purge", "--dry-run", extra]);
  assertEquals([dry.code, dry.stdout], [0, `remove\t${extra}\n`]);
  assert(web.names("a/revs").includes(idOf(extra)));
  const { code, stderr } = await web.ftl(["purge", extra]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${extra} pre-remove| bye\n`);
  assert(!web.names("a/revs").includes(idOf(extra)));
  assertEquals(web.names("a/.ftl/trash"), []);
  assertEquals(web.names("a/.ftl/state").includes(`${idOf(extra)}.json`), false);

  await web.ok(["sync"]);
  assert(web.names("a/revs").includes(idOf(extra)), "S3 still has it, so sync fetches it again");
  assertEquals((await fleet.ftl(["purge", "--master", extra])).code, 0);
  assertEquals((await fleet.ftl(["purge", "--master", extra])).code, 3);
  await web.ok(["sync"]);
  assert(!web.names("a/revs").includes(idOf(extra)), "purged from S3, so sync removes it");
});

Deno.test("purge --keep removes all but the newest and the protected", async () => {
  const { fleet, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  const more = [await fleet.spool("a.tgz", { v: "4" }), await fleet.spool("a.tgz", { v: "5" })];
  const dry = await fleet.ok(["purge", "--master", "--keep", "1", "a", "--dry-run"]);
  assertEquals(dry, `remove\t${third}\nremove\t${more[0]}`);
  await fleet.ok(["purge", "--master", "--keep", "1", "a"]);
  assertEquals(
    await fleet.ok(["list", "--master", "a"]),
    `${first}\n${second}\t(active)\n${more[1]}`,
  );
});

Deno.test("a pre-remove that fails keeps its revision, and sync says so each time", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const stubborn = await fleet.spool("a.tgz", { "pre-remove.sh": "#!/bin/sh\nexit 4\n" });
  await web.ok(["sync"]);
  await fleet.ok(["spool", await fleet.pack("a.tgz", { v: "2" })]);
  await fleet.ok(["purge", "--master", stubborn]);
  for (const args of [["sync"], ["sync"], ["purge", stubborn]]) {
    const { code, stderr } = await web.ftl(args);
    assertEquals(code, 6);
    assertStringIncludes(stderr, `ftl: ${stubborn} pre-remove failed: exit 4\n`);
    assert(web.names("a/revs").includes(idOf(stubborn)));
  }
});

Deno.test("an empty listing removes nothing and forgets nothing", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const before = web.names("a/revs");
  const bucket = fleet.bucket();
  for (const { key } of await bucket.list("")) await bucket.remove(key);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(web.names("a/revs"), before);
  assertNotEquals(web.link("a/current"), undefined);
  assertEquals(code, 0, stderr);
});

Deno.test("sync --dry-run shows what would be done, and does none of it", async () => {
  const { fleet, web, revisions: [first, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  await fleet.ok(["jump", "--master", third]);
  const fourth = await fleet.spool("a.tgz", { v: "4" });
  const before = [web.names("a/revs"), web.link("a/current"), web.names("a/.ftl")];
  const { code, stdout } = await web.ftl(["sync", "--dry-run"]);
  assertEquals([code, stdout], [0, `fetch\t${fourth}\nactivate\t${third}\nremove\t${first}\n`]);
  assertEquals([web.names("a/revs"), web.link("a/current"), web.names("a/.ftl")], before);
  assertEquals(web.link("a/current"), `revs/${idOf(second)}`);

  const fresh = fleet.machine("fresh", ["a"]);
  await fresh.ok(["sync", "--dry-run"]);
  assertEquals(fresh.names("a"), [], "not even FTL's own folder is made");
});

Deno.test("sync --splay waits no longer than it says", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  await web.ok(["sync", "--splay", "1"]);
  const { code, stderr } = await web.ftl(["sync", "--splay", "soon"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--splay is not a whole number: 'soon'");
});

Deno.test("status shows what runs, what should, and what a sync would do", async () => {
  const { fleet, web, revisions: [, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  assertMatch(
    await web.ok(["status"]),
    new RegExp(
      `^PACKAGE +a\nACTIVE +${second}\nBLESSED +${second}\nPREVIOUS +.*\nNEWEST +${third}\n` +
        "DISK .* k?B\nLAST SYNC +.* ago\nNEXT SYNC +nothing to do$",
    ),
  );
  await web.ok(["jump", third]);
  assertMatch(await web.ok(["status"]), new RegExp(`^ACTIVE +${third} \\(held\\)$`, "m"));
  await fleet.ok(["jump", "--master", third]);
  const { packages: [found] } = readDocument("status", await web.ok(["status", "a", "--json"]));
  assertEquals(
    [found.package, found.active, found.blessed, found.held, found.failures],
    ["a", third, third, false, []],
  );
  assertEquals([found.master.newest, found.master.activate, found.master.fetch], [third, null, []]);
  assert(found.disk > 0);
  // Each of the names is one that a command takes.
  await web.ok(["jump", found.previous]);
});

Deno.test("status shows that the active revision is gone, and the next sync brings it back", async () => {
  const { fleet, web, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  Deno.removeSync(`${web.root}/a/revs/${idOf(second)}`, { recursive: true });
  const gone = await web.ok(["status"]);
  assertMatch(gone, new RegExp(`^ACTIVE +${second} \\(gone\\)$`, "m"));
  assertMatch(gone, /^NEXT SYNC +fetch 1/m);
  const { packages: [found] } = readDocument("status", await web.ok(["status", "--json"]));
  assertEquals(found.master.fetch, [second]);
  await web.ok(["sync"]);
  assertMatch(await web.ok(["status"]), new RegExp(`^ACTIVE +${second}$`, "m"));
});

Deno.test("blessing the blessed revision again says that its message was not changed", async () => {
  const { fleet, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  const { code, stderr } = await fleet.ftl(["jump", "--master", second, "-m", "another"]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${second} is blessed already: its message was not changed`);
});

Deno.test("status tells what it knows without S3", async () => {
  const { fleet, web, revisions: [, second] } = await threeRevisions();
  await using _fleet = fleet;
  const local = await web.ok(["status"], { env: { FTL_BUCKET: undefined } });
  assertMatch(local, new RegExp(`^ACTIVE +${second}$[^]*^NEXT SYNC +\\?$`, "m"));
  const { code, stdout, stderr } = await web.ftl(["status"], {
    env: { AWS_SECRET_ACCESS_KEY: "x" },
  });
  assertEquals(code, 7);
  assertMatch(stdout, new RegExp(`^ACTIVE +${second}$`, "m"));
  assertEquals(stderr.match(/^ftl: /gm)?.length, 1);
  const json = await web.ftl(["status", "--json"], { env: { AWS_SECRET_ACCESS_KEY: "x" } });
  const { packages: [found], failures } = readDocument("status", json.stdout);
  assertEquals(failures, found.failures);
  assertEquals([json.code, found.failures[0].exitCode, found.active], [7, 7, second]);
});

Deno.test("list --master --long shows time, size, who, their message, and who blessed", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("a.tgz", { v: "1" });
  const revision = await fleet.ok(["spool", file, "-m", "gr\u00fcezi"]);
  await fleet.ok(["jump", "--master", revision, "-m", "ship it"]);
  const long = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(
    long,
    /^a\.\w{11} {2}\d{4}-\d\d-\d\dT\d\d:\d\dZ {2}\d+ B {2}tester@\S+ {2}\(active, blessed by tester@\S+: ship it\) {2}gr\u00fcezi$/,
  );
  const listed = await fleet.ok(["list", "--master", "--long", "a", "--json"]);
  const { revisions: [json] } = readDocument("list", listed);
  assertEquals([json.details.message, json.blessing.message], ["gr\u00fcezi", "ship it"]);
  assertMatch(json.details.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("why somebody went back stands at the revision that was left", async () => {
  const { fleet, revisions: [first, second] } = await threeRevisions();
  await using _fleet = fleet;
  await fleet.ok(["jump-back", "--master", "a", "-m", "login is broken"]);
  const long = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(
    long,
    new RegExp(`^${first} .*active, blessed by \\S+ instead of ${second}: login is broken`, "m"),
  );
  assertMatch(long, new RegExp(`^${second} .*previous, left by \\S+: login is broken`, "m"));
  const listed = await fleet.ok(["list", "--master", "--long", "a", "--json"]);
  const { revisions: found } = readDocument("list", listed);
  assertEquals(
    [found[0].blessing.replaced, found[0].left, found[1].left.message, found[1].blessing],
    [second, null, "login is broken", null],
  );
  // And on again: now the message is about the one that is blessed.
  await fleet.ok(["jump-back", "--master", "a", "-m", "it was the proxy"]);
  const again = await fleet.ok(["list", "--master", "--long", "a"]);
  assertMatch(again, new RegExp(`^${second} .*active, blessed by \\S+: it was the proxy`, "m"));
});

Deno.test("list --long without a package tells of each what is active, the newest, how many", async () => {
  const { fleet, web, revisions: [, second, third] } = await threeRevisions();
  await using _fleet = fleet;
  assertMatch(
    await web.ok(["list", "--long"]),
    new RegExp(`^a {2}active ${second} {2}newest ${third} {2}3 revisions$`),
  );
  assertMatch(
    await fleet.ok(["list", "--master", "--long"]),
    new RegExp(`^a {2}active ${second} {2}newest ${third} {2}3 revisions {2}\\d+ B$`),
  );
  const { packages: [local] } = readDocument("list", await web.ok(["list", "--long", "--json"]));
  assertEquals(local, { package: "a", active: second, held: false, newest: third, revisions: 3 });
  assertEquals(await web.ok(["list"]), "a");
});

Deno.test("a bucket of the Go original works unchanged", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["site"]);
  const bucket = fleet.bucket();
  const file = Deno.readFileSync(
    await fleet.pack("site.tgz", { v: "go\n", "ftl/post-spool": "echo original" }),
  );
  for (const id of ["201303057568Wq", "201303068000Ab"]) {
    await putBytes(fleet, `site.${id}.tgz`, file);
  }
  await bucket.put("site.current", "site.201303068000Ab\n", { metadata: {} });
  await bucket.put("site.previous", "site.201303057568Wq\n", { metadata: {} });
  assertEquals(
    await fleet.ok(["list", "--master", "site"]),
    "site.201303057568Wq\nsite.201303068000Ab\t(active)",
  );
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "site.201303068000Ab post-sync| original\n");
  assertEquals(web.link("site/current"), "revs/201303068000Ab");
  assertEquals(web.names("site/revs"), ["201303057568Wq", "201303068000Ab"]);

  await fleet.ok(["jump-back", "--master", "site"]);
  assertEquals((await bucket.getSmall("site.rev"))?.text, "site.201303057568Wq");
  await web.ok(["sync"]);
  assertEquals(web.link("site/current"), "revs/201303057568Wq");
  const next = await fleet.spool("site.tgz", { v: "new" });
  assert(next > "site.201303068000Ab", "FTL's ids sort after the original's");
});

Deno.test("a .rev written by hand, with a newline at its end, is read", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bucket().put("a.rev", `${revision}\n`, { metadata: {} });
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("a jump while another command holds the lock waits, then says who holds it", async () => {
  const { fleet, web, revisions: [first] } = await threeRevisions();
  await using _fleet = fleet;
  const lock = Deno.openSync(`${web.root}/a/.lock`, { read: true, write: true });
  lock.lockSync(true);
  lock.writeSync(new TextEncoder().encode("pid 4711, ftl sync, since 2026-11-22T00:00:00.000Z\n"));
  const { code, stderr } = await web.ftl(["jump", first], { env: { FTL_LOCK_WAIT: "1" } });
  assertEquals(code, 4);
  assertStringIncludes(stderr, "Waiting for a, locked by pid 4711, ftl sync, since 2026");
  assertStringIncludes(stderr, "ftl: a is locked by pid 4711, ftl sync, since 2026");
  assertEquals((await web.ftl(["list", "a"])).code, 0, "reading takes no lock");
  const waiting = web.ftl(["jump", first]);
  lock.close();
  assertEquals((await waiting).code, 0, "it goes on once the lock is free");
});

Deno.test("a script that calls ftl on its own package fails fast instead of waiting for itself", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const program = programLine().join(" ");
  const revision = await fleet.spool("a.tgz", {
    "pre-jump.sh": `#!/bin/sh\nexec ${program} jump-back a\n`,
  });
  await web.ok(["sync"]);
  const { code, stderr } = await web.ftl(["jump", revision]);
  assertEquals(code, 6);
  assertStringIncludes(stderr, "ftl: Cannot lock a: this is its own pre-jump script");
  assertEquals(web.link("a/current"), undefined);
});

Deno.test("two syncs at once never fetch the same revision twice", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  fleet.server.clearLog();
  const results = await Promise.all([1, 2, 3].map(() => web.ftl(["sync"])));
  assertEquals(results.map(({ code }) => code), [0, 0, 0]);
  const fetches = fleet.server.log.filter(({ key }) => key === `${revision}.tgz`);
  assertEquals(fetches.length, 1);
});

Deno.test("what a killed sync left behind is gone after the next one", async () => {
  const { fleet, web } = await threeRevisions();
  await using _fleet = fleet;
  const before = web.names("a/.ftl");
  for (const path of ["staging/Vabcdefghij/deep", "aside/17", "trash/Vabcdefghij.x/deep"]) {
    Deno.mkdirSync(`${web.root}/a/.ftl/${path}`, { recursive: true });
    Deno.writeTextFileSync(`${web.root}/a/.ftl/${path}/file`, "half");
  }
  await web.ok(["sync"]);
  assertEquals(web.names("a/.ftl/staging"), []);
  assertEquals(web.names("a/.ftl/trash"), []);
  assertEquals(web.names("a/.ftl"), before);
});

Deno.test("a jump that was killed after the switch has its post-jump run by the next command", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const flag = `${fleet.folder.path}/flag`;
  const revision = await fleet.spool("a.tgz", {
    // The first time it kills the ftl that waits for it.
    "post-jump.sh":
      `#!/bin/sh\ntest -e ${flag} && { echo started; exit 0; }\ntouch ${flag}\nkill -9 $PPID\n`,
  });
  await web.ok(["sync"]);
  const killed = await web.ftl(["jump", revision]);
  assertNotEquals(killed.code, 0);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, `${revision} post-jump| started\n`);
  assertStringIncludes(stderr, `The jump to ${revision} was cut short: its post-jump ran now`);
  assertEquals((await web.ftl(["sync"])).stderr.includes("post-jump"), false);
});

Deno.test("a revision whose post-sync was never finished is prepared by the next sync", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const flag = `${fleet.folder.path}/flag`;
  const revision = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\ntest -e ${flag} && exit 0\ntouch ${flag}\nkill -9 $PPID\n`,
  });
  await fleet.ok(["jump", "--master", revision]);
  assertNotEquals((await web.ftl(["sync"])).code, 0);
  assertEquals(web.link("a/current"), undefined);
  const refused = await web.ftl(["jump", revision]);
  assertEquals(refused.code, 6);
  assertStringIncludes(refused.stderr, "its post-sync has not run yet");
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("a script that deletes its own revision stops the jump", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await web.ok(["sync"]);
  await web.ok(["jump", good]);
  const bad = await fleet.spool("a.tgz", {
    "pre-jump.sh": '#!/bin/sh\nrm -rf "$FTL_REVISION_DIR"\n',
  });
  await web.ok(["sync"]);
  const { code, stderr } = await web.ftl(["jump", bad]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, `ftl: No revision ${bad} on this machine\n`);
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
});

/** Puts bytes there as another tool would: without FTL's metadata. */
async function putBytes(fleet: Fleet, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await fleet.bucket().upload(key, {
    size: bytes.length,
    partSize: bytes.length,
    partSha256: [createHash("sha256").update(bytes).digest("base64")],
    read: (offset, length) => bytes.slice(offset, offset + length),
  }, { metadata: {}, concurrency: 1 });
}

Deno.test("a store without conditional writes is written to plainly, with a warning", async () => {
  await using fleet = await Fleet.start();
  for (const method of ["PUT", "POST"]) {
    fleet.server.addFault({ method, fault: { kind: "no-conditional-writes" } });
  }
  const spooled = await fleet.ftl(["spool", await fleet.pack("a.tgz", { v: "1" })]);
  assertEquals(spooled.code, 0, spooled.stderr);
  assertMatch(
    spooled.stderr,
    /^warning: The store of s3:\/\/deploys does not know conditional writes/m,
  );
  const revision = spooled.stdout.trim();
  const blessed = await fleet.ftl(["jump", "--master", revision]);
  assertEquals(blessed.code, 0, blessed.stderr);
  assertEquals((await fleet.bucket().getSmall("a.rev"))?.text, revision);
  const big = fleet.folder.write("big.bin", new Uint8Array(17_000_000));
  const large = await fleet.ftl(["spool", big]);
  assertEquals(large.code, 0, large.stderr);
});

Deno.test("a removal that is killed in pre-remove leaves post-sync to be run again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", {
    "post-sync.sh": '#!/bin/sh\necho >> "$FTL_ROOT/made"\n',
    "pre-remove.sh": '#!/bin/sh\n[ -e "$FTL_ROOT/killed" ] && exit\n' +
      'touch "$FTL_ROOT/killed"\nkill -s KILL "$FTL_PID"\n',
  });
  const others = [await fleet.spool("a.tgz", { v: "2" }), await fleet.spool("a.tgz", { v: "3" })];
  const codes: number[] = [];
  for (const revision of [first, ...others]) {
    await fleet.ok(["jump", "--master", revision]);
    codes.push((await web.ftl(["sync"], { env: { FTL_KEEP: "1" } })).code);
  }
  assertEquals([codes, web.read("made")], [[0, 0, 137], "\n"]);
  await fleet.ok(["jump", "--master", first]);
  await web.ok(["sync"]);
  assertEquals([web.link("a/current"), web.read("made")], [`revs/${idOf(first)}`, "\n\n"]);
});

Deno.test("a revision that is blessed while others are removed stays", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revisions: string[] = [];
  // The removal of the first takes a turn of its own, in which another sync learns that the second is blessed.
  const slow = '#!/bin/sh\nsleep 0.3\nread -r id < "$FTL_ROOT/next"\n' +
    'printf \'{"version":"v","blessed":"%s"}\' "$id" > "$FTL_ROOT/a/.ftl/master.json"\n';
  for (const files of [{ "pre-remove.sh": slow }, { v: "2" }, { v: "3" }]) {
    revisions.push(await fleet.spool("a.tgz", files));
  }
  await web.ok(["sync"], { env: { FTL_KEEP: "3" } });
  const [, second = ""] = revisions;
  Deno.writeTextFileSync(`${web.root}/next`, `${idOf(second)}\n`);
  await web.ok(["purge", "a", "--keep", "0"]);
  assertEquals(web.names("a/revs"), [idOf(second)]);
});
