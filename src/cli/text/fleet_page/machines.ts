/** The tables of machines: those that are not in line first. */
import {
  distrusts,
  type Fleet,
  type FleetMachine,
  type MachineError,
} from "../../../plan/fleet.ts";
import type { PackageName, RevisionName } from "../../../revision/names.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { Tone } from "./bar.ts";
import { STATE_LOOKS } from "./states.ts";
import { moment, shortTime } from "./times.ts";

interface Group {
  /** After their number. */
  readonly words: string;
  has(machine: FleetMachine): boolean;
}

const GROUPS: readonly Group[] = [
  {
    words: "not in line",
    has: (machine) => machine.state !== "gone" && ["bad", "wait"].includes(toneOf(machine)),
  },
  { words: "waiting for the rollout", has: (machine) => toneOf(machine) === "info" },
  {
    words: "in line that would refuse what is blessed",
    has: (machine) => toneOf(machine) === "good" && distrusts(machine),
  },
  { words: "in line", has: (machine) => toneOf(machine) === "good" && !distrusts(machine) },
  { words: "gone", has: ({ state }) => state === "gone" },
];

/** A table for each group that has machines. Their order is that of the document. */
export function machineTables(fleet: Fleet): Markup[] {
  return GROUPS.map(({ words, has }, i) => {
    const machines = fleet.machines.filter(has);
    if (machines.length === 0) return NOTHING;
    return markup`<div class=scroll role=region tabindex=0 aria-labelledby=table${i}>
<table>
<caption><h2 id=table${i}>${countOf(machines.length)} ${words}</h2></caption>
<thead><tr><th scope=col>Machine<th scope=col>State<th scope=col>Runs<th scope=col>Since<th scope=col>Reported<th scope=col>Groups<th scope=col>FTL</thead>
<tbody>
${machines.map((machine) => row(machine, fleet))}</tbody>
</table>
</div>
`;
  });
}

function toneOf({ state }: FleetMachine): Tone {
  return STATE_LOOKS[state].tone;
}

export function countOf(machines: number): string {
  return machines === 1 ? "1 machine" : `${machines} machines`;
}

/** There may be thousands: what HTML lets one leave out is left out. */
function row(machine: FleetMachine, { package: name, at }: Fleet): Markup {
  const { host, state, active, want, error, groups } = machine;
  const hostName = host === undefined || host === machine.machine ? NOTHING : below(host);
  const wanted = want === undefined || want === active
    ? NOTHING
    : below(`should run ${idOf(want, name)}`);
  const runs = active === undefined ? "nothing" : idOf(active, name);
  const why = error === undefined ? NOTHING : reason(error, at);
  const trust = distrusts(machine)
    ? below(`${machine.trust}: it would refuse what is blessed`)
    : NOTHING;
  return markup`<tr><th scope=row>${machine.machine}${hostName}<td class=${
    toneOf(machine)
  }><b>${state}</b>${trust}${why}<td class=id>${runs}${wanted}<td>${moment(machine.since, at)}<td>${
    moment(machine.seen, at)
  }<td>${groups.join(", ") || "-"}<td>${machine.ftl ?? "-"}\n`;
}

function below(text: string): Markup {
  return markup` <small>${text}</small>`;
}

function reason({ text, code, since, count }: MachineError, at: string): Markup {
  const times = count === 1 ? NOTHING : markup`${count} times `;
  return markup` <small>${text}</small> <small>exit code ${code}, ${times}since ${
    shortTime(since, at)
  }</small>`;
}

/** Without the package, which the heading of the page names. */
function idOf(revision: RevisionName, name: PackageName): string {
  return revision.startsWith(`${name}.`) ? revision.slice(name.length + 1) : revision;
}
