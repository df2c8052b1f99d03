/** The documents of `ftl fleet --json`: see `documents.ts` for what holds for all of them. */
import type {
  Fleet,
  FleetMachine,
  FleetRollout,
  FleetsView,
  FleetView,
  PrunedFleet,
} from "../../commands/fleet.ts";
import { BLESSING_VERDICTS } from "../../revision/blessing_verdict.ts";
import { MACHINE_STATES } from "../../plan/fleet.ts";
import { failure, type Payload, time } from "./documents.ts";

export function fleetDocument({ fleet, failures }: FleetView): Payload {
  return {
    ...summaryEntry(fleet),
    machines: fleet.machines.map(machineEntry),
    failures: failures.map(failure),
  };
}

export function fleetsDocument({ fleets, failures }: FleetsView): Payload {
  return { packages: fleets.map(summaryEntry), failures: failures.map(failure) };
}

export function prunedFleetDocument({ removed, failures }: PrunedFleet): Payload {
  return { removed, failures: failures.map(failure) };
}

function summaryEntry(fleet: Fleet): Payload {
  const { package: name, at, blessed = null, blessedBy = null, message = null, rollout } = fleet;
  const { living, states, trust, machines } = fleet;
  const silent = (state: "gone" | "unreadable"): number =>
    machines.filter((machine) => machine.state === state).length;
  return {
    package: name,
    at: time(at),
    blessed,
    blessedBy,
    blessedAt: time(fleet.blessedAt),
    message,
    rollout: rollout === undefined ? null : rolloutEntry(rollout),
    living,
    states: Object.fromEntries(MACHINE_STATES.map((state) => [
      state,
      state === "gone" || state === "unreadable" ? silent(state) : states[state] ?? 0,
    ])),
    trust: Object.keys(trust).length === 0
      ? null
      : Object.fromEntries(BLESSING_VERDICTS.map((verdict) => [verdict, trust[verdict] ?? 0])),
  };
}

function rolloutEntry(rollout: FleetRollout): Payload {
  const { id, next, state, percent, over = null, groups, atOnce = null, halt = null } = rollout;
  const { running, failed = null, turns } = rollout;
  return { id, next, state, percent, over, groups, atOnce, halt, running, failed, turns };
}

function machineEntry(found: FleetMachine): Payload {
  const { machine, host = null, groups, ftl = null, state, active = null, previous = null } = found;
  const { want = null, since, how = null, moved = null, seen, trust = null, error } = found;
  return {
    machine,
    host,
    groups,
    ftl,
    state,
    active,
    previous,
    want,
    since: time(since),
    how,
    moved,
    seen: time(seen),
    trust,
    error: error === undefined
      ? null
      : { text: error.text, code: error.code, since: time(error.since), count: error.count },
  };
}
