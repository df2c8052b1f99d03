/** Package scripts as processes: their time, children, daemons and output. */
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { until } from "../until.ts";
import { Fleet, idOf, startProgram } from "./fleet.ts";
import { isRunning } from "./running.ts";

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
