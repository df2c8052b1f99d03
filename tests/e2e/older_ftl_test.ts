/** Fleets in which some run FTL 0.1.0, and machines that change between it and the present one. */
import { assertEquals, assertMatch } from "../assert.ts";
import { Fleet, idOf, type Machine, PROGRAM } from "./fleet.ts";
import { testExecutable } from "../required_program.ts";
import { OlderFtl } from "./older_ftl.ts";

const NAMED = { FTL_MACHINE: "i-1" };

async function metadata(fleet: Fleet): Promise<Readonly<Record<string, string>>> {
  const { metadata = {} } = await fleet.bucket().head("a.rev") ?? {};
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
}

function active(machine: Machine): string {
  return machine.link("a/current")?.replace("revs/", "a.") ?? "nothing";
}

function own(machine: Machine, name: string): Record<string, unknown> {
  return JSON.parse(machine.read(`a/.ftl/${name}`));
}

/** A script that tells that it ran, in a file of the package's folder. */
function telling(more = ""): string {
  return `#!/bin/sh\necho $FTL_HOOK $FTL_REVISION >> $(dirname $FTL_CURRENT)/told\n${more}\n`;
}

async function blessInTurn(older: OlderFtl): Promise<void> {
  await using fleet = await Fleet.start();
  const [old, web] = [fleet.machine("old", ["a"]), fleet.machine("web", ["a"], NAMED)];
  const revisions: string[] = [];
  for (const v of ["1", "2"]) revisions.push(await fleet.spoolByCommand("a.tgz", { v }));
  const [first = "", second = ""] = revisions;
  const turns: readonly [revision: string, writer: "older" | "newer", args: string[]][] = [
    [first, "older", ["jump", "--master", first]],
    [second, "newer", ["jump", "--master", second]],
    [first, "older", ["jump-back", "--master", "a"]],
    [second, "newer", ["jump-back", "--master", "a"]],
    [second, "newer", ["jump", "--master", second, "--again"]],
  ];
  for (const [revision, writer, args] of turns) {
    if (writer === "older") await older.ok(old, args);
    else await fleet.ok(args);
    // The older writer knows nothing of the newer one's metadata, and drops it.
    assertEquals("ftl-serial" in await metadata(fleet), writer === "newer", args.join(" "));
    for (const ran of [await older.run(old, ["sync"]), await web.ftl(["sync"])]) {
      assertEquals(ran.code, 0, ran.stderr);
    }
    assertEquals([active(old), active(web)], [revision, revision], args.join(" "));
    for (const ran of [await older.run(old, ["sync", "-q"]), await web.ftl(["sync", "-q"])]) {
      assertEquals([ran.code, ran.stderr], [0, ""]);
    }
  }
  // What a newer ftl spools, an older one lists, and the other way round.
  const list = (text: string): string[] => text.match(/a\.\S+/g) ?? [];
  assertEquals(
    list(await older.ok(old, ["list", "--master", "a"])),
    list(await fleet.ok(["list", "--master", "a"])),
  );
}

Deno.test(
  "an older and a newer machine follow blessings that older and newer writers make in turn",
  async () => {
    using older = new OlderFtl();
    await blessInTurn(older);
  },
);

testExecutable("npm", "the executables of both do so too", async () => {
  using older = await OlderFtl.built(PROGRAM);
  await blessInTurn(older);
});

Deno.test(
  "a root goes from 0.1.0 to the present FTL and back: no download, no script, the hold stays",
  async () => {
    await using fleet = await Fleet.start();
    using older = new OlderFtl();
    const web = fleet.machine("web", ["a"], NAMED);
    const files = { "post-jump.sh": telling(), "post-sync.sh": telling() };
    const revisions: string[] = [];
    for (const v of ["1", "2"]) {
      revisions.push(await fleet.spoolByCommand("a.tgz", { v, ...files }));
    }
    const [first = "", second = ""] = revisions;
    await older.ok(web, ["jump", "--master", first]);
    await older.ok(web, ["sync"]);
    await older.ok(web, ["jump", second]);
    const told = (): string => web.read("a/told");
    const before = told();
    fleet.server.clearLog();
    const changes: readonly ("older" | "newer")[] = ["newer", "older", "newer", "older", "newer"];
    for (const version of changes) {
      for (const _ of [1, 2]) {
        const ran = version === "older" ? await older.run(web, ["sync"]) : await web.ftl(["sync"]);
        assertEquals(ran.code, 0, `${version}: ${ran.stderr}`);
        assertMatch(ran.stderr, /held/i, version);
      }
      assertEquals([active(web), told()], [second, before], version);
    }
    assertEquals(fleet.server.log.filter(({ key }) => key?.endsWith(".tgz")), []);
    assertEquals([own(web, "master.json")["schema"], own(web, "machine.json")["machine"]], [
      2,
      "i-1",
    ]);

    // A hold of the newer one is respected by the older one, and ends for both with the next blessing.
    await web.ok(["sync", "--follow"]);
    await web.ok(["jump", second]);
    await older.ok(web, ["sync"]);
    assertEquals(active(web), second);
    await fleet.ok(["jump", "--master", second]);
    await fleet.ok(["jump", "--master", first]);
    await older.ok(web, ["sync"]);
    assertEquals(active(web), first);
    assertEquals((await web.ftl(["sync", "-q"])).stderr, "");
  },
);

Deno.test(
  "an older ftl ends a jump whose health was being asked, and the newer one goes on from there",
  async () => {
    await using fleet = await Fleet.start();
    using older = new OlderFtl();
    const web = fleet.machine("web", ["a"], NAMED);
    const first = await fleet.spoolByCommand("a.tgz", { "post-jump.sh": telling() });
    await fleet.ok(["jump", "--master", first]);
    await web.ok(["sync"]);
    const second = await fleet.spoolByCommand("a.tgz", {
      "post-jump.sh": telling(),
      "health.sh": telling("kill -9 $FTL_PID"),
    });
    await fleet.ok(["jump", "--master", second]);
    assertEquals((await web.ftl(["sync"])).code, 137);
    assertEquals(own(web, "jump.json")["phase"], "health");
    await older.ok(web, ["sync"]);
    assertEquals([active(web), web.names("a/.ftl").includes("jump.json")], [second, false]);
    assertEquals(web.read("a/told").trimEnd().split("\n").slice(-2), [
      `health ${second}`,
      `post-jump ${second}`,
    ]);
    const ran = await web.ftl(["sync", "-q"]);
    assertEquals([ran.code, ran.stderr, active(web)], [0, "", second]);
  },
);

Deno.test(
  "a quarantine under an older writer's blessing lasts until that writer's next one",
  async () => {
    await using fleet = await Fleet.start();
    using older = new OlderFtl();
    const [writer, web] = [fleet.machine("writer", []), fleet.machine("web", ["a"], NAMED)];
    const good = await fleet.spoolByCommand("a.tgz", { v: "1" });
    await fleet.ok(["jump", "--master", good]);
    await web.ok(["sync"]);
    const flag = `${web.root}/healthy`;
    const bad = await fleet.spoolByCommand("a.tgz", {
      "health.sh": `#!/bin/sh\n[ -e ${flag} ] || exit 100\n`,
    });
    await older.ok(writer, ["jump", "--master", bad]);
    assertEquals((await web.ftl(["sync"])).code, 6);
    assertEquals([active(web), (await web.ftl(["sync"])).code], [good, 6]);
    Deno.writeTextFileSync(flag, "");
    assertEquals([active(web), (await web.ftl(["sync"])).code], [good, 6]);
    for (const revision of [good, bad]) await older.ok(writer, ["jump", "--master", revision]);
    await web.ok(["sync"]);
    assertEquals([active(web), web.names("a/.ftl").includes("bad.json")], [bad, false]);
    assertEquals(web.link("a/previous"), `revs/${idOf(good)}`);
  },
);
