/** Both versions on one machine: locks that the other one holds, and what 0.1.0 does with what it does not know. */
import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "../assert.ts";
import { useCredentials } from "../credentials.ts";
import { noise } from "../commands/delta_archives.ts";
import { TempFolder, treeOf } from "../temp.ts";
import { until } from "../until.ts";
import { Fleet, idOf, type Machine, type Ran } from "./fleet.ts";
import { OlderFtl } from "./older_ftl.ts";
import { runHere } from "./run_here.ts";

type Version = "older" | "newer";

/** The command lines of both versions on a machine, in this process. */
function linesOn(
  machine: Machine,
  older: OlderFtl,
  more: Readonly<Record<string, string>> = {},
): Record<Version, (...args: string[]) => Promise<Ran>> {
  const env = { ...machine.fleet.env, FTL_ROOT: machine.root, ...machine.env, ...more };
  useCredentials(env);
  return {
    older: (...args) => older.runHere(args, env),
    newer: (...args) => runHere(args, env),
  };
}

function requireDone({ code, stdout, stderr }: Ran): string {
  assertEquals(code, 0, stderr);
  return stdout.trimEnd();
}

function active(machine: Machine): string {
  return machine.link("a/current")?.replace("revs/", "a.") ?? "nothing";
}

/** Its script shows that it has begun, and runs until the test ends it. */
const SLOW =
  '#!/bin/sh\ntouch "$FTL_ROOT/begun"\nuntil [ -e "$FTL_ROOT/go" ]; do sleep 0.05; done\n';

/** Runs a sync of one version until its script waits, does `meanwhile`, and lets it end. */
async function whileItRuns(
  web: Machine,
  running: Promise<Ran>,
  meanwhile: () => Promise<void>,
): Promise<Ran> {
  let ended: Ran | undefined;
  void running.then((ran) => ended = ran);
  try {
    await until(() => web.names(".").includes("begun") || ended !== undefined, "the script");
    assertEquals(ended, undefined);
    await meanwhile();
  } finally {
    for (const name of ["go", "begun"]) Deno.writeTextFileSync(`${web.root}/${name}`, "");
  }
  const ran = await running;
  for (const name of ["go", "begun"]) Deno.removeSync(`${web.root}/${name}`);
  return ran;
}

Deno.test("a lock that one version holds is respected by the other, and named", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const web = fleet.machine("web", ["a"]);
  const { older: byOlder, newer } = linesOn(web, older);
  const impatient = linesOn(web, older, { FTL_LOCK_WAIT: "0" });
  const blessed = requireDone(await newer("spool", await fleet.pack("a.tgz", { v: "1" })));
  requireDone(await newer("jump", "--master", blessed));
  // The lock's files are those of 0.1.0, which all can read.
  requireDone(await byOlder("sync"));
  const turns = [
    { holder: "0.1.0", holds: () => older.run(web, ["sync"]), asks: impatient.newer },
    { holder: "the present", holds: () => web.ftl(["sync"]), asks: impatient.older },
  ];
  for (const { holder, holds, asks } of turns) {
    for (const script of ["post-sync", "pre-jump"]) {
      const file = await fleet.pack("a.tgz", { v: `${holder} ${script}`, [`${script}.sh`]: SLOW });
      const next = requireDone(await newer("spool", file));
      requireDone(await newer("jump", "--master", next));
      fleet.server.clearLog();
      const before = active(web);
      const ran = await whileItRuns(web, holds(), async () => {
        for (const args of [["sync"], ...(script === "pre-jump" ? [["jump", blessed]] : [])]) {
          const { code, stderr } = await asks(...args);
          assertEquals([code, active(web)], [4, before], `${holder}, ${args}: ${stderr}`);
          assertMatch(stderr, /^ftl: (the sync of )?a is locked by pid [0-9]+, ftl sync, since /m);
        }
      });
      requireDone(ran);
      assertEquals(active(web), next);
      const fetches = fleet.server.log.filter(({ key }) => key === `${next}.tgz`);
      assertEquals(fetches.length, 1);
    }
  }
});

Deno.test("0.1.0 activates what is in quarantine, and the present FTL leaves it until the next blessing", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const web = fleet.machine("web", ["a"], { FTL_MACHINE: "i-1" });
  const { older: byOlder, newer } = linesOn(web, older);
  const good = requireDone(await newer("spool", await fleet.pack("a.tgz", { v: "1" })));
  requireDone(await newer("jump", "--master", good));
  requireDone(await newer("sync"));
  const health = { "health.sh": "#!/bin/sh\nexit 100\n" };
  const bad = requireDone(await newer("spool", await fleet.pack("a.tgz", health)));
  requireDone(await newer("jump", "--master", bad));
  assertEquals([(await newer("sync")).code, active(web)], [6, good]);
  requireDone(await byOlder("sync"));
  assertEquals(active(web), bad);
  for (const command of ["sync", "status", "doctor"]) {
    requireDone(await newer(command));
    assertEquals(active(web), bad);
  }
  // Whoever leaves it has one more try, which ends as the first one.
  requireDone(await newer("jump", good));
  assertEquals([(await newer("sync", "--follow")).code, active(web)], [6, good]);
  requireDone(await newer("jump-back", "--master", "a"));
  requireDone(await newer("sync"));
  assertEquals(active(web), good);
});

Deno.test("0.1.0 purges a rollout's candidate: machines that run it keep it, others stay on what is blessed", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  const [ahead, behind] = ["i-1", "i-2"].map((name) => {
    return fleet.machine(name, ["a"], { FTL_MACHINE: name, FTL_GROUP: "canary" });
  }) as [Machine, Machine];
  const { older: byOlder, newer } = linesOn(ahead, older);
  const { newer: onBehind } = linesOn(behind, older);
  const good = requireDone(await newer("spool", await fleet.pack("a.tgz", { v: "1" })));
  requireDone(await newer("jump", "--master", good));
  const next = requireDone(await newer("spool", await fleet.pack("a.tgz", { v: "2" })));
  requireDone(await newer("jump", "--master", next, "--group", "canary"));
  requireDone(await newer("sync"));
  requireDone(await byOlder("purge", "--master", next));
  for (const sync of [newer, onBehind]) requireDone(await sync("sync"));
  assertEquals([ahead, behind].map(active), [next, good]);
  assertStringIncludes(requireDone(await onBehind("status", "a")), "neither here nor in S3");
  // 0.1.0 on the machine that is ahead, and the end of the rollout.
  requireDone(await byOlder("sync"));
  assertEquals(active(ahead), good);
  requireDone(await newer("jump-back", "--master", "a"));
  for (const sync of [newer, onBehind]) requireDone(await sync("sync"));
  assertEquals([ahead, behind].map(active), [good, good]);
});

Deno.test("0.1.0 fetches what was spooled as a folder, whole, and a pause does not stop it", async () => {
  await using fleet = await Fleet.start();
  using older = new OlderFtl();
  using site = new TempFolder();
  const web = fleet.machine("web", ["a"]);
  const { older: byOlder, newer } = linesOn(web, older);
  site.write("bin/run.sh", "#!/bin/sh\n", 0o755);
  Deno.symlinkSync("bin/run.sh", `${site.path}/link`);
  for (const v of ["1", "2"]) {
    site.write("large", noise(300_000, 1));
    site.write("v", v);
    const revision = requireDone(await newer("spool", site.path, "--name", "a"));
    requireDone(await newer("jump", "--master", revision));
    Deno.writeTextFileSync(`${web.root}/a/.pause`, "a freeze");
    requireDone(await newer("sync"));
    assertNotEquals(active(web), revision);
    requireDone(await byOlder("sync"));
    assertEquals(active(web), revision);
    assertEquals(treeOf(`${web.root}/a/revs/${idOf(revision)}`), treeOf(site.path));
    Deno.removeSync(`${web.root}/a/.pause`);
    requireDone(await newer("verify", "a"));
  }
});
