/** `FTL_NOTIFY`: who is told of what, and when. */
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { problemOf } from "../documents.ts";
import { blocksOf, codeIn } from "../markdown.ts";
import { read } from "../pages.ts";
import { testWith } from "../required_program.ts";
import { TempFolder } from "../temp.ts";
import { Fleet, type Machine, type Ran } from "./fleet.ts";

interface Site {
  readonly fleet: Fleet;
  readonly web: Machine;
  /** Runs a sync, and gives what it told: for each package its event. */
  readonly sync: (code: number) => Promise<string[]>;
  readonly last: () => Record<string, unknown>;
}

/** A machine whose program writes each line into a file. */
async function start(packages: readonly string[] = ["a"]): Promise<Site> {
  const fleet = await Fleet.start();
  const path = `${fleet.folder.path}/told`;
  const program = fleet.folder.write("tell", `#!/bin/sh\ncat >> ${path}\n`, 0o755);
  const web = fleet.machine("web", packages, { FTL_MACHINE: "web-1", FTL_NOTIFY: program });
  let last: Record<string, unknown> = {};
  const sync = async (code: number): Promise<string[]> => {
    Deno.writeTextFileSync(path, "");
    const ran = await web.ftl(["sync"]);
    assertEquals(ran.code, code, ran.stderr);
    const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      last = JSON.parse(line);
      assertEquals(problemOf("notification", last), undefined, line);
      return `${last["package"]} ${last["event"]}`;
    }).sort();
  };
  return { fleet, web, sync, last: () => last };
}

async function release(fleet: Fleet, files: Record<string, string>, name = "a"): Promise<string> {
  const revision = await fleet.spool(`${name}.tgz`, files);
  await fleet.bless(revision);
  return revision;
}

Deno.test("activated, failed, recovered: each is told once, and nothing by a sync with nothing to do", async () => {
  const { fleet, sync, last } = await start();
  await using _fleet = fleet;
  assertEquals(await sync(0), []);
  const first = await release(fleet, { v: "1" });
  assertEquals(await sync(0), ["a activated"]);
  const { transfers, ...rest } = last();
  assertStringIncludes(JSON.stringify(transfers), `{"revision":"${first}","how":"whole"`);
  assertEquals(rest, {
    schema: 1,
    event: "activated",
    machine: "web-1",
    package: "a",
    active: first,
    fetched: [first],
    activated: first,
    removed: [],
    heldFrom: null,
    quarantined: null,
    rolledBack: null,
    pause: null,
    rollout: null,
    failures: [],
  });
  assertEquals(await sync(0), []);
  // A candidate alone is no event.
  await fleet.spool("a.tgz", { v: "2" });
  assertEquals(await sync(0), []);
  fleet.server.addFault({ operation: "ListObjectsV2", fault: { kind: "access-denied" } });
  assertEquals(await sync(7), ["a failed"]);
  assertEquals(await sync(7), []);
  fleet.server.clearFaults();
  assertEquals(await sync(0), ["a recovered"]);
  assertEquals(await sync(0), []);
});

Deno.test("rolled-back is told once, though each sync in quarantine exits 6", async () => {
  const { fleet, sync, last } = await start();
  await using _fleet = fleet;
  const good = await release(fleet, { v: "1" });
  assertEquals(await sync(0), ["a activated"]);
  const bad = await release(fleet, { "health.sh": "#!/bin/sh\nexit 100\n" });
  assertEquals(await sync(6), ["a rolled-back"]);
  assertEquals([last()["rolledBack"], last()["active"]], [{ from: bad, to: good }, good]);
  assertEquals(await sync(6), []);
  assertEquals(await sync(6), []);
  await release(fleet, { v: "2" });
  assertEquals(await sync(0), ["a recovered"]);
});

Deno.test("rolled-back is told by the sync that ends a rollback which was cut short", async () => {
  const { fleet, sync, last } = await start();
  await using _fleet = fleet;
  const killOnce = "[ -e $FTL_SHARED/once ] || { touch $FTL_SHARED/once; kill -9 $FTL_PID; }";
  await release(fleet, {
    "post-jump.sh": `#!/bin/sh\n[ $FTL_ACTION != rollback ] || ${killOnce}\n`,
  });
  await sync(0);
  const bad = await release(fleet, { "health.sh": "#!/bin/sh\nexit 100\n" });
  assertEquals(await sync(137), []);
  assertEquals(await sync(6), ["a rolled-back"]);
  assertEquals(last()["quarantined"], bad);
  assertEquals(await sync(6), []);
});

Deno.test("each package is told of by itself, and a program that cannot run changes no exit code", async () => {
  const { fleet, web, sync } = await start(["a", "b"]);
  await using _fleet = fleet;
  await release(fleet, { v: "1" }, "a");
  await release(fleet, { v: "1" }, "b");
  assertEquals(await sync(0), ["a activated", "b activated"]);
  const second = await release(fleet, { v: "2" }, "a");
  const ran: Ran = await web.ftl(["sync", "--quiet"], { env: { FTL_NOTIFY: "/no/such/program" } });
  assertEquals([ran.code, web.link("a/current")], [0, `revs/${second.slice(2)}`]);
  assertStringIncludes(ran.stderr, "warning: FTL_NOTIFY: /no/such/program failed: ");
  const { stdout } = await web.ftl(["doctor"], { env: { FTL_NOTIFY: "/no/such/program" } });
  assertStringIncludes(stdout, "/no/such/program is no file that can be run");
});

testWith(
  ["jq", "bash"],
  "the program of docs/operating.md makes one sentence of a notification",
  async () => {
    const page = read("docs/operating.md");
    using folder = new TempFolder();
    const program = blocksOf(page).find(({ text }) => text.includes("/usr/local/bin/ftl-notify"));
    folder.write("ftl-notify", program?.text ?? "", 0o755);
    // In the place of Slack: what is sent is printed.
    folder.write("curl", "#!/bin/sh\nexec cat\n", 0o755);
    const trial = codeIn(page).find((code) => /\| ?\n?ftl-notify$/.test(code)) ?? "";
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", trial],
      env: { PATH: `${folder.path}:${Deno.env.get("PATH")}` },
    }).output();
    const sent = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(sent, { text: "m: p failed, nothing is active. a test" });
  },
);
