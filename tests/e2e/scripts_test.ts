/** Package scripts: when they run, what they get, and what their failures do. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { until } from "../until.ts";
import { Fleet, idOf, type Machine, startProgram } from "./fleet.ts";
import { isRunning } from "./running.ts";

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
  await fleet.ok(["jump", "--master", second]);
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
    await fleet.ok(["jump", "--master", revision]);
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
  await fleet.ok(["jump", "--master", revision]);
  await web.ok(["sync"]);
  assertEquals(told(web).map((line) => line.split(" ")[0]), ["post-sync", "pre-jump", "post-jump"]);
});

Deno.test("a revision whose post-sync fails is never activated, and the next sync tries it again", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const good = await fleet.spool("a.tgz", { v: "1" });
  await fleet.ok(["jump", "--master", good]);
  await web.ok(["sync"]);
  const flag = `${fleet.folder.path}/flag`;
  const bad = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\ntest -e ${flag} || exit 3\n`,
  });
  await fleet.ok(["jump", "--master", bad]);

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

Deno.test("a script that takes too long is ended with all its children", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const pids = `${fleet.folder.path}/pids`;
  const revision = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\nsleep 300 & echo $! > ${pids}\nwait\n`,
  });
  const { code, stderr } = await web.ftl(["sync"], { env: { FTL_HOOK_TIMEOUT: "1" } });
  assertEquals(code, 6);
  assertStringIncludes(stderr, `${revision} post-sync failed: it took longer than`);
  assert(!await isRunning(Deno.readTextFileSync(pids).trim()), "the child of the script is gone");
});

Deno.test("ftl does not wait for a daemon that a script leaves behind", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const pids = `${fleet.folder.path}/pids`;
  const revision = await fleet.spool("a.tgz", {
    "post-sync.sh": `#!/bin/sh\nsleep 300 & echo $! > ${pids}\necho started\n`,
  });
  const { code, stderr } = await web.ftl(["sync"]);
  const pid = Number(Deno.readTextFileSync(pids));
  Deno.kill(pid, "SIGKILL");
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${revision} post-sync| started\n`);
});

Deno.test("a daemon that a script leaves behind outlives ftl, whatever it prints", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", {
    "post-jump.sh": "#!/bin/sh\nmkfifo go\n" +
      '(read word < go; echo "$word"; echo once more; : > printed) &\n' +
      "echo started\n",
  });
  await web.ok(["sync"]);
  await web.ok(["jump", revision]);
  const folder = `a/revs/${idOf(revision)}`;
  await Deno.writeTextFile(`${web.root}/${folder}/go`, "hello\n");
  await until(() => web.names(folder).includes("printed"), "the daemon's last step");
  const [log = ""] = web.names("a/.ftl/log");
  const isThere = (): boolean => web.read(`a/.ftl/log/${log}`).endsWith("\nhello\nonce more\n");
  await until(isThere, "what the daemon prints");
});

Deno.test("ftl does not wait for a daemon that goes on printing", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const pids = `${fleet.folder.path}/pids`;
  const revision = await fleet.spool("a.tgz", {
    "post-jump.sh": `#!/bin/sh\nyes tick &\necho $! > ${pids}\necho started\n`,
  });
  await web.ok(["sync"]);
  let isOver = false;
  const jump = web.ftl(["jump", revision]).finally(() => isOver = true);
  try {
    await until(() => isOver, "the end of the jump");
  } finally {
    Deno.kill(Number(Deno.readTextFileSync(pids)), "SIGKILL");
  }
  const { code, stderr } = await jump;
  assertEquals(code, 0);
  assertStringIncludes(stderr, `${revision} post-jump| tick\n`);
});

Deno.test("a script whose ftl is killed runs to its end, and the next ftl finds the lock free", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const go = `${fleet.folder.path}/go`;
  const revision = await fleet.spool("a.tgz", {
    "pre-jump.sh": `#!/bin/sh\ntest -e ${go} && exit 0\nmkfifo ${go}\n` +
      `echo migrating\nread word < ${go}\necho more\necho and more\n: > migrated\n`,
  });
  await web.ok(["sync"]);
  const child = startProgram(["jump", revision], {
    cwd: web.root,
    env: { ...fleet.env, FTL_ROOT: web.root },
  });
  const output = child.output();
  const log = (): string => {
    const name = web.names("a/.ftl/log").find((found) => found.endsWith(".log"));
    return name === undefined ? "" : web.read(`a/.ftl/log/${name}`);
  };
  await until(() => log() === "migrating\n", "the script's first line");
  child.kill("SIGKILL");
  await output;
  await Deno.writeTextFile(go, "on\n");
  const folder = `a/revs/${idOf(revision)}`;
  await until(() => web.names(folder).includes("migrated"), "the end of the script");
  await until(() => log() === "migrating\nmore\nand more\n", "what it printed");
  await web.ok(["jump", revision]);
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("a script that floods gets a signal at once, and its log has a limit", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  await fleet.spool("a.tgz", { "post-sync.sh": "#!/bin/sh\n: > flooding\nexec yes\n" });
  const child = startProgram(["sync"], {
    cwd: web.root,
    env: { ...fleet.env, FTL_ROOT: web.root },
  });
  const output = child.output();
  const isFlooding = (): boolean =>
    web.names("a/revs").some((id) => web.names(`a/revs/${id}`).includes("flooding"));
  await until(isFlooding, "the flood");
  const sent = performance.now();
  child.kill("SIGTERM");
  const { code, stderr } = await output;
  assertEquals(code, 143);
  assert(performance.now() - sent < 8000, `${performance.now() - sent} ms`);
  assert(stderr.length < 8e6, `${stderr.length} bytes`);
  const [log = ""] = web.names("a/.ftl/log");
  const { size } = Deno.statSync(`${web.root}/a/.ftl/log/${log}`);
  assert(size <= 8 << 20, `${size} bytes`);
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
