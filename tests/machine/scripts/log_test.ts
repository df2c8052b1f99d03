/** Where a script's output goes. */
import { closeSync, openSync } from "node:fs";
import { createLog, cut, HEAD, KEPT, note } from "../../../src/machine/scripts/log.ts";
import { openPipe } from "../../../src/machine/scripts/pipe.ts";
import { asStream } from "../../../src/machine/scripts/start.ts";
import { FILE_LIMIT, trimLogs } from "../../../src/machine/scripts/log_folder.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";
import { until } from "../../until.ts";
import { Lab } from "./script_run.ts";
import { anId } from "../../names.ts";

const ID = anId("VZ5vQk8aR4G");
const MOD = new URL("../../../mod.ts", import.meta.url).pathname;

Deno.test("a script's output is in a log that only its owner can read, stdout and stderr in their order", async () => {
  using lab = new Lab();
  lab.write("post-sync.sh", "#!/bin/sh\necho one; echo two >&2; echo three; printf four; exit 3\n");
  const { lines } = await lab.run("post-sync");
  const [name = ""] = lab.logs();
  assertMatch(name, /^\d{8}T\d{6}\.\d{3}Z-VZ5vQk8aR4G-post-sync\.log$/);
  assertMatch(lab.log(name), /^one\ntwo\nthree\nfour\n\[ftl\] exit 3, after \d+\.\d s\n$/);
  assertEquals(lines, ["one", "two", "three", "four"]);
  const mode = (path: string): number => (Deno.statSync(path).mode ?? 0) & 0o777;
  assertEquals([mode(lab.pkg.logs), mode(`${lab.pkg.logs}/${name}`)], [0o700, 0o600]);
});

Deno.test("a script that opens its output by name loses nothing of its earlier output", async () => {
  using lab = new Lab();
  lab.write(
    "post-sync.sh",
    "#!/bin/sh\necho one; echo two > /dev/stderr; echo three > /dev/stdout; echo four\n",
  );
  assertEquals(await lab.run("post-sync"), {
    error: undefined,
    lines: ["one", "two", "three", "four"],
    warnings: [],
  });
});

Deno.test("the logs of the last runs of each script are kept", async () => {
  using lab = new Lab();
  lab.write("pre-jump.sh", "#!/bin/sh\necho once\n");
  lab.write("post-sync.sh", "#!/bin/sh\nexit 1\n");
  await lab.run("pre-jump");
  const old = lab.logs();
  for (let i = 0; i < KEPT + 2; i++) await lab.run("post-sync");
  const names = lab.logs();
  assertEquals(names.filter((name) => name.endsWith("-pre-jump.log")), old);
  assertEquals(names.filter((name) => name.endsWith("-post-sync.log")).length, KEPT);
  assertEquals(names.length, KEPT + 1, "nothing else is left");
});

Deno.test("a link in the place of the log folder is not followed, and the script runs all the same", async () => {
  using lab = new Lab();
  using elsewhere = new Lab();
  Deno.symlinkSync(elsewhere.path, lab.pkg.logs);
  lab.write("pre-jump.sh", "#!/bin/sh\necho hello\n");
  const { error, lines, warnings } = await lab.run("pre-jump");
  assertEquals([error, lines], [undefined, ["hello"]]);
  assertEquals(warnings, [
    `${lab.pkg.logs} is not a folder: what my_site.${ID} pre-jump prints is shown, but not kept`,
  ]);
  assertEquals([...Deno.readDirSync(elsewhere.path)], []);
});

Deno.test("a script does not notice that its log is on a full disk", async () => {
  using folder = new TempFolder();
  const full = openSync("/dev/full", "a+");
  const pipe = openPipe({ fd: full, folder: folder.path });
  assert(pipe !== undefined);
  // More than a pipe can hold, from a program that fails if it cannot write.
  const { success } = await new Deno.Command("/bin/sh", {
    args: ["-ec", "for i in 1 2 3 4 5; do head -c 100000 /dev/zero; echo; done"],
    stdin: "null",
    stdout: asStream(pipe.input),
    stderr: "null",
  }).spawn().status;
  assert(success);
  closeSync(pipe.input);
  let isOver = false;
  pipe.ended.then(() => isOver = true);
  await until(() => isOver, "the end of the pipe");
  closeSync(full);
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("if no pipe can be made, the script writes to the file itself", async () => {
  using lab = new Lab();
  lab.write("pre-jump.sh", "#!/bin/sh\necho hello; exit 5\n");
  assertEquals(openPipe({ fd: 1, folder: "/no/such/folder" }), undefined);
  // A file system that takes no pipes is not at hand, so mkfifo is hidden: PATH leads to the revision alone. In a
  // process of its own, as the other tests need their PATH.
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", MOD, "jump", `my_site.${ID}`],
    env: { FTL_ROOT: lab.pkg.root, PATH: lab.path },
  }).output();
  const told = new TextDecoder().decode(stderr);
  assertEquals(code, 6, told);
  assertMatch(told, /^my_site\.VZ5vQk8aR4G pre-jump\| hello$/m);
  assertMatch(told, /^ftl: my_site\.VZ5vQk8aR4G pre-jump failed: exit 5$/m);
});

Deno.test("a pipe that a killed command left beside the logs is deleted with the next log", () => {
  using lab = new Lab();
  const old = `${lab.pkg.logs}/.left`;
  Deno.mkdirSync(lab.pkg.logs);
  new Deno.Command("mkfifo", { args: [old] }).outputSync();
  Deno.utimeSync(old, 0, 0);
  using log = createLog(lab.pkg, { id: ID, step: "pre-jump", warn: () => {} });
  assertEquals(lab.logs().map((name) => `${lab.pkg.logs}/${name}`), [log?.path]);
});

Deno.test("a log that has grown too large keeps its beginning and its end", async () => {
  using lab = new Lab();
  const fill = (): string => {
    using log = createLog(lab.pkg, { id: ID, step: "pre-jump", warn: () => {} });
    assert(log?.path !== undefined);
    Deno.writeTextFileSync(log.path, `first\n${"middle\n".repeat(FILE_LIMIT / 7)}last\n`);
    return log.path;
  };
  const judge = (path: string): void => {
    const text = Deno.readTextFileSync(path);
    assert(text.length < FILE_LIMIT && text.length > HEAD);
    assert(text.startsWith("first\nmiddle\n"));
    assert(text.endsWith("\nmiddle\nlast\n"));
    assertEquals(text.split("[ftl] left out here: ").length, 2);
  };
  const path = fill();
  const fd = openSync(path, "a+");
  cut(fd);
  cut(fd);
  closeSync(fd);
  judge(path);
  // The log of a daemon that went on after `ftl`.
  const other = fill();
  await trimLogs(lab.pkg);
  judge(other);
});

Deno.test("a log with a second name is not cut: it may be another user's file", async () => {
  using lab = new Lab();
  Deno.mkdirSync(lab.pkg.logs, { recursive: true });
  const foreign = `${lab.pkg.own}/foreign`;
  Deno.writeFileSync(foreign, new Uint8Array(FILE_LIMIT + 1));
  Deno.linkSync(foreign, `${lab.pkg.logs}/20261125T000000.000Z-x-pre-jump.log`);
  await trimLogs(lab.pkg);
  assertEquals(Deno.statSync(foreign).size, FILE_LIMIT + 1);
});

Deno.test("FTL's own notes in a log have lines of their own", () => {
  using lab = new Lab();
  using log = createLog(lab.pkg, { id: ID, step: "pre-jump", warn: () => {} });
  assert(log?.path !== undefined);
  note(log.fd, "one");
  Deno.writeTextFileSync(log.path, "half a line", { append: true });
  note(log.fd, "two");
  assertEquals(Deno.readTextFileSync(log.path), "[ftl] one\nhalf a line\n[ftl] two\n");
});

Deno.test({
  name:
    "nobody waits for a daemon that a script leaves behind, and it goes on printing into the log",
  // The pipe lives as long as the daemon.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    using lab = new Lab();
    // The daemon is quiet until somebody writes into `go`, long after the script has ended.
    lab.write(
      "post-jump.sh",
      "#!/bin/sh\nmkfifo go\n(read word < go; echo $word; echo $word) &\necho done\n",
    );
    const { error, lines } = await lab.run("post-jump");
    assertEquals([error, lines], [undefined, ["done"]]);
    const [name = ""] = lab.logs();
    await Deno.writeTextFile(`${lab.path}/go`, "later\n");
    await until(() => lab.log(name).endsWith("later\nlater\n"), "what the daemon prints");
    assertMatch(lab.log(name), /^done\n\[ftl\] exit 0, after \d+\.\d s\nlater\nlater\n$/);
  },
});
