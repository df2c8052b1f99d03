/** What is known of a fleet: one package on all machines that report. Pages, tables and documents are made from it. */
import type { FetchedHow } from "../events.ts";
import type { BlessingVerdict } from "../revision/blessing_verdict.ts";
import type { PackageName, RevisionName } from "../revision/names.ts";
import {
  type MachineError,
  type MachineReport,
  REPORTED_STATES,
  type ReportedState,
} from "../revision/report.ts";

export type { MachineError, ReportedState };

/**
 * What is shown of a machine: what it says itself, or what only a reader can say.
 *
 * - `gone`: it has not reported for three times its own interval.
 * - `unreadable`: its report cannot be read.
 */
export type MachineState = ReportedState | "gone" | "unreadable";
export const MACHINE_STATES: readonly MachineState[] = [...REPORTED_STATES, "gone", "unreadable"];

/** One machine. What is unknown is undefined. */
export interface FleetMachine {
  /** Its name. */
  readonly machine: string;
  /** The host's name. Undefined if `FTL_MACHINE` replaces it. */
  readonly host: string | undefined;
  /** Its `FTL_GROUP`. */
  readonly groups: readonly string[];
  /** The version of FTL. */
  readonly ftl: string | undefined;
  /** How it is. */
  readonly state: MachineState;
  /** What it runs. */
  readonly active: RevisionName | undefined;
  /** What it ran before. */
  readonly previous: RevisionName | undefined;
  /** What it should run now: during a rollout, the candidate if that has come to it. */
  readonly want: RevisionName | undefined;
  /** Since when the active revision is active: ISO 8601, UTC. */
  readonly since: string | undefined;
  /** How that came there. */
  readonly how?: FetchedHow | undefined;
  /** Bytes that were downloaded for it. */
  readonly moved?: number | undefined;
  /** When it reported last, by S3's clock: ISO 8601, UTC. */
  readonly seen: string;
  /**
   * How it judges what is blessed, by the signatures. Undefined if it does not check them, or has not reported since the
   * pointer was written last.
   */
  readonly trust: BlessingVerdict | undefined;
  /** Why it is not in line. */
  readonly error: MachineError | undefined;
}

/** A staged rollout that is under way. */
export interface FleetRollout {
  /** Names it. */
  readonly id: number;
  /** The candidate. */
  readonly next: RevisionName;
  /**
   * - `running`: machines may take it.
   * - `paused`: nobody new takes it.
   * - `halted`: so many machines have failed that nobody new takes it.
   * - `complete`: every machine may take it, or has it; only a blessing ends the rollout.
   */
  readonly state: "running" | "paused" | "halted" | "complete";
  /** The share of machines that may take it now, 0 to 100. */
  readonly percent: number;
  /** Machines with a lower rank may take it: 0 to 1. For few machines, this is not their share. */
  readonly cut: number;
  /** Seconds in which the share grows to all; undefined if it stays. */
  readonly over: number | undefined;
  /** Groups whose machines may all take it. */
  readonly groups: readonly string[];
  /** How many machines may be in their jump at the same time. */
  readonly atOnce: number | undefined;
  /** How many machines must have failed until nobody new takes it. */
  readonly halt: number | undefined;
  /** How many living machines run it. */
  readonly running: number;
  /** The machines that have failed in it, by their marks. Undefined if the marks could not be listed. */
  readonly failed: readonly string[] | undefined;
  /** The machines that are in their jump, with `--at-once`. */
  readonly turns: readonly string[];
}

/** One package on all machines that report. */
export interface Fleet {
  /** Its name. */
  readonly package: PackageName;
  /** When this was put together, by S3's clock: ISO 8601, UTC. */
  readonly at: string;
  /** The blessed revision. */
  readonly blessed: RevisionName | undefined;
  /** Who blessed it: `user@host`. */
  readonly blessedBy: string | undefined;
  /** When: ISO 8601, UTC. */
  readonly blessedAt: string | undefined;
  /** Why. */
  readonly message: string | undefined;
  /** The rollout that is under way. */
  readonly rollout: FleetRollout | undefined;
  /** The number of machines that are alive: without those that are gone. */
  readonly living: number;
  /** How many of the living ones are in each state. */
  readonly states: Readonly<Partial<Record<MachineState, number>>>;
  /** How many of the living ones judge what is blessed so. Empty if none checks signatures. */
  readonly trust: Readonly<Partial<Record<BlessingVerdict, number>>>;
  /** The worst first, then by name. Those that are gone for a week are left out. */
  readonly machines: readonly FleetMachine[];
}

/** Whether a machine does not trust what is blessed: it refuses that, or would without `warn:` in its `FTL_TRUST`. */
export function distrusts({ trust }: FleetMachine): boolean {
  return trust !== undefined && trust !== "trusted";
}

/** A machine that counts: it has the package, and has reported lately. */
export type LivingMachine = Pick<FleetMachine, "machine" | "host" | "groups">;

/** A report as it lies in the bucket. */
export interface SeenReport {
  /** As the key names it: whatever the report says, one machine cannot take another one's place. */
  readonly machine: string;
  /** When it was written, by S3's clock: Unix milliseconds. */
  readonly seen: number;
  /** Undefined if it cannot be read. */
  readonly report: MachineReport | undefined;
}

/** Milliseconds. A machine that was not seen for so long is not shown any more. */
export const OUT_AFTER = 7 * 24 * 3_600_000;
