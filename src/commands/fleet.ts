/** `ftl fleet`: shows who runs what, from the reports of the machines in S3. */
import type { Bucket } from "../bucket/bucket.ts";
import { FleetReader, listReports } from "../catalog/fleet.ts";
import { readRolloutMarks } from "../catalog/fleet_marks.ts";
import { FleetWatch, waitForFleet } from "../catalog/fleet_wait.ts";
import { readRev } from "../catalog/pointer.ts";
import type { Context } from "../context.ts";
import { asError, IntegrityError, NotFoundError } from "../errors.ts";
import { openBucket } from "../bucket/open.ts";
import type {
  Fleet,
  FleetMachine,
  FleetRollout,
  MachineError,
  MachineState,
  ReportedState,
} from "../plan/fleet.ts";
import { inParallel } from "../concurrency/parallel.ts";
import { judgeFleet } from "../plan/fleet_view.ts";
import { REPORTS_PREFIX } from "../revision/keys.ts";
import { compareNames, requirePackageName } from "../revision/names.ts";

export type { REPORTED_STATES } from "../revision/report.ts";
export type { Fleet, FleetMachine, FleetRollout, MachineError, MachineState, ReportedState };

/** Options of a look at the fleet. */
export interface FleetOptions {
  /** Seconds. Waits so long at most until all machines that are alive run what they should. */
  readonly wait?: number;
}

/** One package on all machines. */
export interface FleetView {
  /** Who runs what. */
  readonly fleet: Fleet;
  /**
   * How a wait ended, if not well: `ScriptError` if machines have failed, `LateError` if some are late, `NotFoundError`
   * if none has reported.
   */
  readonly failures: readonly Error[];
}

/**
 * One package on all machines that report. Throws `NotFoundError` if S3 has no such package and no machine reports it.
 */
export async function fleet(
  context: Context,
  packageName: string,
  { wait }: FleetOptions = {},
): Promise<FleetView> {
  const name = requirePackageName(packageName);
  const bucket = await openBucket(context);
  if (wait !== undefined) {
    return await waitForFleet(context, bucket, { package: name, seconds: wait });
  }
  const { fleet } = await new FleetWatch(context, bucket, name).look();
  if (fleet.blessed === undefined && fleet.machines.length === 0) {
    throw new NotFoundError(`No machine reports ${name}, and nothing of it is blessed`, {
      hint: "'ftl fleet' shows all packages that machines report",
    });
  }
  return { fleet, failures: [] };
}

/** All packages that machines report. */
export interface FleetsView {
  /** In the order of the packages' names. */
  readonly fleets: readonly Fleet[];
  /** Packages whose pointer names no revision. The others are shown. */
  readonly failures: readonly Error[];
}

/** Every package on all machines that report. */
export async function fleets(context: Context): Promise<FleetsView> {
  const bucket = await openBucket(context);
  const { signal, now, config: { concurrency } } = context;
  const { at, reports } = await new FleetReader(bucket, { signal, now }).read();
  const names = new Set(reports.flatMap(({ report }) => [...report?.packages.keys() ?? []]));
  const sorted = [...names].sort(compareNames);
  const failures: Error[] = [];
  const found = await inParallel(sorted, { concurrency, signal }, async (name) => {
    try {
      const staged = { package: name, pointer: await readRev(bucket, name) };
      const marks = await readRolloutMarks(context, bucket, staged);
      return judgeFleet({ ...staged, at, reports, marks }).fleet;
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      context.report({ type: "failure", error });
      failures.push(asError(error));
      return judgeFleet({ package: name, at, pointer: undefined, reports }).fleet;
    }
  });
  return { fleets: found, failures };
}

/** The result of a prune. */
export interface PrunedFleet {
  /** The machines whose reports were removed. */
  readonly removed: readonly string[];
  /** Reports that could not be removed. */
  readonly failures: readonly Error[];
}

/** Removes the reports of machines that have not reported for so many days. */
export async function pruneFleet(context: Context, days: number): Promise<PrunedFleet> {
  const bucket = await openBucket(context);
  const objects = await listReports(bucket);
  const at = bucket.serverTime() ?? context.now();
  const old = objects.filter(({ modified }) => at - modified > days * DAY).map(({ key }) => key);
  return await removeReports(context, bucket, old);
}

/** Milliseconds. */
const DAY = 24 * 3_600_000;

async function removeReports(
  context: Context,
  bucket: Bucket,
  keys: readonly string[],
): Promise<PrunedFleet> {
  const left = await bucket.removeMany(keys);
  for (const { error } of left) context.report({ type: "failure", error });
  const kept = new Set(left.map(({ key }) => key));
  return {
    removed: keys.filter((key) => !kept.has(key)).map((key) => key.slice(REPORTS_PREFIX.length)),
    failures: left.map(({ error }) => error),
  };
}
