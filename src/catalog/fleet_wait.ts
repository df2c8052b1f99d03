/** Looks at a package on all machines, once, or until they run what they should. */
import { pause } from "../concurrency/pause.ts";
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { LateError, NotFoundError, ScriptError } from "../errors.ts";
import type { Fleet, FleetMachine } from "../plan/fleet.ts";
import { type JudgedFleet, judgeFleet } from "../plan/fleet_view.ts";
import { countInLine, judgeWait, type WaitVerdict } from "../plan/fleet_wait.ts";
import type { PackageName } from "../revision/names.ts";
import type { BlessOptions } from "./bless.ts";
import { FleetReader } from "./fleet.ts";
import { readRolloutMarks } from "./fleet_marks.ts";
import { readRev } from "./pointer.ts";

/** Seconds between two looks. */
const POLL = 10;
/** Machines that an error names. */
const MOST_NAMES = 5;

/** Looks at one package again and again. */
export class FleetWatch {
  readonly #context: Context;
  readonly #bucket: Bucket;
  readonly #package: PackageName;
  readonly #reader: FleetReader;

  constructor(context: Context, bucket: Bucket, packageName: PackageName) {
    const { signal, now } = context;
    this.#context = context;
    this.#bucket = bucket;
    this.#package = packageName;
    this.#reader = new FleetReader(bucket, { only: packageName, signal, now });
  }

  /** One look. The pointer is read last: so no machine has seen a newer one. */
  async look(): Promise<JudgedFleet> {
    const { at, reports } = await this.#reader.read();
    const pointer = await readRev(this.#bucket, this.#package);
    const staged = { package: this.#package, pointer };
    const marks = await readRolloutMarks(this.#context, this.#bucket, staged);
    return judgeFleet({ ...staged, at, reports, marks });
  }
}

/** Options of a jump or a jump back in S3, for all machines. */
export interface MasterOptions extends BlessOptions {
  /**
   * Seconds. Waits so long at most until all machines that are alive run what they should. The result's failures tell if
   * they do not: see `FleetView`.
   */
  readonly wait?: number;
}

export interface WaitOptions {
  readonly package: PackageName;
  /** For how long at most. */
  readonly seconds: number;
  /** Seconds between two looks. */
  readonly poll?: number;
}

/** The fleet when the wait ended. */
export interface Waited {
  readonly fleet: Fleet;
  /**
   * Empty if all machines that are alive run what they should. Else `ScriptError` if some have failed, `LateError` if
   * the time is over, `NotFoundError` if no machine has reported the package in that time, or none may take the
   * candidate. It was reported.
   */
  readonly failures: readonly Error[];
}

/** Waits for the fleet. A failure ends the wait at once. */
export async function waitForFleet(
  context: Context,
  bucket: Bucket,
  { package: name, seconds, poll = POLL }: WaitOptions,
): Promise<Waited> {
  const watch = new FleetWatch(context, bucket, name);
  const end = performance.now() + seconds * 1000;
  let told: string | undefined;
  for (;;) {
    const judged = await watch.look();
    const { fleet } = judged;
    const found = judgeWait(judged);
    const inLine = countInLine(judged);
    const numbers = `${inLine} of ${fleet.living}`;
    if (told !== numbers) {
      context.report({ type: "fleet", package: name, living: fleet.living, inLine });
    }
    told = numbers;
    const left = end - performance.now();
    // A package that nobody has spooled or blessed is a wrong name.
    const isNothing = found.verdict === "nobody" && fleet.blessed === undefined;
    if (["done", "failed", "halted"].includes(found.verdict) || isNothing || left <= 0) {
      const failures = failuresOf(fleet, found);
      for (const error of failures) context.report({ type: "failure", error });
      return { fleet, failures };
    }
    await pause(Math.min(poll * 1000, left), context.signal);
  }
}

/** The failures of a wait, if somebody asked for one. */
export async function waitIfAsked(
  context: Context,
  bucket: Bucket,
  { package: name, wait }: { readonly package: PackageName; readonly wait: number | undefined },
): Promise<Pick<Waited, "failures">> {
  if (wait === undefined) return { failures: [] };
  const { failures } = await waitForFleet(context, bucket, { package: name, seconds: wait });
  return { failures };
}

function failuresOf(fleet: Fleet, found: WaitVerdict): Error[] {
  const { package: name } = fleet;
  switch (found.verdict) {
    case "done":
      return [];
    case "nobody":
      return [
        new NotFoundError(`No machine has reported ${name}`, {
          hint: "Machines report if FTL_REPORT is set there, as by 'ftl setup', and S3 lets them",
        }),
      ];
    case "halted":
      return [halted(fleet)];
    case "growing":
      return [
        new LateError(`${name}: the rollout has come to ${percentOf(fleet)} % of the machines`, {
          hint: `It goes on by itself: 'ftl fleet ${name} --wait 1h' goes on waiting`,
        }),
      ];
    case "untried":
      return [
        new NotFoundError(`${name}: no machine that reports may take ${fleet.rollout?.next}`, {
          hint: "Is the name of the group right? --percent 10 takes one machine at least",
        }),
      ];
    case "failed":
      return [failed(fleet, found.machines)];
    case "late":
      return [
        new LateError(`${shareOf(fleet, found.machines)} late: ${namesOf(found.machines)}`, {
          hint: `Late is not failed: 'ftl fleet ${name} --wait 10m' goes on waiting`,
        }),
      ];
  }
}

function failed(fleet: Fleet, machines: readonly FleetMachine[]): Error {
  const { package: name, rollout } = fleet;
  const end = rollout?.state === "halted" ? "; the rollout has halted" : "";
  const text = `${shareOf(fleet, machines)} in trouble: ${namesOf(machines)}${end}`;
  const to = rollout === undefined ? "revision before" : "blessed revision";
  const hint = `'ftl jump-back --master ${name}' takes all machines back to the ${to}`;
  const revision = machines[0]?.want ?? fleet.blessed ?? machines[0]?.active;
  // A machine without any revision has no script that could fail.
  return revision === undefined
    ? new LateError(text, { hint })
    : new ScriptError(text, { revision, hint });
}

function halted(fleet: Fleet): Error {
  const { package: name, rollout } = fleet;
  const { failed = [], next = fleet.blessed } = rollout ?? {};
  const who = failed.length === 0 ? "" : `: it failed on ${listOf(failed)}`;
  const text = `${name}: the rollout has halted at ${percentOf(fleet)} % of the machines${who}`;
  const hint = `'ftl jump-back --master ${name}' takes all machines back to the blessed revision`;
  return next === undefined
    ? new LateError(text, { hint })
    : new ScriptError(text, { revision: next, hint });
}

function percentOf({ rollout }: Fleet): number {
  return Number((rollout?.percent ?? 0).toFixed(1));
}

/** `2 of 30 machines are`. */
function shareOf({ package: name, living }: Fleet, { length }: readonly FleetMachine[]): string {
  const of = living === 1 ? "machine" : "machines";
  return `${name}: ${length} of ${living} ${of} ${length === 1 ? "is" : "are"}`;
}

/** `web-1 (behind), web-2 (held) and 3 more`. */
function namesOf(machines: readonly FleetMachine[]): string {
  return listOf(machines.map(({ machine, host, state, error }) => {
    const who = host === undefined || host === machine ? machine : `${machine}, ${host}`;
    return `${who} (${state}${error === undefined ? "" : `: ${error.text}`})`;
  }));
}

function listOf(machines: readonly string[]): string {
  const more = machines.length - MOST_NAMES;
  return machines.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
