/** `ftl fleet` as lines: what people read, what programs read, and that no machine can write more than its own cell. */
import fc from "fast-check";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { fleetLines, fleetsLines } from "../../../src/cli/text/fleet_table.ts";
import { fleetDocument } from "../../../src/cli/text/fleet_documents.ts";
import { documentText } from "../../../src/cli/text/documents.ts";
import type { Paint } from "../../../src/cli/terminal/paint.ts";
import type { Fleet, FleetMachine } from "../../../src/plan/fleet.ts";
import { problemOf } from "../../documents.ts";
import { aName, aPackage } from "../../names.ts";

const same = (text: string): string => text;
const paint: Paint = { bold: same, dim: same, good: same, bad: same, warning: same };
const PEOPLE = { isTerminal: true, columns: () => 200, paint, now: 0, all: false };
const PROGRAM = { ...PEOPLE, isTerminal: false };

const [OLD, NOW, NEXT] = ["VZ5vQk8aR4G", "VZ6vQk8aR4G", "VZ7vQk8aR4G"].map((id) =>
  aName(`my_site.${id}`)
);

function machine(name: string, more: Partial<FleetMachine> = {}): FleetMachine {
  return {
    machine: name,
    host: undefined,
    groups: [],
    ftl: "0.2.0",
    state: "ok",
    active: NOW,
    previous: OLD,
    want: NOW,
    since: "2026-11-25T13:00:00.000Z",
    seen: "2026-11-25T13:59:40.000Z",
    trust: undefined,
    error: undefined,
    ...more,
  };
}

const QUARANTINED = machine("i-0aaa", {
  host: "web-7",
  state: "quarantine",
  active: OLD,
  error: { text: "health failed: exit 1", code: 6, since: "2026-11-25T13:49:00.000Z", count: 1 },
});
const BEHIND = machine("i-0bbb", {
  host: "web-9",
  state: "behind",
  active: OLD,
  seen: "2026-11-25T13:10:00.000Z",
});
const GONE = machine("i-0ccc", { state: "gone", seen: "2026-11-25T10:02:00.000Z" });

function fleetOf(machines: FleetMachine[], more: Partial<Fleet> = {}): Fleet {
  const living = machines.filter(({ state }) => state !== "gone" && state !== "unreadable");
  const states: Partial<Record<string, number>> = {};
  for (const { state } of living) states[state] = (states[state] ?? 0) + 1;
  return {
    package: aPackage("my_site"),
    at: "2026-11-25T14:00:00.000Z",
    blessed: NOW,
    blessedBy: "ann@laptop",
    blessedAt: "2026-11-25T13:48:00.000Z",
    message: "looks good",
    rollout: undefined,
    living: living.length,
    states,
    trust: {},
    machines,
    ...more,
  };
}

const FLEET = fleetOf([QUARANTINED, BEHIND, GONE, machine("i-0ddd"), machine("i-0eee")]);

Deno.test("people see what is blessed, the numbers, and who is not in line", () => {
  assertEquals(fleetLines(FLEET, PEOPLE), [
    `${NOW} blessed 12 min ago by ann@laptop: looks good`,
    "  4 machines: 2 run it, 1 in quarantine, 1 behind; 1 not seen since 10:02 UTC",
    "  MACHINE  HOST   RUNS         STATE       SINCE   SEEN    FTL",
    "  i-0aaa   web-7  VZ5vQk8aR4G  quarantine  11 min  20 s    0.2.0  health failed: exit 1",
    "  i-0bbb   web-9  VZ5vQk8aR4G  behind      -       50 min  0.2.0",
    "  i-0ccc   -      VZ6vQk8aR4G  gone        -       3 h     0.2.0",
    "  --all shows the 2 that are in line",
  ]);
  const all = fleetLines(FLEET, { ...PEOPLE, all: true });
  assertEquals([all.length, all.at(-1)], [
    8,
    "  i-0eee   -      VZ6vQk8aR4G  ok          1 h     20 s    0.2.0",
  ]);
});

Deno.test("people see how what is blessed came to its machines, once a delta was used", () => {
  const whole = machine("i-1", { how: "whole", moved: 4_000_000 });
  const spare = machine("i-2", { how: "spare", moved: 443 });
  const elsewhere = machine("i-3", { active: OLD, state: "held", how: "delta", moved: 7 });
  const lines = (machines: FleetMachine[]): string[] =>
    fleetLines(fleetOf(machines), PEOPLE).filter((line) => line.includes("downloads"));
  assertEquals(lines([whole, machine("i-4"), elsewhere]), []);
  assertEquals(lines([whole, spare, { ...spare, machine: "i-5" }, elsewhere]), [
    "  downloads: 2 by the spare, 1 whole; 4.0 MB in all",
  ]);
});

Deno.test("a fleet that is in line is two lines and a hint, and one without reports says so", () => {
  assertEquals(fleetLines(fleetOf([machine("i-1")]), PEOPLE), [
    `${NOW} blessed 12 min ago by ann@laptop: looks good`,
    "  1 machine: 1 runs it",
    "  --all shows the one that is in line",
  ]);
  const nothing = { blessed: undefined, blessedBy: undefined, blessedAt: undefined };
  assertEquals(fleetLines(fleetOf([], nothing), PEOPLE), [
    "my_site: nothing is blessed",
    "  no machine reports it",
  ]);
});

Deno.test("programs get one machine on a line, all of them, with tabs", () => {
  const lines = fleetLines(FLEET, PROGRAM);
  assertEquals(lines.length, 5);
  assertEquals(
    lines[0],
    [
      "i-0aaa",
      "web-7",
      OLD,
      "quarantine",
      "2026-11-25T13:49:00.000Z",
      "2026-11-25T13:59:40.000Z",
      "0.2.0",
      "health failed: exit 1",
    ].join("\t"),
  );
  assertEquals(lines[4]?.split("\t"), [
    "i-0eee",
    "-",
    NOW,
    "ok",
    "2026-11-25T13:00:00.000Z",
    "2026-11-25T13:59:40.000Z",
    "0.2.0",
    "-",
  ]);
});

Deno.test("a rollout is told with its share, its rules, and who is in the way", () => {
  const rollout = {
    id: 1795615200123,
    next: NEXT ?? aName("my_site.VZ7vQk8aR4G"),
    state: "halted",
    percent: 33.333333,
    cut: 0.333333,
    over: 7200,
    groups: ["canary"],
    atOnce: 2,
    halt: 1,
    running: 1,
    failed: ["i-0aaa"],
    turns: ["i-0bbb"],
  } as const;
  const fleet = fleetOf([machine("i-1", { active: NEXT, want: NEXT }), machine("i-2")], {
    rollout,
  });
  assertEquals(fleetLines(fleet, PEOPLE).slice(1, 6), [
    "  2 machines: 1 runs it, 1 runs the candidate",
    `  ${NEXT}: rollout at 33.3 %, halted; group canary; 2 at once; halts at 1 failed`,
    "  last step 12 min ago by ann@laptop: looks good",
    "  failed: i-0aaa",
    "  in their jump: i-0bbb",
  ]);
  // Each machine is counted once, also one that runs the candidate and fails.
  const mixed = fleetOf([
    ...fleet.machines,
    machine("i-3", { active: NEXT, want: NEXT, state: "failing" }),
    machine("i-4", { state: "waiting" }),
  ], { rollout: { ...rollout, running: 2 } });
  assertEquals(
    fleetLines(mixed, PEOPLE)[1],
    "  4 machines: 1 runs it, 1 fails to sync, 1 waits for the rollout, 1 runs the candidate",
  );
  const growing = fleetLines({
    ...fleet,
    rollout: { ...rollout, state: "running", failed: undefined },
  }, PEOPLE);
  assertMatch(growing[2] ?? "", /rollout at 33\.3 %, to all within 2 h 0 min; group canary;/);
  const complete = fleetLines({ ...fleet, rollout: { ...rollout, state: "complete" } }, PEOPLE);
  assert(
    complete.includes(
      `  complete: once all machines run it, ftl jump --master ${NEXT} makes it final`,
    ),
  );
  assertMatch(
    fleetsLines([fleet], PEOPLE)[0] ?? "",
    /^my_site {2}my_site\.VZ6.* rollout at 33\.3 %/,
  );
});

Deno.test("without a package there is one line for each", () => {
  assertEquals(
    fleetsLines([FLEET, fleetOf([], { package: aPackage("b"), blessed: undefined })], PROGRAM),
    [
      `my_site\t${NOW}\t4\t2`,
      "b\t-\t0\t0",
    ],
  );
});

/** Text of machines, as bad as it can be. */
const bad = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\u001b[2J",
    "a\tb",
    "a\nb",
    "\u202eevil",
    "\u0000",
    "</td><script>",
    "'; rm -rf /",
  ),
);

Deno.test("whatever machines write, it stays in its line and its column", () => {
  const anyMachine = fc.record({ name: bad, host: bad, ftl: bad, text: bad });
  fc.assert(
    fc.property(fc.array(anyMachine, { minLength: 1, maxLength: 5 }), bad, (found, message) => {
      const fleet = fleetOf(
        found.map(({ name, host, ftl, text }) =>
          machine(name, {
            host,
            ftl,
            state: "failing",
            error: { text, code: 6, since: "2026-11-25T13:49:00.000Z", count: 2 },
          })
        ),
        { message, blessedBy: message },
      );
      const lines = fleetLines(fleet, PROGRAM);
      assertEquals(lines.length, found.length);
      for (const line of lines) assertEquals(line.split("\t").length, 8, line);
      // deno-lint-ignore no-control-regex -- the test looks for them
      const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/;
      const shown = [...lines, ...fleetLines(fleet, PEOPLE), ...fleetsLines([fleet], PEOPLE)];
      for (const line of shown) assert(!control.test(line), JSON.stringify(line));
      const text = documentText("fleet", fleetDocument({ fleet, failures: [] }));
      assert(!control.test(text.replaceAll("\n", "")), text);
      assertEquals(problemOf("fleet", JSON.parse(text)), undefined);
    }),
  );
});
