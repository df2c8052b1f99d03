/** What is known of a fleet: one package on all machines that report. Pages, tables and documents are made from it. */
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
export const MACHINE_STATES = [...REPORTED_STATES, "gone", "unreadable"] as const;
export type MachineState = typeof MACHINE_STATES[number];

/** One machine. What is unknown is undefined. */
export interface FleetMachine {
  readonly machine: string;
  readonly host: string | undefined;
  readonly groups: readonly string[];
  /** The version of FTL. */
  readonly ftl: string | undefined;
  readonly state: MachineState;
  readonly active: RevisionName | undefined;
  readonly previous: RevisionName | undefined;
  /** What it should run now: during a rollout, the candidate if that has come to it. */
  readonly want: RevisionName | undefined;
  /** Since when the active revision is active: ISO 8601, UTC. */
  readonly since: string | undefined;
  /** When it reported last, by S3's clock: ISO 8601, UTC. */
  readonly seen: string;
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
   * - `complete`: every machine may take it; only a blessing ends the rollout.
   */
  readonly state: "running" | "paused" | "halted" | "complete";
  /** The share of machines that may take it now, 0 to 100. */
  readonly percent: number;
  /** Seconds in which the share grows to all; undefined if it stays. */
  readonly over: number | undefined;
  readonly groups: readonly string[];
  readonly atOnce: number | undefined;
  readonly halt: number | undefined;
  /** How many living machines run it. */
  readonly running: number;
  /** The machines that have failed in it, by their marks. Undefined if the marks could not be listed. */
  readonly failed: readonly string[] | undefined;
  /** The machines that are in their jump, with `--at-once`. */
  readonly turns: readonly string[];
}

export interface Fleet {
  readonly package: PackageName;
  /** When this was put together, by S3's clock: ISO 8601, UTC. */
  readonly at: string;
  readonly blessed: RevisionName | undefined;
  /** Who blessed it, when and why. */
  readonly blessedBy: string | undefined;
  readonly blessedAt: string | undefined;
  readonly message: string | undefined;
  readonly rollout: FleetRollout | undefined;
  /** The number of machines that are alive: without those that are gone. */
  readonly living: number;
  /** How many of the living ones are in each state. */
  readonly states: Readonly<Partial<Record<MachineState, number>>>;
  /** The worst first, then by name. Those that are gone for a week are left out. */
  readonly machines: readonly FleetMachine[];
}

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
