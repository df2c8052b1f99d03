/** Package scripts: when they run, what they get, and what their failures do. */
import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { Fleet, idOf, type Machine } from "./fleet.ts";

/** Scripts that write what they see into a file beside the root. */
function tellingScripts(
  names: readonly string[],
  exit: Readonly<Record<string, number>> = {},
): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of names) {
    files[name] = "#!/bin/sh\n" +
      'echo "$FTL_HOOK $FTL_ACTION of $FTL_REVISION from [$FTL_FROM_REVISION] first=$FTL_FIRST_DEPLOY"' +
      ' >> "$FTL_ROOT/told"\n' +
      `echo "${name} says hello"; exit ${exit[name] ?? 0}\n`;
  }
  return files;
}

const ALL = ["post-sync.sh", "pre-jump.sh", "post-jump.sh", "un-jump.sh", "pre-remove.sh"];

function told(machine: Machine): string[] {
  const lines = machine.names("").includes("told") ? machine.read("told").trim().split("\n") : [];
  Deno.writeTextFileSync(`${machine.root}/told`, "");
  return lines.filter((line) => line !== "");
}

Deno.test("package scripts run at each step, in order, with the facts that they need", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const first = await fleet.spool("a.tgz", tellingScripts(ALL));
  await web.ok(["sync"]);
  assertEquals(told(web), [`post-sync sync of ${first} from [] first=1`]);

  const jumped = await web.ftl(["jump", first]);
  assertEquals([jumped.code, jumped.stdout], [0, ""]);
  assertStringIncludes(jumped.stderr, `${first} pre-jump| pre-jump.sh says hello\n`);
  assertEquals(told(web), [
    `pre-jump jump of ${first} from [] first=1`,
    `post-jump jump of ${first} from [] first=1`,
  ]);
  assertEquals((await web.ftl(["jump", first])).code, 0);
  assertEquals(told(web), [], "already active: nothing to do");

  const second = await fleet.spool("a.tgz", { ...tellingScripts(ALL), v: "2" });
  await fleet.bless(second);
  await web.ok(["sync"]);
  assertEquals(told(web), [
    `post-sync sync of ${second} from [${first}] first=0`,
    `pre-jump sync of ${second} from [${first}] first=0`,
    `un-jump sync of ${first} from [${first}] first=0`,
    `post-jump sync of ${second} from [${first}] first=0`,
  ]);

  const third = await fleet.spool("a.tgz", { v: "3" });
  const fourth = await fleet.spool("a.tgz", { v: "4" });
  for (const revision of [third, fourth]) {
    await fleet.bless(revision);
    await web.ok(["sync"]);
  }
  await web.ok(["sync"]);
  assertEquals(told(web).filter((line) => line.startsWith("pre-remove")), [
    `pre-remove remove of ${first} from [${third}] first=0`,
    `pre-remove remove of ${second} from [${fourth}] first=0`,
  ]);
  assertEquals(web.names("a/revs"), [idOf(third), idOf(fourth)]);
});

Deno.test("scripts with the Go original's names run too", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool(
    "a.tgz",
    tellingScripts(["ftl/post-spool", "ftl/pre-jump", "ftl/post-jump"]),
  );
  await fleet.bless(revision);
  await web.ok(["sync"]);
  assertEquals(told(web).map((line) => line.split(" ")[0]), ["post-sync", "pre-jump", "post-jump"]);
});

Deno.test("a revision whose post-sync fails is never activated, and the next sync tries it again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(good);
  await web.ok(["sync"]);
  const flag = `${fleet.folder.path}/flag`;
  const bad = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\ntest -e ${flag} || exit 3\n`,
  });
  await fleet.bless(bad);

  const failed = await web.ftl(["sync"]);
  assertEquals(failed.code, 6);
  assertStringIncludes(failed.stderr, `ftl: ${bad} post-sync failed: exit 3\n`);
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
  const refused = await web.ftl(["jump", bad]);
  assertEquals(refused.code, 6);
  assertStringIncludes(refused.stderr, `ftl: Cannot activate ${bad}: its post-sync failed\n`);

  Deno.writeTextFileSync(flag, "");
  await web.ok(["sync"]);
  assertEquals(web.link("a/current"), `revs/${idOf(bad)}`);
});

Deno.test("a failing pre-jump stops the jump before any change", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", tellingScripts(ALL));
  await web.ok(["sync"]);
  await web.ok(["jump", good]);
  const bad = await fleet.spool("a.tgz", tellingScripts(ALL, { "pre-jump.sh": 9 }));
  await web.ok(["sync"]);
  told(web);
  const { code, stderr } = await web.ftl(["jump", bad]);
  assertEquals(code, 6);
  assertStringIncludes(stderr, `ftl: ${bad} pre-jump failed: exit 9\n`);
  assertEquals(told(web), [`pre-jump jump of ${bad} from [${good}] first=0`]);
  assertEquals(web.link("a/current"), `revs/${idOf(good)}`);
  assertEquals(web.link("a/previous"), undefined);
});

Deno.test("a new revision becomes active even if un-jump or post-jump fails", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const broken = tellingScripts(ALL, { "un-jump.sh": 7, "post-jump.sh": 8 });
  const first = await fleet.spool("a.tgz", broken);
  const second = await fleet.spool("a.tgz", { ...broken, v: "2" });
  await web.ok(["sync"]);
  assertEquals((await web.ftl(["jump", first])).code, 6);
  const { code, stderr } = await web.ftl(["jump", second]);
  assertEquals(code, 6);
  assertStringIncludes(stderr, `ftl: ${first} un-jump failed: exit 7\n`);
  assertStringIncludes(stderr, `ftl: ${second} post-jump failed: exit 8\n`);
  assertEquals(web.link("a/current"), `revs/${idOf(second)}`);
  assertEquals(web.link("a/previous"), `revs/${idOf(first)}`);
});

Deno.test("a script that is not executable is run by /bin/sh, in its revision's folder", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { "ftl/post-spool": "pwd; cat v", v: "from here\n" });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${revision} post-sync| ${web.root}/a/revs/${idOf(revision)}\n`);
  assertStringIncludes(stderr, `${revision} post-sync| from here\n`);
});

Deno.test("a failed script's error, and status, name the place of its output", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { "post-sync.sh": "#!/bin/sh\necho why; exit 3\n" });
  const { code, stderr } = await web.ftl(["sync"]);
  assertEquals(code, 6);
  const [name = ""] = web.names("a/.ftl/log");
  const path = `${web.root}/a/.ftl/log/${name}`;
  assertStringIncludes(
    stderr,
    `ftl: ${revision} post-sync failed: exit 3\nhint: What it printed is in ${path}\n`,
  );
  assertMatch(Deno.readTextFileSync(path), /^why\n\[ftl\] exit 3, after /);
  const { packages: [status] } = readDocument("status", await web.ok(["status", "--json"]));
  assertEquals([status.logs, status.lastLog], [`${web.root}/a/.ftl/log`, path]);
});

Deno.test("a broken link with a script's name fails its step", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { "pre-jump.sh": "#!/bin/sh\n", v: "1" });
  await web.ok(["sync"]);
  // Such a revision was spooled before FTL checked its scripts.
  const script = `${web.root}/a/revs/${idOf(revision)}/pre-jump.sh`;
  Deno.removeSync(script);
  Deno.symlinkSync("scripts/check.sh", script);
  const { code, stderr } = await web.ftl(["jump", revision]);
  assertEquals(code, 6);
  assertStringIncludes(
    stderr,
    `ftl: ${revision} pre-jump failed: cannot run pre-jump.sh: it is a link`,
  );
  assertEquals(web.link("a/current"), undefined);
});
