/** Notes and results: what is printed where, and what happens if it cannot be written. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { readDocument } from "../documents.ts";
import { Fleet, idOf, type Machine, programLine, type Ran } from "./fleet.ts";

Deno.test("a quiet sync prints a line for each change, and nothing if there is nothing to do", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const quiet = async (): Promise<string> => (await web.ftl(["sync", "--quiet"])).stderr;
  const first = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(first);
  assertMatch(
    await quiet(),
    new RegExp(`^${first}: fetched .*\n${first}: active\n$`),
  );
  assertEquals(await quiet(), "");
  const second = await fleet.spool("a.tgz", { v: "2" });
  await web.ok(["sync"]);
  await fleet.bless(second);
  assertEquals(await quiet(), `${second}: active, was ${first}\n`);
  // A person who jumps quietly wants no output.
  assertEquals((await web.ftl(["jump", "--quiet", first])).stderr, "");
});

Deno.test("the cron job leaves deployments and failures in the log, with the exit code", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(revision);
  assertMatch(await runCronLine(web), new RegExp(`\n${revision}: active\n$`));
  assertEquals(web.read("nice"), "10\n", "what serves comes first");
  assertEquals(await runCronLine(web), "");
  const log = await runCronLine(web, { FTL_BUCKET: "no-such-bucket" });
  assertMatch(log, /^ftl: No such bucket: no-such-bucket\n[^]*ftl: exit 3\n$/);
  fleet.folder.write("bin/renice", "#!/bin/sh\necho refused >&2\nexit 1\n", 0o755);
  assertEquals(await runCronLine(web), "", "without that it syncs all the same");
  const own = new Deno.Command("nice").outputSync().stdout;
  assertEquals(web.read("nice"), new TextDecoder().decode(own));
});

/**
 * The command of the crontab, with this program, with a `logger` that writes to stdout, and without the splay.
 */
async function runCronLine(web: Machine, env: Record<string, string> = {}): Promise<string> {
  const bin = web.fleet.folder.folder("bin");
  web.fleet.folder.write("bin/logger", '#!/bin/sh\nnice > "$FTL_ROOT/nice"\ncat\n', 0o755);
  const program = programLine().map((word) => `'${word}'`).join(" ");
  const line = /^\* \* \* \* \* root (.*)$/m.exec(await web.ok(["setup", "cron"]))?.[1] ?? "false";
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", line.replace("/usr/local/bin/ftl", program).replace(" --splay 30", "")],
    env: {
      ...web.fleet.env,
      FTL_ROOT: web.root,
      PATH: `${bin}:${web.fleet.env["PATH"]}`,
      ...env,
    },
    clearEnv: true,
    cwd: web.root,
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Runs a line of shell, in which `ftl` stands for the program. */
async function shell(machine: Machine, line: string): Promise<Ran> {
  const program = programLine().map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `ftl() { ${program} "$@"; }; ${line}`],
    cwd: machine.root,
    env: { ...machine.fleet.env, FTL_ROOT: machine.root },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * Places where notes are lost: a log on a full disk, a closed stderr, a reader that has gone, a limit of file
 * sizes.
 */
const LOST_NOTES = ["2>/dev/full", "2>&-", "2>&1 >/dev/null | true", "2>/dev/full >/dev/full"];

Deno.test("notes that cannot be written are lost, and the work goes on", async () => {
  await using fleet = await Fleet.start();
  const script = "#!/bin/sh\necho built; echo built >&2\n";
  const first = await fleet.spool("a.tgz", { v: "1", "post-sync.sh": script });
  const second = await fleet.spool("a.tgz", { v: "2", "post-sync.sh": script });
  for (const revision of [first, second]) await fleet.bless(revision);
  for (const [i, lost] of LOST_NOTES.entries()) {
    const web = fleet.machine(`web-${i}`, ["a"]);
    const synced = await shell(web, `ftl sync ${lost}`);
    assertEquals([synced.code, web.link("a/current")], [0, `revs/${idOf(second)}`], lost);
    const jumped = await shell(web, `ftl jump ${first} ${lost}`);
    assertEquals([jumped.code, web.link("a/current")], [0, `revs/${idOf(first)}`], lost);
  }
});

Deno.test("a log that may not grow any more does not end a sync", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", { v: "1" });
  await fleet.bless(revision);
  // The log is at the limit already. Small files can still be written.
  fleet.folder.write("log", "x".repeat(64 * 1024));
  const log = `${fleet.folder.path}/log`;
  const { code } = await shell(web, `ulimit -f 128; ftl sync 2>> ${log}`);
  assertEquals([code, web.link("a/current")], [0, `revs/${idOf(revision)}`]);
});

Deno.test("an error that cannot be written keeps its exit code", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  assertEquals((await shell(web, "ftl jump a.VZ5vQk8aR4G 2>/dev/full")).code, 3);
  assertEquals((await shell(web, "ftl nonsense 2>&-")).code, 2);
});

Deno.test("a spool whose notes are lost still gives the revision's name", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const file = await fleet.pack("a.tgz", { v: "1" });
  const { code, stdout } = await shell(web, `ftl spool ${file} 2>/dev/full`);
  assertEquals(code, 0);
  assertEquals(`${await fleet.ok(["list", "--master", "a"])}\n`, stdout);
});

Deno.test("a result that cannot be written is exit 7, and stderr has it if it is short", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a", "b"]);
  const file = await fleet.pack("a.tgz", { v: "1" });
  const spooled = await shell(web, `ftl spool --quiet ${file} >/dev/full`);
  const revision = await fleet.ok(["list", "--master", "a"]);
  assertEquals([spooled.code, spooled.stderr], [
    7,
    "ftl: Cannot write the result: the disk is full\n" +
    `hint: Everything else is done. The result is: ${revision}\n`,
  ]);
  for (const args of ["list", "list --json", "help", "--version", "setup iam", "status"]) {
    const { code, stderr } = await shell(web, `ftl ${args} >/dev/full`);
    assertEquals(code, 7, args);
    assertStringIncludes(stderr, "ftl: Cannot write the result: the disk is full\n");
  }
  // A sync has no result.
  assertEquals((await shell(web, "ftl sync >/dev/full")).code, 0);
});

Deno.test("a result whose reader has gone is no failure", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a", "b"]);
  for (const line of ["ftl list >&-", "set -e; { ftl list; echo $? >&2; } | true"]) {
    const { code, stderr } = await shell(web, line);
    assertEquals(code, 0, line);
    assert(!stderr.includes("ftl:"), stderr);
  }
});

/** ESC, the C1 CSI, a change of the writing direction, a hidden character. */
const ESCAPES = "\u001b[31mPWNED\u009b2J\u202e\u200b";
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202e]/;

Deno.test("control characters in other people's texts reach no terminal", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const message = `fix ${ESCAPES}`;
  const file = await fleet.pack("a.tgz", {
    "post-sync.sh":
      `#!/bin/sh\nprintf 'one\\ttwo\\r3 %%\\r4 ${ESCAPES}\\n'; printf '${ESCAPES}' >&2\n`,
  });
  const revision = await fleet.ok(["spool", file, "-m", message]);
  await fleet.ok(["jump", "--master", revision, "-m", message]);
  const shown = [
    await web.ftl(["sync"]),
    await web.ftl(["list", "--master", "--long", "a"]),
    await web.ftl(["list", "--master", "--long", "a", "--json"]),
    await web.ftl(["list", ESCAPES]),
    await web.ftl([ESCAPES, "--json"]),
    await web.ftl(["spool", `/nowhere/${ESCAPES}.tgz`]),
    await web.ftl(["spool", `/nowhere/${ESCAPES}.tgz`, "--verbose"], {
      env: { FORCE_COLOR: "1", NO_COLOR: undefined },
    }),
  ];
  for (const { stdout, stderr } of shown.slice(0, -1)) {
    assert(!UNSAFE.test(stdout), JSON.stringify(stdout));
    assert(!UNSAFE.test(stderr), JSON.stringify(stderr));
    assertStringIncludes(stdout + stderr, "PWNED");
  }
  // With colors, only FTL's own sequences.
  const colored = shown.at(-1)?.stderr ?? "";
  assert(colored.startsWith("\u001b[31mftl:\u001b[39m "), JSON.stringify(colored));
  assertEquals(colored.split("\u001b[31m").length, 2, JSON.stringify(colored));
  assertMatch(
    shown[0]?.stderr ?? "",
    /post-sync\| one\ttwo\n.* post-sync\| 3 %\n.* post-sync\| 4 \\x1b\[31mPWNED\\x9b2J\\u202e\\u200b\n/,
  );
});

Deno.test("JSON contains other people's texts, and is safe to print", async () => {
  await using fleet = await Fleet.start();
  const message = `fix ${ESCAPES}\u{e0041}`;
  const revision = await fleet.ok(["spool", await fleet.pack("a.tgz", { v: "1" }), "-m", message]);
  const json = await fleet.ok(["list", "--master", "--long", "a", "--json"]);
  assert(!UNSAFE.test(json), json);
  const { revisions: [found] } = readDocument("list", json);
  assertEquals([found.revision, found.details.message], [revision, message]);
});

/** Starts `ftl` with a stderr that nobody reads: a pipe holds 64 KiB. */
function startUnread(machine: Machine, args: string[]): Deno.ChildProcess {
  const [program = "", ...first] = programLine();
  return new Deno.Command(program, {
    args: [...first, ...args],
    env: { ...machine.fleet.env, FTL_ROOT: machine.root },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

Deno.test("a stalled reader delays no deployment, and loses notes that are too many", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const line = "x".repeat(200);
  const script = `#!/bin/sh\ni=0; while [ $i -lt 2000 ]; do echo ${line}; i=$((i+1)); done\n`;
  const revision = await fleet.spool("a.tgz", { v: "1", "post-sync.sh": script });
  await fleet.bless(revision);
  const synced = startUnread(web, ["sync"]);
  const { code } = await synced.status;
  assertEquals([code, web.link("a/current")], [0, `revs/${idOf(revision)}`]);
  const said = await new Response(synced.stderr).text();
  assert(said.length < 200_000, `${said.length}`);
});

Deno.test("notes and results that go to the same place keep their order", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const file = await fleet.pack("a.tgz", { v: "1" });
  const program = programLine().map((word) => `'${word}'`).join(" ");
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", `${program} spool ${file} 2>&1 | cat`],
    env: { ...fleet.env, FTL_ROOT: web.root },
    clearEnv: true,
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert(lines.length > 2);
  assertEquals(lines.at(-1), await fleet.ok(["list", "--master", "a"]));
});
