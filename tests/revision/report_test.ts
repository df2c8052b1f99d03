/** The report of a machine: what is written can be read, and what others wrote does no harm. */
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals } from "../assert.ts";
import { BLESSING_VERDICTS } from "../../src/revision/blessing_verdict.ts";
import {
  formatReport,
  LONGEST_REPORT,
  type MachineReport,
  parseReport,
  reportDigest,
  REPORTED_STATES,
  type ReportedPackage,
} from "../../src/revision/report.ts";
import type { PackageName } from "../../src/revision/names.ts";
import { anId, aPackage } from "../names.ts";

const AT = "2026-11-25T14:00:03.000Z";

const PACKAGE: ReportedPackage = {
  state: "failing",
  active: anId("VZ5vQk8aR4G"),
  since: AT,
  how: "spare",
  moved: 443,
  previous: anId("VZ5uB1x0pQa"),
  want: anId("VZ6vQk8aR4G"),
  serial: 1795615200123,
  rollout: "1795615200123",
  trust: "unsigned",
  error: { text: "its post-sync failed: exit 1", code: 6, since: AT, count: 12 },
};

function reportOf(...packages: [string, ReportedPackage][]): MachineReport {
  return {
    machine: "i-0abc",
    host: "web-1",
    groups: ["canary"],
    ftl: "0.2.0",
    arch: "x86_64",
    every: 3600,
    at: AT,
    packages: new Map(packages.map(([name, found]) => [aPackage(name), found])),
    truncated: false,
  };
}

const time = fc.integer({ min: 0, max: 4e12 }).map((ms) => new Date(ms).toISOString());
const id = fc.stringMatching(/^[A-Za-z0-9]{11}$/).map(anId);
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined });
const anyPackage: fc.Arbitrary<ReportedPackage> = fc.record({
  state: fc.constantFrom(...REPORTED_STATES),
  active: maybe(id),
  since: maybe(time),
  how: maybe(fc.constantFrom("whole", "delta", "spare")),
  moved: maybe(fc.nat()),
  previous: maybe(id),
  want: maybe(id),
  serial: maybe(fc.nat()),
  rollout: maybe(fc.stringMatching(/^[1-9][0-9]{3}$/)),
  trust: maybe(fc.constantFrom(...BLESSING_VERDICTS)),
  error: maybe(fc.record({
    text: fc.string({ minLength: 1, maxLength: 200 }),
    code: fc.integer({ min: 1, max: 255 }),
    since: time,
    count: fc.nat(),
  })),
});
const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,20}$/).map(aPackage);
const anyReport: fc.Arbitrary<MachineReport> = fc.record({
  machine: fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,128}$/),
  host: maybe(fc.string({ minLength: 1, maxLength: 64 })),
  groups: fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 }),
  ftl: maybe(fc.stringMatching(/^[0-9.]{1,9}$/)),
  arch: maybe(fc.constantFrom("x86_64", "aarch64")),
  every: fc.integer({ min: 1, max: 604_800 }),
  at: time,
  packages: fc.array(fc.tuple(name, anyPackage), { maxLength: 8 }).map((all) => new Map(all)),
  truncated: fc.constant(false),
});

Deno.test("a report that was written is read as it was", () => {
  fc.assert(fc.property(anyReport, (report) => {
    assertEquals(parseReport(formatReport(report)), report);
  }));
});

Deno.test("the object has the form that other programs read", () => {
  const { schema, packages, ...head } = JSON.parse(formatReport(reportOf(["my_site", PACKAGE])));
  assertEquals(schema, 1);
  assertEquals(head, {
    machine: "i-0abc",
    host: "web-1",
    groups: ["canary"],
    ftl: "0.2.0",
    arch: "x86_64",
    every: 3600,
    at: AT,
  });
  assertEquals(packages, { my_site: { ...PACKAGE } });
});

Deno.test("a report of too many packages ends before 16 KB, and says so", () => {
  const names = Array.from({ length: 500 }, (_, i) => `p${String(i).padStart(3, "0")}`);
  const text = formatReport(reportOf(...names.map((n): [string, ReportedPackage] => [n, PACKAGE])));
  const bytes = new TextEncoder().encode(text).length;
  assert(bytes <= LONGEST_REPORT && bytes > LONGEST_REPORT - 1000, `${bytes} bytes`);
  const found = parseReport(text);
  assertEquals(found?.truncated, true);
  const kept = [...found?.packages.keys() ?? []];
  assertEquals(kept, names.slice(0, kept.length));
});

Deno.test("a report that fits exactly is whole", () => {
  const withText = (length: number): MachineReport =>
    reportOf(["my_site", PACKAGE], ["z".repeat(length), PACKAGE]);
  const short = new TextEncoder().encode(formatReport(withText(1))).length;
  const fits = formatReport(withText(1 + LONGEST_REPORT - short));
  assertEquals(fits.length, LONGEST_REPORT);
  assertEquals(parseReport(fits)?.packages.size, 2);
  assertEquals(parseReport(formatReport(withText(2 + LONGEST_REPORT - short)))?.packages.size, 1);
});

Deno.test("the digest knows everything but the time and how often an error came", () => {
  const report = reportOf(["my_site", PACKAGE]);
  const digest = reportDigest(report);
  const { error } = PACKAGE;
  const later = reportOf(["my_site", { ...PACKAGE, error: error && { ...error, count: 13 } }]);
  assertEquals(reportDigest({ ...later, at: "2027-01-01T00:00:00.000Z" }), digest);
  const others: MachineReport[] = [
    { ...report, machine: "i-0abd" },
    { ...report, host: undefined },
    { ...report, groups: [] },
    { ...report, ftl: "0.3.0" },
    { ...report, every: 60 },
    reportOf(),
    reportOf(["my_site", PACKAGE], ["other", PACKAGE]),
    ...Object.keys(PACKAGE).map((key) => reportOf(["my_site", { ...PACKAGE, [key]: undefined }])),
    reportOf(["my_site", { ...PACKAGE, error: error && { ...error, code: 5 } }]),
  ];
  for (const other of others) assertNotEquals(reportDigest(other), digest);
});

Deno.test("the order of the packages changes neither text nor digest", () => {
  const [one, two] = [
    reportOf(["a", PACKAGE], ["b", PACKAGE]),
    reportOf(["b", PACKAGE], ["a", PACKAGE]),
  ];
  assertEquals([formatReport(one), reportDigest(one)], [formatReport(two), reportDigest(two)]);
});

const WHOLE = JSON.parse(formatReport(reportOf(["my_site", PACKAGE])));

Deno.test("what is no report is none", () => {
  const texts = [
    "",
    "null",
    "[]",
    "42",
    "{",
    "{}",
    ...["schema", "machine", "every", "at", "packages"].map((key) =>
      JSON.stringify({ ...WHOLE, [key]: undefined })
    ),
    ...[
      { schema: 2 },
      { machine: "../x" },
      { machine: "<b>" },
      { machine: "" },
      { every: 0 },
      { every: "60" },
      { every: 1e9 },
      { every: 1.5 },
      { at: "yesterday" },
      { at: 5 },
      { packages: [] },
    ].map((wrong) => JSON.stringify({ ...WHOLE, ...wrong })),
    JSON.stringify({ ...WHOLE, more: "x".repeat(LONGEST_REPORT) }),
    "[".repeat(10_000),
  ];
  for (const text of texts) assertEquals(parseReport(text), undefined, text.slice(0, 60));
});

Deno.test("what is wrong in a report counts as unknown, and what is new is ignored", () => {
  const found = parseReport(JSON.stringify({
    ...WHOLE,
    host: 7,
    groups: ["ok", "no group", 5, null],
    ftl: "x".repeat(1000),
    new: { a: 1 },
    packages: {
      my_site: {
        state: "levitating",
        active: "../../etc",
        previous: 5,
        want: null,
        since: "soon",
        serial: -1,
        trust: "blindly",
        error: { text: "e".repeat(5000), code: 6, since: AT, count: "many" },
      },
      "no/package": PACKAGE,
      "": PACKAGE,
      list: [],
    },
  }));
  assertEquals([found?.host, found?.groups, found?.ftl?.length], [undefined, ["ok"], 64]);
  assertEquals([...found?.packages.keys() ?? []], ["my_site" as PackageName]);
  const { error, ...rest } = found?.packages.get(aPackage("my_site")) ?? {};
  assertEquals(Object.values(rest).every((value) => value === undefined), true);
  assertEquals([error?.text.length, error?.count], [200, 1]);
});

Deno.test("no text makes the reader fail", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseReport(text)));
  fc.assert(fc.property(fc.object(), (value) => {
    void parseReport(JSON.stringify({ ...WHOLE, packages: value, ...value }));
  }));
});
