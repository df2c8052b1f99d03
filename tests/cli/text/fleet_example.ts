/** Fleets to draw pages of: a small one in a rollout, as the picture of the README shows it, and great ones. */
import type { Fleet, FleetMachine, MachineState } from "../../../src/plan/fleet.ts";
import type { BlessingVerdict } from "../../../src/revision/blessing_verdict.ts";
import { rankOf } from "../../../src/plan/rollout.ts";
import { aName, aPackage } from "../../names.ts";

const [OLD, BLESSED, NEXT] = ["VZ4k2Qm8aR1", "VZ5vQk8aR4G", "VZ6bTn3cX9s"]
  .map((id) => aName(`my_site.${id}`)) as [
    ReturnType<typeof aName>,
    ReturnType<typeof aName>,
    ReturnType<typeof aName>,
  ];

const MADE = "2026-11-25T14:00:00.000Z";

function ago(minutes: number): string {
  return new Date(Date.parse(MADE) - minutes * 60_000).toISOString();
}

/** A machine that runs what is blessed. */
export function machine(number: number, known: Partial<FleetMachine> = {}): FleetMachine {
  return {
    machine: `i-0${(BigInt(number + 1) * 0x9e3779b97f4a7c15n).toString(16).slice(-16)}`,
    host: `web-${number}`,
    groups: [],
    ftl: "0.2.0",
    state: "ok",
    active: BLESSED,
    previous: OLD,
    want: BLESSED,
    since: ago(60 * 26 + number),
    seen: ago(number * 7 % 55),
    trust: undefined,
    error: undefined,
    ...known,
  };
}

const ID = 1795613400123;
const TROUBLES: readonly Partial<FleetMachine>[] = [
  {
    state: "failing",
    want: NEXT,
    seen: ago(1),
    error: {
      text: "No room for 412 MB on the disk of /srv/ftl: 96 MB free",
      code: 7,
      since: ago(19),
      count: 19,
    },
  },
  {
    state: "quarantine",
    seen: ago(2),
    error: {
      text: "health failed: exit 1, after 60 s and 41 attempts",
      code: 6,
      since: ago(12),
      count: 1,
    },
  },
  { state: "held", active: OLD, previous: BLESSED, since: ago(60 * 49), seen: ago(4) },
  { state: "behind", want: NEXT, seen: ago(38) },
  { state: "gone", seen: ago(60 * 7) },
];
const IN: Partial<FleetMachine> = { active: NEXT, previous: BLESSED, want: NEXT };

/** The places of those in trouble in the order of the rollout: two in it, one not, one that comes next. */
const PLACES = [3, 1, 14, 6, 20];
const LET_IN = 8;

/** A rollout has come to a third of 24 machines. */
export const EXAMPLE: Fleet = exampleFleet();

function exampleFleet(): Fleet {
  const order = { package: aPackage("my_site"), id: ID };
  const ranked = Array.from({ length: 25 }, (_, i) => machine(i + 1))
    .sort((a, b) => rankOf(a.machine, order) - rankOf(b.machine, order));
  const troubled = TROUBLES.map((trouble, i) => ({ ...ranked[PLACES[i] ?? 0], ...trouble }));
  const others = ranked.filter((_, place) => !PLACES.includes(place)).map((one, i) => {
    const isIn = ranked.indexOf(one) < LET_IN;
    return isIn ? { ...one, ...IN, since: ago(3 + i * 4) } : { ...one, state: "waiting" as const };
  });
  const byHost = (a: FleetMachine, b: FleetMachine): number => a.machine < b.machine ? -1 : 1;
  const machines = [
    ...troubled as FleetMachine[],
    ...others.filter(({ state }) => state === "waiting").sort(byHost),
    ...others.filter(({ state }) => state === "ok").sort(byHost),
  ];
  return inRollout(machines, { failed: [ranked[PLACES[1] ?? 0]?.machine ?? ""] });
}

function inRollout(machines: readonly FleetMachine[], { failed }: { failed: string[] }): Fleet {
  return {
    ...fleetOf(machines),
    rollout: {
      id: ID,
      next: NEXT,
      state: "running",
      percent: 33.3,
      cut: 0.333,
      over: 7200,
      groups: [],
      atOnce: undefined,
      halt: 2,
      running: machines.filter(({ active }) => active === NEXT).length,
      failed,
      turns: [],
    },
  };
}

/** A fleet without a rollout. Its numbers are those of its machines. */
export function fleetOf(machines: readonly FleetMachine[]): Fleet {
  const states: Partial<Record<MachineState, number>> = {};
  const living = machines.filter(({ state }) => state !== "gone");
  const trust: Partial<Record<BlessingVerdict, number>> = {};
  for (const { state, trust: verdict } of living) {
    states[state] = (states[state] ?? 0) + 1;
    if (verdict !== undefined) trust[verdict] = (trust[verdict] ?? 0) + 1;
  }
  return {
    package: aPackage("my_site"),
    at: MADE,
    blessed: BLESSED,
    blessedBy: "ann@laptop",
    blessedAt: ago(60 * 27),
    message: "Search is back, and the cart keeps what was in it",
    rollout: undefined,
    living: living.length,
    states,
    trust,
    machines,
  };
}

/** One machine in twenty is in trouble. */
export function manyMachines(count: number): Fleet {
  const machines = Array.from({ length: count }, (_, i) => {
    const host = `ip-10-0-${i >> 8}-${i % 256}.eu-west-1.compute.internal`;
    const known: Partial<FleetMachine> = i < count / 20
      ? TROUBLES[i % TROUBLES.length] ?? {}
      : i % 3 === 0
      ? IN
      : { state: "waiting" };
    return machine(i, { ...known, host, groups: ["eu-west-1a"] });
  });
  return inRollout(machines, { failed: machines.slice(0, 3).map((one) => one.machine) });
}
