/** Readers of what `ftl` prints that take nothing and stay. */
import { assert, assertEquals } from "../assert.ts";
import { Fleet, idOf, type Machine, programLine } from "./fleet.ts";

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

Deno.test("a reader that takes nothing keeps nobody from being deployed, and loses what is too much", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const line = "x".repeat(200);
  const script = `#!/bin/sh\ni=0; while [ $i -lt 2000 ]; do echo ${line}; i=$((i+1)); done\n`;
  const revision = await fleet.spool("a.tgz", { v: "1", "post-sync.sh": script });
  await fleet.ok(["jump", "--master", revision]);
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
