/**
 * Puts together what is known of a package on all machines, from their reports and from what is blessed now. A report
 * may be older than the blessing, so what a machine says of itself is judged anew:
 *
 *     report                         of the present pointer?   runs what it should?   it is shown as
 *     cannot be read                 -                         -                      unreadable
 *     older than 3 times its every   -                         -                      gone
 *     failing                        -                         -                      failing
 *     paused                         -                         -                      paused
 *     quarantine, held               yes                       -                      the same
 *     unhealthy                      -                         yes                    unhealthy
 *     waiting                        yes                       yes                    waiting
 *     anything else                  -                         yes                    ok; new if it should run nothing
 *     anything else                  -                         no                     behind
 */
import type { BlessingVerdict } from "../revision/blessing_verdict.ts";
import {
  compareNames,
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import type { Blessing } from "../revision/pointer.ts";
import type { MachineReport, ReportedPackage } from "../revision/report.ts";
import { effective } from "./effective.ts";
import type { Fleet, FleetMachine, LivingMachine, MachineState, SeenReport } from "./fleet.ts";
import { rolloutOf, type RolloutSource } from "./fleet_rollout.ts";

export interface FleetSource extends RolloutSource {
  readonly reports: readonly SeenReport[];
}

/** A fleet, and who in it knows what is blessed. */
export interface JudgedFleet {
  readonly fleet: Fleet;
  /** The machines that have reported since the pointer was written last. What the others say may be over. */
  readonly informed: ReadonlySet<string>;
}

/** A machine that has not reported for so many times its own interval is gone. */
const PATIENCE = 3;

/** The worst first. */
const ORDER: readonly MachineState[] = [
  "failing",
  "quarantine",
  "unhealthy",
  "unreadable",
  "behind",
  "gone",
  "held",
  "paused",
  "waiting",
  "new",
  "ok",
];

export function judgeFleet(source: FleetSource): JudgedFleet {
  const { package: name, at, pointer, reports } = source;
  const named = { ...source, nameOf: revisionNames(name) };
  const judged = reports.flatMap((seen) => judge(seen, named))
    .sort(([a], [b]) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || compareNames(a.machine, b.machine)
    );
  const machines = judged.map(([machine]) => machine);
  const living = machines.filter(isAlive);
  const states: Partial<Record<MachineState, number>> = {};
  const trust: Partial<Record<BlessingVerdict, number>> = {};
  for (const { state, trust: verdict } of living) {
    states[state] = (states[state] ?? 0) + 1;
    if (verdict !== undefined) trust[verdict] = (trust[verdict] ?? 0) + 1;
  }
  const fleet: Fleet = {
    package: name,
    at: new Date(at).toISOString(),
    blessed: pointer && revisionName({ package: name, id: pointer.id }),
    blessedBy: pointer?.note.by,
    blessedAt: pointer?.note.at,
    message: pointer?.note.message,
    rollout: rolloutOf(source, living),
    living: living.length,
    states,
    trust,
    machines,
  };
  return {
    fleet,
    informed: new Set(judged.flatMap(([{ machine }, isInformed]) => isInformed ? [machine] : [])),
  };
}

/** The machines of a package that are alive. */
export function livingMachines(
  reports: readonly SeenReport[],
  { package: name, at }: Pick<FleetSource, "package" | "at">,
): LivingMachine[] {
  return reports.flatMap(({ machine, seen, report }) => {
    if (report === undefined || !report.packages.has(name)) return [];
    if (isGone(seen, { at, every: report.every })) return [];
    return [{ machine, host: report.host, groups: report.groups }];
  });
}

function isGone(seen: number, { at, every }: { at: number; every: number }): boolean {
  return at - seen > PATIENCE * every * 1000;
}

/** Whether the machine counts: it reports, and its report can be read. */
export function isAlive({ state }: FleetMachine): boolean {
  return state !== "gone" && state !== "unreadable";
}

type Judged = readonly [machine: FleetMachine, isInformed: boolean];

type NameOf = (id: RevisionId | undefined) => RevisionName | undefined;

/** Names of revisions of a package, each made once: thousands of machines run the same few. */
function revisionNames(packageName: PackageName): NameOf {
  const names = new Map<RevisionId, RevisionName>();
  return (id) => {
    if (id === undefined) return undefined;
    const name = names.get(id) ?? revisionName({ package: packageName, id });
    names.set(id, name);
    return name;
  };
}

/** None if the machine does not have the package. */
function judge(
  { machine, seen, report }: SeenReport,
  source: FleetSource & { readonly nameOf: NameOf },
): Judged[] {
  const shown = { machine, seen: new Date(seen).toISOString() };
  if (report === undefined) return [[{ ...UNREADABLE, ...shown }, false]];
  const found = report.packages.get(source.package);
  if (found === undefined) return [];
  const { nameOf } = source;
  const isInformed = isOfPointer(found, source.pointer);
  const want = wantedBy(machine, { report, found, isInformed }, source);
  const { at } = source;
  const state = isGone(seen, { at, every: report.every })
    ? "gone"
    : stateOf(found, { isInformed, want });
  return [[{
    ...shown,
    host: report.host,
    groups: report.groups,
    ftl: report.ftl,
    state,
    active: nameOf(found.active),
    previous: nameOf(found.previous),
    want: nameOf(want),
    since: found.since,
    how: found.how,
    moved: found.moved,
    trust: trustOf(found, { isInformed, state }),
    error: found.error,
  }, isInformed]];
}

const UNREADABLE: Omit<FleetMachine, "machine" | "seen"> = {
  host: undefined,
  groups: [],
  ftl: undefined,
  state: "unreadable",
  active: undefined,
  previous: undefined,
  want: undefined,
  since: undefined,
  how: undefined,
  moved: undefined,
  trust: undefined,
  error: undefined,
};

/** A pointer of FTL 0.1.0 has no serial. */
function isOfPointer({ serial, want }: ReportedPackage, pointer: Blessing | undefined): boolean {
  return pointer?.serial === undefined ? want === pointer?.id : serial === pointer.serial;
}

/** What the machine should run, by what the pointer says now. */
function wantedBy(
  machine: string,
  { report, found, isInformed }: {
    readonly report: MachineReport;
    readonly found: ReportedPackage;
    readonly isInformed: boolean;
  },
  { package: name, pointer, marks, at }: FleetSource,
): RevisionId | undefined {
  if (pointer === undefined) return undefined;
  const { id: blessed, replaced, next, rollout } = pointer;
  const isBad = isInformed && found.state === "quarantine";
  return effective({ blessed, replaced, blessing: undefined, next, rollout }, {
    package: name,
    machine,
    groups: report.groups,
    active: found.active,
    now: at,
    has: true,
    quarantined: isBad && found.active !== next?.id,
    halted: marks?.isHalted ?? false,
    turn: "none needed",
  }).blessed;
}

/** A machine that refuses a pointer does not remember its serial. One that it trusted was another one. */
function trustOf(
  { trust }: ReportedPackage,
  { isInformed, state }: { readonly isInformed: boolean; readonly state: MachineState },
): BlessingVerdict | undefined {
  const isRefusing = state === "failing" && trust !== "trusted";
  return isRefusing || (isInformed && state !== "gone") ? trust : undefined;
}

/** By the table above, for a machine that is alive. */
function stateOf(
  { state, active }: ReportedPackage,
  { isInformed, want }: { isInformed: boolean; want: RevisionId | undefined },
): MachineState {
  if (state === "failing" || state === "paused") return state;
  if (isInformed && (state === "quarantine" || state === "held")) return state;
  if (active !== want && want !== undefined) return "behind";
  if (state === "unhealthy") return state;
  if (isInformed && state === "waiting") return state;
  return active === undefined ? "new" : "ok";
}
