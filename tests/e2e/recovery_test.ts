import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../assert.ts";
import { Fleet, idOf, programLine, startProgram } from "./fleet.ts";
import { isRunning } from "./running.ts";

Deno.test("a hold is over for good once another revision was blessed, also when the old one comes back", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const old = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", old]);
  await web.ok(["sync"]);
  const canary = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await web.ok(["jump", canary]);
  await fleet.ok(["jump", "--master", canary]);
  await web.ok(["sync"]);
  await fleet.ok(["jump-back", "--master", "a"]);
  const { stderr } = await web.ftl(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(old)}`, stderr);
});

Deno.test("a hold is over though the machine slept while another revision was blessed in between", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const [b, c, x] = [
    await fleet.spool("a.tgz", { v: "b" }),
    await fleet.spool("a.tgz", { v: "c" }),
    await fleet.spool("a.tgz", { v: "x" }),
  ];
  await fleet.ok(["jump", "--master", b]);
  await web.ok(["sync"]);
  await web.ok(["jump", x]);
  await fleet.ok(["jump", "--master", c]);
  await nextSecond();
  await fleet.ok(["jump-back", "--master", "a"]);
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(b)}`);
});

Deno.test("broken packages do not keep the others from syncing, from status or from a dry run", async () => {
  await using fleet = await Fleet.start();
  const names = ["a0", "a1", "a2", "b3", "b4", "b5"];
  const web = fleet.machine("web", names);
  Deno.mkdirSync(`${web.root}/a0/current`);
  for (const name of names) {
    await fleet.ok(["jump", "--master", await fleet.spool(`${name}.tgz`, { v: name })]);
  }
  const env = { FTL_CONCURRENCY: "1" };
  const plans = await web.ftl(["sync", "--dry-run"], { env });
  assertEquals(plans.code, 7);
  assertEquals(plans.stdout.match(/^activate\t/gm)?.length, names.length - 1);
  const { code, stderr } = await web.ftl(["sync"], { env });
  assertEquals(code, 7, stderr);
  assertStringIncludes(stderr, "a0/current is not a link");
  for (const name of names.slice(1)) assertNotEquals(web.link(`${name}/current`), undefined, name);
  const status = await web.ftl(["status"]);
  assertEquals(status.code, 7);
  assertMatch(status.stdout, /^PACKAGE +b5$/m);
});

Deno.test("a pointer that makes no sense, is empty or too large, is mended by blessing a revision", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  for (const text of ["total garbage!", "", "x".repeat(5000)]) {
    await fleet.bucket().put("a.rev", text, { metadata: {} });
    const synced = await web.ftl(["sync"]);
    assertEquals(synced.code, 5, synced.stderr);
    assertMatch(synced.stderr, /a\.rev (in S3 names no revision of a|is no pointer to a revision)/);
    assertStringIncludes(synced.stderr, "hint: Bless one again: ftl jump --master a.<id>");
    const listed = await fleet.ftl(["list", "--master", "a"]);
    assertEquals([listed.code, listed.stdout], [0, `${revision}\n`]);
    await fleet.ok(["jump", "--master", revision]);
    await web.ok(["sync"]);
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
  }
});

Deno.test("an empty .previous of the Go original counts as none", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bucket().put("a.current", revision, { metadata: {} });
  await fleet.bucket().put("a.previous", "", { metadata: {} });
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("what is not wanted is removed though the blessed revision cannot be activated", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", good]);
  await web.ok(["sync"]);
  const bad = await fleet.spool("a.tgz", { "post-sync.sh": "#!/bin/sh\nexit 1\n" });
  await fleet.ok(["jump", "--master", bad]);
  for (let i = 0; i < 4; i++) {
    await fleet.spool("a.tgz", { v: `later ${i}` });
    assertEquals((await web.ftl(["sync"], { env: { FTL_KEEP: "1" } })).code, 6);
  }
  const kept = web.names("a/revs");
  assertEquals(kept.length, 3, "what runs, the blessed one, and one candidate");
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
});

Deno.test("a hang-up ends the script with its process group, and a second signal at once", async () => {
  await using fleet = await Fleet.start();
  for (const signals of [["SIGHUP"], ["SIGTERM", "SIGTERM"]] as const) {
    const [first, second] = signals;
    const web = fleet.machine(`web-${signals.length}`, ["a"]);
    const told = `${fleet.folder.path}/${signals.length}`;
    // The stubborn one tells that the first signal has come through, and goes on. It waits by `wait`, which a
    // signal ends: a child that is just being started may not hear it.
    const stubborn = second === undefined ? "" : `trap 'echo > ${told}.taken' TERM\n`;
    await fleet.spool("a.tgz", {
      "post-sync.sh":
        `#!/bin/sh\n${stubborn}echo $$ > ${told}.new; mv ${told}.new ${told}.pid\nwhile :; do sleep 300 & wait; done\n`,
    });
    const env = { ...fleet.env, FTL_ROOT: web.root, FTL_KEEP: "1" };
    const child = startProgram(["sync"], { cwd: web.root, env });
    const output = child.output();
    await appears(`${told}.pid`, output);
    child.kill(first);
    if (second !== undefined) {
      await appears(`${told}.taken`, output);
      child.kill(second);
    }
    assertEquals((await output).code, first === "SIGHUP" ? 129 : 143);
    const pid = Deno.readTextFileSync(`${told}.pid`).trim();
    assert(!await isRunning(pid), `${signals} ends the script`);
  }
});

Deno.test("a jump that was killed before it switched starts again what un-jump had stopped", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const service = `${fleet.folder.path}/service`;
  const old = await fleet.spool("a.tgz", {
    "post-jump.sh": `#!/bin/sh\necho started > ${service}\n`,
    "un-jump.sh": `#!/bin/sh\necho stopped > ${service}\nkill -9 $PPID\n`,
  });
  await fleet.ok(["jump", "--master", old]);
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

Deno.test("post-sync cannot jump its own package, a daemon that it left behind can", async () => {
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

/** S3 tells the time of an object to the second. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits for a file that a script writes; fails where the command ends before that. */
async function appears(path: string, output: Promise<Deno.CommandOutput>): Promise<void> {
  let ended: Deno.CommandOutput | undefined;
  output.then((found) => ended = found);
  for (;;) {
    try {
      await Deno.stat(path);
      return;
    } catch {
      assert(ended === undefined, `ended early: ${new TextDecoder().decode(ended?.stderr)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
