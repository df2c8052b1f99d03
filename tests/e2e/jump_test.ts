/** `ftl jump` on a machine: holds, locks, and interrupted jumps. */
import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "../assert.ts";
import { Fleet, idOf, programLine } from "./fleet.ts";
import { threeRevisions } from "./three_revisions.ts";

Deno.test("a jump waits while another command holds the lock, then says who holds it", async () => {
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

Deno.test("if a jump was killed after the switch, the next command runs its post-jump", async () => {
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
  assertStringIncludes(stderr, `The jump to ${revision} was cut short: its post-jump runs now`);
  assertEquals((await web.ftl(["sync"])).stderr.includes("post-jump"), false);
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

Deno.test("a hold ends for good when another revision is blessed, even if the old one is blessed again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const old = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(old);
  await web.ok(["sync"]);
  const canary = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await web.ok(["jump", canary]);
  await fleet.bless(canary);
  await web.ok(["sync"]);
  await fleet.ok(["jump-back", "--master", "a"]);
  const { stderr } = await web.ftl(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`, stderr);
});

Deno.test("a hold ends even if the machine slept while another revision was blessed in between", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const [b, c, x] = [
    await fleet.spool("a.tgz", { v: "b" }),
    await fleet.spool("a.tgz", { v: "c" }),
    await fleet.spool("a.tgz", { v: "x" }),
  ];
  await fleet.bless(b);
  await web.ok(["sync"]);
  await web.ok(["jump", x]);
  await fleet.bless(c);
  await nextSecond();
  await fleet.ok(["jump-back", "--master", "a"]);
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(b)}`);
});

Deno.test("if a jump was killed before the switch, the next command starts the old revision again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const service = `${fleet.folder.path}/service`;
  const old = await fleet.spool("a.tgz", {
    "post-jump.sh": `#!/bin/sh\necho started > ${service}\n`,
    "un-jump.sh": `#!/bin/sh\necho stopped > ${service}\nkill -9 $PPID\n`,
  });
  await fleet.bless(old);
  await web.ok(["sync"]);
  const next = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  assertNotEquals((await web.ftl(["jump", next])).code, 0);
  assertEquals(Deno.readTextFileSync(service), "stopped\n");
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(
    stderr,
    `The jump to ${next} was cut short before it switched: ${old} is still`,
  );
  assertEquals(Deno.readTextFileSync(service), "started\n");
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`);
});

Deno.test("post-sync cannot jump its own package, but a daemon that it left behind can", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const program = programLine().join(" ");
  const first = await fleet.spool("a.tgz", { v: "1" });
  await web.ok(["sync"]);
  await fleet.spool("a.tgz", { "post-sync.sh": `#!/bin/sh\n${program} jump ${first}\n` });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 6);
  assertStringIncludes(stderr, "ftl: Cannot lock a: this is its own post-sync script");
  assertEquals(web.link("a/current"), undefined);
  const daemon = { FTL_HOOK: "post-jump", FTL_PACKAGE: "a", FTL_PID: "1" };
  await web.ok(["jump", first], { env: daemon });
  assertEquals(web.link("a/current"), `revs/${idOf(first)}`);
});

/** S3 reports the time of an object in whole seconds. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a jump survives syncs until another revision is blessed", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(first);
  await web.ok(["sync"]);
  const second = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await web.ok(["jump", second]);
  const held = await web.ftl(["sync"]);
  assertMatch(
    held.stderr,
    new RegExp(`^${second}: held here by a jump, though ${first} is blessed`),
  );
  assertEquals(web.link("a/current"), `revs/${idOf(second)}`);
  await web.ok(["sync", "--follow"]);
  assertEquals(web.link("a/current"), `revs/${idOf(first)}`);

  await web.ok(["jump", second]);
  const third = await fleet.spool("a.tgz", { v: "3" });
  await fleet.bless(third);
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(third)}`);
});

Deno.test("on a copy, a jump before the first sync lasts until that sync, and a jump after it is held", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const [builder, copy] = ["i-builder", "i-copy"].map((name) => ({ env: { FTL_MACHINE: name } }));
  const tell = "#!/bin/sh\necho $FTL_HOOK $FTL_REVISION $FTL_ACTION >> $FTL_SHARED/told\n";
  const revisions: string[] = [];
  for (const v of ["1", "2"]) {
    const files = { v, "un-jump.sh": tell, "post-jump.sh": tell };
    revisions.push(await fleet.spool("a.tgz", files));
    await fleet.ok(["jump", "--master", revisions.at(-1) ?? ""]);
    await web.ok(["sync"], builder);
  }
  const [old = "", blessed = ""] = revisions;
  const told = (): string[] => web.read("a/shared/told").trimEnd().split("\n");
  const before = told().length;
  const cutShort = { from: idOf(old), to: idOf(blessed), action: "sync", phase: "jump" };
  Deno.writeTextFileSync(`${web.root}/a/.ftl/jump.json`, JSON.stringify(cutShort));
  await web.ok(["jump", old], copy);
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`);
  // The sync cannot tell this hold from one of the builder.
  const { code, stderr } = await web.ftl(["sync"], copy);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "a is a copy from i-builder; this machine is i-copy");
  assertStringIncludes(stderr, "hold.json is dropped");
  assertEquals(web.link("a/current"), `revs/${idOf(blessed)}`);
  await web.ok(["jump", old], copy);
  await web.ok(["sync"], copy);
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`);
  assertEquals(told().slice(before), [
    // Of the builder's jump.
    `post-jump ${blessed} sync`,
    `un-jump ${blessed} jump`,
    `post-jump ${old} jump`,
    `un-jump ${old} sync`,
    `post-jump ${blessed} sync`,
    `un-jump ${blessed} jump`,
    `post-jump ${old} jump`,
  ]);
});
