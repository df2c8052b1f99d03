/** Signals: what each one ends, what it leaves, and which one is ignored. */
import { noise } from "../archive/builders.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import type { FaultRule, RequestRecord } from "../s3_server/server.ts";
import { treeOf } from "../temp.ts";
import { Fleet, idOf, type Machine, programLine, startProgram } from "./fleet.ts";
import { isRunning } from "./running.ts";

const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

interface Ended {
  readonly code: number;
  readonly stderr: string;
  /** From the signal to the end. */
  readonly milliseconds: number;
}

/** Starts `ftl`, and sends it a signal after the server has seen what `moment` looks for. */
async function interrupted(
  fleet: Fleet,
  { args, machine, signal, moment }: {
    args: string[];
    machine?: Machine;
    signal: Deno.Signal;
    moment: (record: RequestRecord) => boolean;
  },
): Promise<Ended> {
  const child = startProgram(args, {
    cwd: fleet.folder.path,
    env: { ...fleet.env, ...(machine === undefined ? {} : { FTL_ROOT: machine.root }) },
  });
  let ended = false;
  const output = child.output().finally(() => ended = true);
  while (!fleet.server.log.some(moment) && !ended) await nextTurn();
  const sent = performance.now();
  if (!ended) child.kill(signal);
  const { code, stderr } = await output;
  return {
    code,
    stderr: new TextDecoder().decode(stderr),
    milliseconds: performance.now() - sent,
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Random bytes, which no compression makes smaller. */
function largeFile(fleet: Fleet, name: string, mebibytes: number): string {
  return fleet.folder.write(name, noise(mebibytes << 20));
}

function openUploads({ server }: Fleet): number {
  const done = (operation: string, status: number): number =>
    server.log.filter((record) => record.operation === operation && record.status === status)
      .length;
  return done("CreateMultipartUpload", 200) - done("AbortMultipartUpload", 204) -
    done("CompleteMultipartUpload", 200);
}

for (const [signal, code] of SIGNALS) {
  Deno.test(`${signal} ends a sync that waits for its download, and leaves nothing`, async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const revision = await fleet.ok(["spool", largeFile(fleet, "a.bin", 9)]);
    await fleet.bless(revision);
    fleet.server.addFault({
      method: "GET",
      key: /bin$/,
      fault: { kind: "stall", bytes: 2_000_000 },
    });
    const moment = ({ sent }: RequestRecord): boolean => sent === 2_000_000;
    const ended = await interrupted(fleet, { args: ["sync"], machine: web, signal, moment });
    assertEquals(ended.code, code, ended.stderr);
    assertStringIncludes(ended.stderr, `ftl: Interrupted by ${signal}\n`);
    assert(ended.milliseconds < 5000, `${ended.milliseconds} ms`);
    assertEquals([web.names("a/.ftl/staging"), web.names("a/revs")], [[], []]);
    fleet.server.clearFaults();
    await web.ok(["sync"]);
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
  });

  Deno.test(`${signal} ends a spool in the middle of its parts, which are removed`, async () => {
    await using fleet = await Fleet.start();
    const file = largeFile(fleet, "a.bin", 20);
    fleet.server.addFault({ operation: "UploadPart", fault: { kind: "stall", bytes: 1_000_000 } });
    const moment = ({ operation, received }: RequestRecord): boolean =>
      operation === "UploadPart" && received >= 1_000_000;
    const ended = await interrupted(fleet, { args: ["spool", file], signal, moment });
    assertEquals(ended.code, code, ended.stderr);
    assert(ended.milliseconds < 5000, `${ended.milliseconds} ms`);
    assertEquals(openUploads(fleet), 0);
    assertEquals(await fleet.bucket().list(""), []);
  });
}

const SPOOLS: [when: string, rule: FaultRule, mebibytes: number][] = [
  ["that lists", { operation: "ListObjectsV2", fault: delay() }, 1],
  ["of one request", { operation: "PutObject", fault: { kind: "stall", bytes: 500_000 } }, 1],
  ["that begins its parts", {
    operation: "CreateMultipartUpload",
    fault: { kind: "delay", milliseconds: 1000 },
  }, 20],
];

for (const [when, rule, mebibytes] of SPOOLS) {
  Deno.test(`SIGINT ends a spool ${when}, and leaves nothing`, async () => {
    await using fleet = await Fleet.start();
    fleet.server.addFault(rule);
    const moment = ({ operation, faults, received }: RequestRecord): boolean =>
      operation === rule.operation && faults.length > 0 &&
      received >= (rule.fault.kind === "stall" ? rule.fault.bytes : 0);
    const ended = await interrupted(fleet, {
      args: ["spool", largeFile(fleet, "a.bin", mebibytes)],
      signal: "SIGINT",
      moment,
    });
    assertEquals(ended.code, 130, ended.stderr);
    assert(ended.milliseconds < 5000, `${ended.milliseconds} ms`);
    assertEquals(openUploads(fleet), 0);
    fleet.server.clearFaults();
    assertEquals(await fleet.bucket().list(""), []);
  });
}

Deno.test("SIGINT ends a sync whose listing hangs", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  fleet.server.addFault({ operation: "ListObjectsV2", fault: delay() });
  const moment = ({ faults }: RequestRecord): boolean => faults.length > 0;
  const ended = await interrupted(fleet, {
    args: ["sync"],
    machine: web,
    signal: "SIGINT",
    moment,
  });
  assertEquals(ended.code, 130, ended.stderr);
  assert(ended.milliseconds < 5000, `${ended.milliseconds} ms`);
});

function delay(): { kind: "delay"; milliseconds: number } {
  return { kind: "delay", milliseconds: 3_600_000 };
}

Deno.test("SIGKILL at any moment of a sync leaves only complete revisions, and the next sync repairs all", async () => {
  await using fleet = await Fleet.start();
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [`folder-${i % 7}/file-${i}`, `${i}\n`.repeat(i)]),
  );
  const revision = await fleet.spool("a.tgz", files);
  await fleet.bless(revision);
  const reference = fleet.machine("reference", ["a"]);
  const started = performance.now();
  await reference.ok(["sync"]);
  const longest = performance.now() - started;
  const whole = treeOf(`${reference.root}/a/revs/${idOf(revision)}`);
  for (let round = 0; round < 8; round++) {
    const web = fleet.machine(`web-${round}`, ["a"]);
    const child = startProgram(["sync"], {
      cwd: web.root,
      env: { ...fleet.env, FTL_ROOT: web.root },
    });
    const moment = longest * (0.2 + 0.8 * Math.random());
    const timer = setTimeout(() => child.kill("SIGKILL"), moment);
    await child.output();
    clearTimeout(timer);
    for (const id of web.names("a/revs")) {
      assertEquals(treeOf(`${web.root}/a/revs/${id}`), whole, `killed after ${moment} ms`);
    }
    await web.ok(["sync"]);
    assertEquals(treeOf(`${web.root}/a/revs/${idOf(revision)}`), whole);
    assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
    assertEquals([web.names("a/.ftl/staging"), web.names("a/.ftl/trash")], [[], []]);
  }
});

Deno.test("SIGHUP does not end a sync that was started with SIGHUP ignored", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", {
    // The script that waits until the signal has arrived has not been ended either.
    "post-sync.sh":
      '#!/bin/sh\nkill -s HUP "$FTL_PID" && kill -s HUP "$FTL_PID" && "$PROBE" list\n',
  });
  await fleet.bless(revision);
  const probe = fleet.folder.write(
    "probe",
    `#!/bin/sh\nexec ${programLine().join(" ")} "$@"\n`,
    0o755,
  );
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `trap '' HUP; exec ${programLine().join(" ")} sync`],
    env: { ...fleet.env, FTL_ROOT: web.root, PROBE: probe },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});

Deno.test("SIGHUP ends the script with its process group, and a second signal does so at once", async () => {
  await using fleet = await Fleet.start();
  for (const signals of [["SIGHUP"], ["SIGTERM", "SIGTERM"]] as const) {
    const [first, second] = signals;
    const web = fleet.machine(`web-${signals.length}`, ["a"]);
    const told = `${fleet.folder.path}/${signals.length}`;
    // The stubborn script reports that the first signal has arrived, and goes on. It waits with `wait`, which a
    // signal ends: a child that is just being started may miss the signal.
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

/** Waits for a file that a script writes. Fails if the command ends before. */
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
