/**
 * Who runs what, as lines. For people: what is blessed, the numbers, then the machines that are not in line, in columns.
 * For programs: one machine on a line, or one package, with tabs. Machines wrote most of it, so all texts are escaped.
 */
import type { Fleet, FleetMachine, FleetRollout, MachineState } from "../../commands/fleet.ts";
import { escapeControls, oneLine } from "../../foreign_text.ts";
import { distrusts } from "../../plan/fleet.ts";
import { formatAge, formatDuration } from "../terminal/narration.ts";
import type { Paint } from "../terminal/paint.ts";
import { downloadLines } from "./fleet_downloads.ts";
import { distrustWords, trustWords } from "./fleet_trust.ts";
import { align, type TableOptions } from "./tables.ts";

const HEADINGS = ["MACHINE", "HOST", "RUNS", "STATE", "SINCE", "SEEN", "FTL"];

/** One package. `all`: also the machines that are in line; programs always get those. */
export function fleetLines(
  fleet: Fleet,
  { isTerminal, paint, all }: TableOptions & { readonly all: boolean },
): string[] {
  const trust = trustWords(fleet);
  if (!isTerminal) {
    return fleet.machines.map((machine) => {
      const more = trust === undefined ? [] : [machine.trust ?? "-"];
      return [...cells(machine), ...more].join("\t");
    });
  }
  const shown = all
    ? fleet.machines
    : fleet.machines.filter((machine) => machine.state !== "ok" || distrusts(machine));
  const hidden = fleet.machines.length - shown.length;
  const table = shown.length === 0 ? [] : align([
    HEADINGS.map(paint.bold),
    ...shown.map((machine) => row(machine, { fleet, paint })),
  ]);
  return [
    blessedLine(fleet),
    ...[
      numbersLine(fleet, paint),
      ...downloadLines(fleet),
      ...(trust === undefined ? [] : [paintTrust(`signatures: ${trust}`, { fleet, paint })]),
      ...(fleet.rollout === undefined ? [] : rolloutLines(fleet.rollout, { fleet, paint })),
      ...table,
      ...(hidden === 0 ? [] : [paint.dim(`--all shows the ${inLine(hidden)}`)]),
    ].map((line) => `  ${line}`),
  ];
}

function inLine(machines: number): string {
  return machines === 1 ? "one that is in line" : `${machines} that are in line`;
}

/** One package on a line. */
export function fleetsLines(
  fleets: readonly Fleet[],
  { isTerminal, paint }: TableOptions,
): string[] {
  if (!isTerminal) {
    return fleets.map((fleet) =>
      [fleet.package, fleet.blessed ?? "-", fleet.living, runningIt(fleet)].join("\t")
    );
  }
  return align(fleets.map((fleet) => [
    fleet.package,
    fleet.blessed ?? "-",
    numbersLine(fleet, paint),
    fleet.rollout === undefined ? "" : shareOf(fleet.rollout),
    paintTrust(distrustWords(fleet) ?? "", { fleet, paint }),
  ]));
}

/** `my_site.VZ6.. blessed 12 min ago by ann@laptop: looks good`. */
function blessedLine(fleet: Fleet): string {
  const { package: name, blessed } = fleet;
  if (blessed === undefined) return `${name}: nothing is blessed`;
  // During a rollout the pointer says who took its last step.
  return fleet.rollout === undefined
    ? `${blessed} blessed${changeOf(fleet)}`
    : `${blessed} is blessed`;
}

/** ` 12 min ago by ann@laptop: looks good`. */
function changeOf({ at, blessedBy, blessedAt, message }: Fleet): string {
  const age = blessedAt === undefined ? NaN : Date.parse(at) - Date.parse(blessedAt);
  const when = Number.isNaN(age) ? "" : ` ${formatAge(age)} ago`;
  const who = blessedBy === undefined ? "" : ` by ${escapeControls(blessedBy)}`;
  const why = message === undefined ? "" : `: ${oneLine(message)}`;
  return `${when}${who}${why}`;
}

/** The words of a state after a number of machines. */
const WORDS: Readonly<Record<MachineState, (many: boolean) => string>> = {
  ok: (many) => many ? "run it" : "runs it",
  failing: (many) => many ? "fail to sync" : "fails to sync",
  quarantine: () => "in quarantine",
  held: () => "held",
  paused: () => "paused",
  waiting: (many) => many ? "wait for the rollout" : "waits for the rollout",
  behind: () => "behind",
  unhealthy: () => "unhealthy",
  new: (many) => many ? "run nothing" : "runs nothing",
  gone: () => "gone",
  unreadable: () => "unreadable",
};

/** `30 machines: 27 run it, 1 behind, 1 in quarantine; 1 not seen since 13:02`. */
function numbersLine(fleet: Fleet, paint: Paint): string {
  const { living, states, machines, rollout } = fleet;
  const running = rollout === undefined
    ? 0
    : machines.filter(({ active, state }) => state === "ok" && active === rollout.next).length;
  const counts = Object.entries(WORDS).flatMap(([word, words]) => {
    const state = word as MachineState;
    // Those that run the candidate are told with the rollout.
    const count = (states[state] ?? 0) - (state === "ok" ? running : 0);
    return count === 0 ? [] : [paintState(`${count} ${words(count > 1)}`, { state, paint })];
  });
  const candidates = running === 0
    ? []
    : [`${running} ${running === 1 ? "runs" : "run"} the candidate`];
  const gone = machines.filter(({ state }) => state === "gone");
  const unreadable = machines.filter(({ state }) => state === "unreadable").length;
  const [first] = gone;
  const beside = [
    ...(gone.length === 1 && first !== undefined
      ? [`1 not seen since ${clockOf(first.seen, fleet)}`]
      : []),
    ...(gone.length > 1 ? [`${gone.length} gone`] : []),
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
  ];
  const sum = living === 0
    ? "no machine reports it"
    : `${living} ${living === 1 ? "machine" : "machines"}: ${
      [...counts, ...candidates].join(", ")
    }`;
  return [sum, ...beside].join("; ");
}

/** In UTC: the time of today, else the day. */
function clockOf(seen: string, { at }: Fleet): string {
  return seen.slice(0, 10) === at.slice(0, 10) ? `${seen.slice(11, 16)} UTC` : seen.slice(0, 10);
}

function rolloutLines(
  rollout: FleetRollout,
  { fleet, paint }: { fleet: Fleet; paint: Paint },
): string[] {
  const change = changeOf(fleet);
  const { next, failed = [], turns, groups, atOnce, halt } = rollout;
  const names = (machines: readonly string[]): string => machines.map(escapeControls).join(", ");
  const rules = [
    ...(groups.length === 0 ? [] : [`group ${groups.join(", ")}`]),
    ...(atOnce === undefined ? [] : [`${atOnce} at once`]),
    ...(halt === undefined ? [] : [`halts at ${halt} failed`]),
  ];
  return [
    [`${next}: ${shareOf(rollout)}`, ...rules].join("; "),
    ...(change === "" ? [] : [`last step${change}`]),
    ...(failed.length === 0 ? [] : [paint.bad(`failed: ${names(failed)}`)]),
    ...(turns.length === 0 ? [] : [`in their jump: ${names(turns)}`]),
    ...(rollout.state === "complete"
      ? [`complete: once all machines run it, ftl jump --master ${next} makes it final`]
      : []),
  ];
}

/** `rollout at 10 %, to all in 2 h 0 min, paused`. */
function shareOf({ percent, over, state }: FleetRollout): string {
  const share = `rollout at ${Number(percent.toFixed(1))} %`;
  const growing = over === undefined || state !== "running"
    ? ""
    : `, to all within ${formatDuration(over * 1000)}`;
  return `${share}${growing}${state === "running" ? "" : `, ${state}`}`;
}

/** How many living machines run what is blessed. */
function runningIt({ blessed, machines }: Fleet): number {
  return machines.filter(({ active, state }) =>
    active !== undefined && active === blessed && state !== "gone"
  ).length;
}

function row(
  machine: FleetMachine,
  { fleet: { at }, paint }: { fleet: Fleet; paint: Paint },
): string[] {
  const { active, state, seen, trust, error } = machine;
  const word = distrusts(machine) ? paint.warning(`, ${trust}`) : "";
  const age = (time: string | undefined): string =>
    time === undefined ? "-" : formatAge(Date.parse(at) - Date.parse(time));
  return [
    escapeControls(machine.machine),
    escapeControls(machine.host ?? "-"),
    active?.slice(active.indexOf(".") + 1) ?? "-",
    `${paintState(state, { state, paint })}${word}`,
    age(sinceOf(machine)),
    age(seen),
    escapeControls(machine.ftl ?? "-"),
    ...(error === undefined ? [] : [errorText(error)]),
  ];
}

function cells(machine: FleetMachine): string[] {
  const { active, state, seen, error } = machine;
  return [
    escapeControls(machine.machine),
    escapeControls(machine.host ?? "-"),
    active ?? "-",
    state,
    sinceOf(machine) ?? "-",
    seen,
    escapeControls(machine.ftl ?? "-"),
    error === undefined ? "-" : oneLine(error.text),
  ];
}

/** Since when it is so: for most states nobody knows. */
function sinceOf({ state, since, error }: FleetMachine): string | undefined {
  if (error !== undefined) return error.since;
  return state === "ok" || state === "held" ? since : undefined;
}

function errorText({ text, count }: { readonly text: string; readonly count: number }): string {
  return `${oneLine(text)}${count > 1 ? ` (${count} times)` : ""}`;
}

const BAD: readonly MachineState[] = ["failing", "quarantine", "unhealthy", "unreadable"];

function paintState(
  text: string,
  { state, paint }: { readonly state: MachineState; readonly paint: Paint },
): string {
  if (BAD.includes(state)) return paint.bad(text);
  return state === "ok" ? paint.good(text) : paint.warning(text);
}

function paintTrust(
  text: string,
  { fleet, paint }: { readonly fleet: Fleet; readonly paint: Paint },
): string {
  return distrustWords(fleet) === undefined ? text : paint.warning(text);
}
