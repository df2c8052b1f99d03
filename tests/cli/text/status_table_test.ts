import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { paintFor } from "../../../src/cli/terminal/paint.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";
import type { PackageStatus, StatusJump } from "../../../src/commands/status/status.ts";
import type { MachineRollout } from "../../../src/plan/machine_rollout.ts";
import { statusLines } from "../../../src/cli/text/status_table.ts";
import { aName, aPackage } from "../../names.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const plain = { paint: paintFor({ color: false }), now: NOW, columns: () => 200 };

const STATUS: PackageStatus = {
  package: aPackage("a"),
  active: aName("a.VZ5vQk8aR4G"),
  dangling: true,
  previous: undefined,
  held: true,
  revisions: 1,
  unprepared: [],
  failedPostJump: undefined,
  failedHealth: undefined,
  quarantine: undefined,
  pause: undefined,
  jump: undefined,
  disk: 5_000_000,
  lastSync: { at: "2026-11-22T11:00:00.000Z", failure: "x \u001b[2J" },
  transfer: undefined,
  spare: undefined,
  logs: "/srv/ftl/a/.ftl/log",
  lastLog: undefined,
  blessed: undefined,
  trust: undefined,
  rollout: undefined,
  master: undefined,
  failures: [],
};

Deno.test("statusLines() shows what is not known as a question mark", () => {
  const [heading, line] = statusLines([STATUS], { ...plain, isTerminal: true });
  assertEquals(heading?.split(/ {2,}/)[0], "PACKAGE");
  assertEquals(line?.split(/ {2,}/), [
    "a",
    "a.VZ5vQk8aR4G (gone) (held)",
    "-",
    "-",
    "?",
    "5.0 MB",
    "1 h ago, failed: x \\x1b[2J",
    "?",
  ]);
});

Deno.test("a status keeps to its terminal's width, and programs get one package below the other", () => {
  const revisions = [1, 2, 3].map((n) => aName(`a_package_with_a_name.VZ5vQk8aR4${n}`));
  const found: PackageStatus = {
    ...STATUS,
    package: aPackage("a_package_with_a_name"),
    active: aName("a_package_with_a_name.VZ5vQk8aR4G"),
    lastSync: { at: "2026-11-22T11:00:00.000Z", failure: "no word of it is long, but ".repeat(9) },
    master: {
      newest: undefined,
      revisions: 3,
      fetch: revisions,
      activate: revisions[0],
      remove: revisions,
      missing: revisions[1],
    },
  };
  const wide = statusLines([found, found], { ...plain, columns: () => 999, isTerminal: true });
  assertEquals(wide.length, 3);
  for (const isTerminal of [true, false]) {
    const narrow = statusLines([found, found], { ...plain, isTerminal, columns: () => 80 });
    assert(narrow.every((line) => widthOf(line) <= 80), narrow.join("\n"));
    assertEquals(narrow[0]?.split(/ +/), ["PACKAGE", "a_package_with_a_name"]);
    assertEquals(narrow[1]?.split(/ +/).slice(0, 2), [
      "ACTIVE",
      "a_package_with_a_name.VZ5vQk8aR4G",
    ]);
    assertEquals(narrow.filter((line) => line.startsWith("PACKAGE ")).length, 2);
  }
});

Deno.test("status tells where a script's output is, of one package or where something went wrong", () => {
  const found = {
    ...STATUS,
    package: aPackage("my_site"),
    lastSync: undefined,
    lastLog: "/srv/ftl/my_site/.ftl/log/x.log",
  };
  const line = "my_site: its last script's output is in /srv/ftl/my_site/.ftl/log/x.log";
  const failed = { ...found, unprepared: [aName("my_site.VZ5vQk8aR4G")] };
  for (const width of [200, 40]) {
    const options = { ...plain, isTerminal: true, columns: () => width };
    assertEquals(statusLines([found], options).at(-1), line);
    assertEquals(statusLines([found, found], options).includes(line), false);
    assertEquals(statusLines([found, failed], options).at(-1), line);
    assertEquals(statusLines([{ ...found, lastLog: undefined }], options).includes(line), false);
  }
});

Deno.test("status of one package tells what a delta saved, and which revision is the spare", () => {
  const found: PackageStatus = {
    ...STATUS,
    transfer: { how: "spare", bytes: 4_100_000, moved: 443 },
    spare: aName("a.VZ3vQk8aR4G"),
  };
  const options = { ...plain, isTerminal: true };
  const expected = [
    "a: a.VZ5vQk8aR4G came by the spare: 443 B of 4.1 MB downloaded",
    "a: a.VZ3vQk8aR4G was removed, and is kept as the spare for the next delta",
  ];
  assertEquals(statusLines([found], options).slice(-2), expected);
  assertEquals(statusLines([found, found], options).some((line) => expected.includes(line)), false);
  const whole: PackageStatus = {
    ...STATUS,
    transfer: { how: "whole", bytes: 4_100_000, moved: 4_100_000 },
  };
  assertEquals(statusLines([whole], options), statusLines([STATUS], options));
});

Deno.test("status tells how the active revision's post-jump failed", () => {
  const log = "/srv/ftl/a/.ftl/log/x-post-jump.log";
  const at = "2026-11-22T11:00:00.000Z";
  const found = { ...STATUS, held: false, dangling: false, lastLog: log };
  const failed = { ...found, failedPostJump: { at, outcome: "exit 3\u001b[2J", log } };
  const options = { ...plain, isTerminal: true };
  const lines = statusLines([failed], options);
  assertMatch(lines[1] ?? "", /^a +a\.VZ5vQk8aR4G \(post-jump failed\) {2}/);
  const story = "a: the post-jump of a.VZ5vQk8aR4G failed 1 h ago: exit 3\\x1b[2J";
  assertEquals(lines.slice(2), [`${story}; its output is in ${log}`]);
  const unlogged = {
    ...failed,
    lastLog: undefined,
    failedPostJump: { at, outcome: "exit 3\u001b[2J" },
  };
  assertEquals(statusLines([unlogged], options).slice(2), [story]);
  // Another script ran later.
  const later = { ...failed, lastLog: `${log}2` };
  assertEquals(statusLines([later], options).length, 4);
});

/** The cells of the only row. */
function cells(found: Partial<PackageStatus>): string[] {
  const status = { ...STATUS, held: false, dangling: false, lastSync: undefined, ...found };
  const [, row = ""] = statusLines([status], { ...plain, columns: () => 999, isTerminal: true });
  return row.split(/ {2,}/);
}

function notes(found: Partial<PackageStatus>): string[] {
  const status = { ...STATUS, lastSync: undefined, ...found };
  return statusLines([status], { ...plain, columns: () => 999, isTerminal: true }).slice(2);
}

Deno.test("status shows a jump that is under way: how long its health is checked already", () => {
  const to = aName("a.VZ5vQk8aR4G");
  const since = "2026-11-22T11:59:48.000Z";
  const cases: [jump: Partial<StatusJump>, next: string][] = [
    [{ phase: "health", since, seconds: 60 }, "checking (12 s of 60), ?"],
    [{ phase: "health", since, seconds: 1 }, "check the health, ?"],
    [{ phase: "health", since: undefined, seconds: 60 }, "check the health, ?"],
    [{ phase: "rollback", since }, "go back, ?"],
    [{ phase: "jump", since }, "finish the jump, ?"],
  ];
  for (const [jump, next] of cases) {
    const whole = { to, phase: "jump", since, seconds: undefined, ...jump } as const;
    assertEquals(cells({ jump: whole }).at(-1), next);
  }
});

Deno.test("status shows an unhealthy revision, a quarantine and a pause, each with its reason below", () => {
  const [active, blessed] = [aName("a.VZ5vQk8aR4G"), aName("a.VZ5vQk9aR4G")];
  const at = "2026-11-22T11:00:00.000Z";
  const failedHealth = { at, outcome: "exit 1", log: "/x.log" };
  assertEquals(cells({ failedHealth })[1], `${active} (unhealthy)`);
  assertEquals(notes({ failedHealth, lastLog: "/x.log" }), [
    `a: the health of ${active} failed 1 h ago: exit 1; its output is in /x.log`,
  ]);
  const quarantine = { revision: blessed, at, reason: "health failed: exit 1\u001b[2J" };
  assertEquals(cells({ blessed, quarantine })[2], `${blessed} (in quarantine)`);
  assertEquals(notes({ blessed, quarantine }), [
    `a: ${blessed} went into quarantine here 1 h ago: health failed: exit 1\\x1b[2J`,
  ]);
  const pause = { path: "/srv/ftl/.pause", why: undefined, until: undefined };
  assertEquals(cells({ pause }).at(-1), "paused, ?");
  assertEquals(notes({ pause }), ["a: paused by /srv/ftl/.pause"]);
  assertEquals(notes({ pause: { ...pause, why: "a freeze", until: at } }), [
    `a: paused by /srv/ftl/.pause until ${at}: a freeze`,
  ]);
});

Deno.test("below the table stands how far a rollout is, and what this machine has to do with it", () => {
  const candidate = aName("a.VZ6vQk8aR4G");
  const line = (rollout: Partial<MachineRollout>, active = STATUS.active): string | undefined => {
    const whole = {
      candidate,
      percent: 10,
      waiting: undefined,
      rank: undefined,
      cut: undefined,
      ...rollout,
    };
    const found = { ...STATUS, active, rollout: whole };
    return statusLines([found], { ...plain, isTerminal: true }).at(-1);
  };
  const begin = "a: a.VZ6vQk8aR4G is being rolled out, at";
  assertEquals(
    line({ waiting: "rank", rank: 42, cut: 12 }),
    `${begin} 10 %: the rollout takes machines below 12 %, and this one is at 42 %`,
  );
  assertEquals(line({}), `${begin} 10 %: this machine may take it`);
  const end = "once all machines run it, 'ftl jump --master a.VZ6vQk8aR4G' makes it final";
  assertEquals(line({ percent: 100 }, candidate), `${begin} 100 %: this machine runs it; ${end}`);
  const waiting = {
    paused: "the rollout is paused",
    halted: "the rollout is halted, as it failed on too many machines",
    turn: "it is the turn of other machines",
  } as const;
  for (const [reason, words] of Object.entries(waiting)) {
    const found = line({ percent: 100, waiting: reason as keyof typeof waiting });
    assertEquals(found, `${begin} 100 %: ${words}`);
  }
});
