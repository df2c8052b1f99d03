/** Reading the reports of a fleet: bounded, and only what has changed. */
import { FleetReader, listReports } from "../../src/catalog/fleet.ts";
import { StorageError } from "../../src/errors.ts";
import { formatReport, type MachineReport } from "../../src/revision/report.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { anId, aPackage } from "../names.ts";

const NOW = Date.parse("2026-11-25T14:00:00Z");
const DAY = 24 * 3_600_000;
const [A, B] = [aPackage("a"), aPackage("b")];

function reportText(machine: string, { host = "h", packages = [A, B] } = {}): string {
  const found = {
    state: "ok",
    active: anId("VZ5vQk8aR4G"),
    since: undefined,
    previous: undefined,
    want: undefined,
    serial: undefined,
    rollout: undefined,
    trust: undefined,
    error: undefined,
  } as const;
  const report: MachineReport = {
    machine,
    host,
    groups: [],
    ftl: "0.2.0",
    arch: "x86_64",
    every: 3600,
    at: new Date(NOW).toISOString(),
    packages: new Map(packages.map((name) => [name, found])),
    truncated: false,
  };
  return formatReport(report);
}

async function put(
  bucket: MemoryBucket,
  machine: string,
  text = reportText(machine),
): Promise<void> {
  await bucket.put(`.ftl/fleet/${machine}`, text, { metadata: {} });
}

function bucketAt(time: () => number): MemoryBucket {
  const bucket = new MemoryBucket("deploys");
  bucket.now = time;
  return bucket;
}

const options = { signal: new AbortController().signal, now: () => NOW };

function gets({ calls }: MemoryBucket): number {
  return calls.filter((call) => call === "getSmall").length;
}

Deno.test("only the reports that have changed are read again", async () => {
  const bucket = bucketAt(() => NOW);
  for (const machine of ["i-1", "i-2", "i-3"]) await put(bucket, machine);
  const reader = new FleetReader(bucket, options);
  const { at, reports } = await reader.read();
  assertEquals([at, reports.map(({ machine }) => machine)], [NOW, ["i-1", "i-2", "i-3"]]);
  assertEquals([...reports[0]?.report?.packages.keys() ?? []], [A, B]);
  await put(bucket, "i-2", reportText("i-2", { host: "new" }));
  const { reports: again } = await reader.read();
  assertEquals(again.map(({ report }) => report?.host), ["h", "new", "h"]);
  assertEquals(gets(bucket), 4);
});

Deno.test("of a report only the package is kept that somebody asks for", async () => {
  const bucket = bucketAt(() => NOW);
  await put(bucket, "i-1");
  await put(bucket, "i-2", reportText("i-2", { packages: [A] }));
  const { reports } = await new FleetReader(bucket, { ...options, only: B }).read();
  assertEquals(reports.map(({ report }) => [...report?.packages.keys() ?? []]), [[B], []]);
});

Deno.test("who is silent for a week is left out, without a request", async () => {
  let time = NOW;
  const bucket = bucketAt(() => time);
  await put(bucket, "i-1");
  time = NOW + 7 * DAY - 1;
  await put(bucket, "i-2");
  time++;
  const { reports } = await new FleetReader(bucket, options).read();
  assertEquals([reports.map(({ machine }) => machine), gets(bucket)], [["i-2"], 1]);
});

Deno.test("what is no report is a row that cannot be read, whatever its key is", async () => {
  const bucket = bucketAt(() => NOW);
  const names = ["../up", "<script>", "a b", "i-1", "i-2", "i-3", "x".repeat(500), "\u001b[2J"];
  for (const name of names) await put(bucket, name, name === "i-1" ? "{" : "x".repeat(20_000));
  await put(bucket, "i-3");
  const reader = new FleetReader(bucket, options);
  const { reports } = await reader.read();
  assertEquals(
    reports.flatMap(({ machine, report }) => report === undefined ? [] : [machine]),
    ["i-3"],
  );
  assertEquals(reports.length, names.length);
  // What is too large is not read at all, and what could not be parsed not twice.
  await reader.read();
  assertEquals(gets(bucket), 2);
});

Deno.test("a report that is removed while it is read is a row, and gone the next time", async () => {
  const bucket = bucketAt(() => NOW);
  await put(bucket, "i-1");
  const list = bucket.listPage.bind(bucket);
  bucket.listPage = async (start) => {
    const page = await list(start);
    await bucket.remove(".ftl/fleet/i-1");
    return page;
  };
  const reader = new FleetReader(bucket, options);
  assertEquals((await reader.read()).reports.map(({ report }) => report), [undefined]);
  assertEquals((await reader.read()).reports, []);
});

Deno.test("a denied report ends the look", async () => {
  const bucket = bucketAt(() => NOW);
  await put(bucket, "i-1");
  bucket.deny("getSmall", 1);
  const reader = new FleetReader(bucket, options);
  await assertRejects(() => reader.read(), StorageError);
  assertEquals((await reader.read()).reports.length, 1);
});

Deno.test("no more than 100,000 keys are read, and no listing without an end is followed", async () => {
  const bucket = bucketAt(() => NOW);
  let page = 0;
  bucket.listPage = () => {
    const objects = Array.from({ length: 1000 }, (_, i) => ({
      key: `.ftl/fleet/i-${String(page * 1000 + i).padStart(7, "0")}`,
      size: 1,
      etag: '"a"',
      modified: NOW,
    }));
    page++;
    return Promise.resolve({ objects, next: `page ${page}` });
  };
  assertEquals((await listReports(bucket)).length, 100_000);
  bucket.listPage = () => Promise.resolve({ objects: [], next: "again" });
  assertEquals(await listReports(bucket), []);
});

Deno.test("5,000 reports are read at 32 at once", async () => {
  const bucket = bucketAt(() => NOW);
  for (let i = 0; i < 5000; i++) await put(bucket, `i-${i}`);
  const get = bucket.getSmall.bind(bucket);
  let [now, most] = [0, 0];
  bucket.getSmall = async (...args) => {
    most = Math.max(most, ++now);
    const found = await get(...args);
    now--;
    return found;
  };
  const { reports } = await new FleetReader(bucket, { ...options, only: A }).read();
  assertEquals([reports.length, most], [5000, 32]);
  assert(reports.every(({ report }) => report?.packages.size === 1));
});
