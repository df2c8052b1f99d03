/** Machines whose disk is a copy of another one's: from an image, a snapshot, a backup. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { type Context, createContext, jumpMaster, spool, sync } from "../../mod.ts";
import { Fleet, idOf, Machine, type Ran } from "./fleet.ts";

const BUILDER = { FTL_MACHINE: "i-builder" };
const COPY = { FTL_MACHINE: "i-copy" };
const STEPS = ["pre-jump", "post-jump", "un-jump"];

/** Files of a revision whose scripts tell what they were given, in a file beside the packages. */
function files(
  { steps = STEPS, ...more }: {
    readonly steps?: readonly string[];
    readonly [name: string]: unknown;
  },
): Record<string, string> {
  const tell =
    "echo $FTL_HOOK $FTL_REVISION $FTL_ACTION $FTL_FIRST_DEPLOY >> $FTL_SHARED/../told\n";
  return {
    ...Object.fromEntries(steps.map((step) => [`${step}.sh`, `#!/bin/sh\n${tell}`])),
    ...Object.fromEntries(
      Object.entries(more).map(([name, then]) => [`${name}.sh`, `#!/bin/sh\n${tell}${then}\n`]),
    ),
  };
}

interface Image {
  readonly fleet: Fleet;
  readonly builder: Machine;
  readonly old: string;
  readonly baked: string;
}

/** A builder that runs the blessed revision of `a`, after an older one. */
async function image(baked: Parameters<typeof files>[0] = {}): Promise<Image> {
  const fleet = await Fleet.start();
  const builder = fleet.machine("builder", ["a"]);
  const revisions: string[] = [];
  for (const content of [{}, baked]) {
    revisions.push(await release(fleet, "a.tgz", { ...files(content), v: `${revisions.length}` }));
    await sync(contextOf(fleet, { FTL_ROOT: builder.root, ...BUILDER }));
  }
  const [old = "", last = ""] = revisions;
  return { fleet, builder, old, baked: last };
}

/** For commands in this process, which are quick. */
function contextOf(fleet: Fleet, env: Readonly<Record<string, string>> = {}): Context {
  fleet.bucket();
  return createContext({ ...fleet.env, ...env });
}

/** Spools a revision and blesses it. */
async function release(
  fleet: Fleet,
  name: string,
  content: Readonly<Record<string, string>>,
): Promise<string> {
  const context = contextOf(fleet);
  const { revision } = await spool(context, await fleet.pack(name, content));
  await jumpMaster(context, revision);
  return revision;
}

/** Copies the builder's disk as it is, and forgets what the scripts told there. */
async function copy({ fleet, builder }: Image, name = "copy"): Promise<Machine> {
  const root = `${fleet.folder.path}/${name}`;
  const { success } = await new Deno.Command("cp", { args: ["-a", builder.root, root] }).output();
  assertEquals(success, true);
  Deno.removeSync(`${root}/a/told`);
  return new Machine(fleet, root, []);
}

function told(machine: Machine): string[] {
  return machine.names("a").includes("told") ? machine.read("a/told").trimEnd().split("\n") : [];
}

function owner(machine: Machine, name = "a"): string {
  return JSON.parse(machine.read(`${name}/.ftl/machine.json`)).machine;
}

/** The warnings, which are for people. */
function warnings({ stderr }: Ran): string[] {
  return stderr.split("\n").filter((line) => line.startsWith("warning: "))
    .map((line) => line.slice("warning: ".length));
}

Deno.test("a copy keeps its revisions, downloads nothing, and runs post-jump once, as a first deploy", async () => {
  const made = await image();
  await using _fleet = made.fleet;
  const web = await copy(made);
  const kept = (): unknown => [
    web.link("a/current"),
    web.link("a/previous"),
    web.names("a/revs"),
    web.read(`a/.ftl/state/${idOf(made.old)}.json`),
    web.read("a/.ftl/master.json"),
  ];
  const before = kept();
  const first = await web.ftl(["sync", "--json"], { env: COPY });
  assertEquals(first.code, 0, first.stderr);
  const { packages: [found] } = readDocument("sync", first.stdout);
  assertEquals([found.fetched, found.activated, found.failures], [[], null, []]);
  assertEquals(warnings(first), [
    "a is a copy from i-builder; this machine is i-copy",
    "a: last-sync.json is dropped: its last sync",
    `${made.baked} is active on a copy: its post-jump runs here now`,
  ]);
  assertEquals(told(web), [`post-jump ${made.baked} adopt 1`]);
  assertEquals([owner(web), kept()], ["i-copy", before]);
  assertEquals(web.names("a/.ftl").includes("jump.json"), false);
  // The second sync has nothing to do.
  const second = await web.ftl(["sync", "--quiet"], { env: COPY });
  assertEquals([second.code, second.stderr, told(web).length], [0, "", 1]);
});

Deno.test("what the builder decided is dropped: its hold, its quarantine, its jump", async () => {
  const made = await image({ health: "exit 0" });
  await using _fleet = made.fleet;
  const { builder, old, baked } = made;
  await builder.ok(["jump", old], { env: BUILDER });
  const own = `${builder.root}/a/.ftl`;
  const { blessing } = JSON.parse(builder.read("a/.ftl/master.json"));
  const bad = [{ id: idOf(baked), blessing, at: "2026-11-25T14:00:00.000Z", reason: "it was bad" }];
  Deno.writeTextFileSync(`${own}/bad.json`, JSON.stringify(bad));
  const jump = { from: idOf(baked), to: idOf(old), action: "jump", phase: "rollback" };
  Deno.writeTextFileSync(`${own}/jump.json`, JSON.stringify(jump));
  const web = await copy(made);
  const planned = await web.ok(["sync", "--dry-run"], { env: COPY });
  assertEquals(planned, `activate\t${baked}`);
  const ran = await web.ftl(["sync"], { env: COPY });
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(warnings(ran), [
    "a is a copy from i-builder; this machine is i-copy",
    "a: hold.json is dropped: a local jump there",
    "a: bad.json is dropped: health that failed there",
    "a: jump.json is dropped: a jump that was under way there",
    "a: last-sync.json is dropped: its last sync",
  ]);
  // Another revision takes the place of the copied one, whose post-jump does not run. Here it is the first.
  assertEquals(told(web), [
    `pre-jump ${baked} sync 1`,
    `un-jump ${old} sync 1`,
    `post-jump ${baked} sync 1`,
    `health ${baked} sync 1`,
  ]);
  const left = ["hold.json", "bad.json", "jump.json"].filter((name) =>
    web.names("a/.ftl").includes(name)
  );
  assertEquals([left, owner(web)], [[], "i-copy"]);
});

Deno.test("a copy that is not healthy exits 6, stays as it is, and status says so", async () => {
  const made = await image({ health: "[ $FTL_ACTION != adopt ] || exit 100" });
  await using _fleet = made.fleet;
  const web = await copy(made);
  const ran = await web.ftl(["sync"], { env: COPY });
  assertEquals(ran.code, 6, ran.stderr);
  assertStringIncludes(ran.stderr, `${made.baked} health failed: exit 100`);
  assertMatch(ran.stderr, /it stays active/);
  assertEquals(web.link("a/current"), `revs/${idOf(made.baked)}`);
  assertEquals(told(web), [`post-jump ${made.baked} adopt 1`, `health ${made.baked} adopt 1`]);
  const { packages: [found] } = readDocument("status", await web.ok(["status", "--json"]));
  assertEquals([found.failedHealth.outcome.slice(0, 8), found.quarantine], ["exit 100", null]);
  assertEquals((await web.ftl(["sync"], { env: COPY })).code, 0);
});

Deno.test("the copied revision is adopted if the one that should take its place cannot", async () => {
  const made = await image();
  await using fleet = made.fleet;
  const refused = await release(
    fleet,
    "a.tgz",
    files({ steps: ["post-jump"], "pre-jump": "exit 1" }),
  );
  const unready = await copy(made, "unready");
  const first = await unready.ftl(["sync"], { env: COPY });
  assertEquals(first.code, 6, first.stderr);
  const adopted = `post-jump ${made.baked} adopt 1`;
  assertEquals(told(unready), [`pre-jump ${refused} sync 1`, adopted]);
  // The next sync tries the blessed one again, but the copied one has been adopted.
  assertEquals((await unready.ftl(["sync"], { env: COPY })).code, 6);
  assertEquals(told(unready).filter((line) => line === adopted).length, 1);

  const broken = await copy(made, "broken");
  const [{ key } = { key: "" }] = await fleet.bucket().list(`${refused}.`);
  fleet.server.addFault({ operation: "GetObject", key, fault: { kind: "access-denied" } });
  const second = await broken.ftl(["sync"], { env: COPY });
  assertEquals(second.code, 7, second.stderr);
  assertEquals(told(broken), [adopted]);
});

Deno.test("a sync of one package does not make the others look adopted", async () => {
  const made = await image();
  await using fleet = made.fleet;
  const { builder } = made;
  Deno.mkdirSync(`${builder.root}/b`);
  const b = await release(fleet, "b.tgz", files({}));
  await builder.ok(["sync"], { env: BUILDER });
  const web = await copy(made);
  Deno.removeSync(`${web.root}/b/told`);
  await web.ok(["sync", "a"], { env: COPY });
  assertEquals([owner(web), owner(web, "b"), web.names("b").includes("told")], [
    "i-copy",
    "i-builder",
    false,
  ]);
  await web.ok(["sync"], { env: COPY });
  assertEquals([owner(web, "b"), web.read("b/told")], ["i-copy", `post-jump ${b} adopt 1\n`]);
});

Deno.test("no copy: a root of FTL 0.1.0, a machine that gets a name, one name for all", async () => {
  const made = await image();
  await using _fleet = made.fleet;
  const { builder } = made;
  const before = told(builder);
  Deno.removeSync(`${builder.root}/a/.ftl/machine.json`);
  await builder.ok(["sync"]);
  assertEquals(JSON.parse(builder.read("a/.ftl/machine.json")).source === "FTL_MACHINE", false);
  await builder.ok(["sync"], { env: { FTL_MACHINE: "i-named" } });
  assertEquals([owner(builder), told(builder)], ["i-named", before]);
  const web = await copy(made);
  const ran = await web.ftl(["sync", "--quiet"], { env: { FTL_MACHINE: "i-named" } });
  assertEquals([ran.code, ran.stderr, told(web)], [0, "", []]);
});

Deno.test("an adoption that is killed goes on: in its post-jump, and in a jump that takes its place", async () => {
  const killOnce = "[ -e $FTL_SHARED/once ] || { touch $FTL_SHARED/once; kill -9 $FTL_PID; }";
  const made = await image({ "post-jump": `[ $FTL_ACTION != adopt ] || ${killOnce}` });
  await using fleet = made.fleet;
  const web = await copy(made);
  assertEquals((await web.ftl(["sync"], { env: COPY })).code, 137);
  const again = await web.ftl(["sync"], { env: COPY });
  assertEquals(again.code, 0, again.stderr);
  const adopted = `post-jump ${made.baked} adopt 1`;
  assertEquals(told(web), [adopted, adopted]);

  // The new revision is bad, and ftl is killed while it is asked: the copy must still go back, and remember.
  const health =
    `[ -e $FTL_SHARED/twice ] || { touch $FTL_SHARED/twice; kill -9 $FTL_PID; }; exit 100`;
  const bad = await release(fleet, "a.tgz", files({ health }));
  const other = await copy(made, "other");
  assertEquals((await other.ftl(["sync"], { env: COPY })).code, 137);
  const back = await other.ftl(["sync"], { env: COPY });
  assertEquals(back.code, 6, back.stderr);
  assertEquals(other.link("a/current"), `revs/${idOf(made.baked)}`);
  const idle = await other.ftl(["sync"], { env: COPY });
  assertStringIncludes(idle.stderr, `${bad} is in quarantine`);
});
