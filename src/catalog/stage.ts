/** Rolls a revision out in stages, and stops that: for `jump --master` and `jump-back --master`. */
import type { Bucket, OpenedBucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { FtlError, StorageError, UsageError } from "../errors.ts";
import { type StageRequest, stageRollout, stopRollout } from "../plan/blessing.ts";
import type { LivingMachine } from "../plan/fleet.ts";
import { livingMachines } from "../plan/fleet_view.ts";
import { percentAt } from "../plan/machine_rollout.ts";
import { isIn } from "../plan/rollout.ts";
import { asksTheSame } from "../plan/same_step.ts";
import { historyPrefix } from "../revision/keys.ts";
import {
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import type { Rollout } from "../revision/rollout.ts";
import {
  type Blessed,
  type BlessOptions,
  type BlessPlace,
  describe,
  reportEnd,
  requireStillThere,
} from "./bless.ts";
import { tellOfMissing } from "./add_signature.ts";
import { changePointer } from "./change_pointer.ts";
import { FleetReader } from "./fleet.ts";
import { requireRemote } from "./remote_package.ts";

/** A step of a rollout. */
interface Stage extends BlessPlace, BlessOptions {
  /** The candidate. */
  readonly id: RevisionId;
  readonly request: StageRequest;
  /** The machines that are known to be alive. */
  readonly living: readonly LivingMachine[];
}

/** A rollout that began, or took its next step. */
export interface Staged {
  /** The candidate. */
  readonly revision: RevisionName;
  /** What stays blessed for the other machines. */
  readonly blessed: RevisionName;
  /** Who may take it, and how. */
  readonly rollout: Rollout;
  /** The share of the machines that may take it now, 0 to 100. */
  readonly percent: number;
  /** Those of the living machines that may take it now. */
  readonly machines: readonly LivingMachine[];
}

/**
 * Rolls a revision out in stages, or takes the next step. Throws `UsageError` if there is nothing that machines
 * could stay on, and the errors of `bless`.
 */
export async function stage(
  context: Context,
  { request, living, ...place }: Stage,
): Promise<Staged> {
  const { bucket, remote, id, old, message, signing, again = false } = place;
  const revision = requireRemote(remote, { package: remote.name, id }, bucket);
  const { candidate, target } = await describe(context, place, revision);
  // Who signs, and asks for what there is, adds a signature.
  const isSame = signing !== undefined && !again && old.content?.next?.id === id &&
    old.content.rollout !== undefined &&
    asksTheSame(request, old.content.rollout, { machines: living.length });
  const written = await changePointer(context, {
    ...{ bucket, package: remote.name, old, message, signing, target, followsOld: true },
    decide: (facts) =>
      isSame ? undefined : stageRollout(candidate, { ...facts, request, again, living }),
  });
  const { id: blessed, rollout } = written?.change ?? old.content ?? {};
  if (blessed === undefined || rollout === undefined) throw new Error("there is no rollout");
  const now = written?.serial ?? bucket.serverTime() ?? context.now();
  const member = { package: remote.name, active: undefined, next: id, now };
  const machines = living.filter(({ machine, groups }) =>
    isIn(rollout, { ...member, machine, groups })
  );
  const staged = {
    revision: revisionName(revision),
    blessed: revisionName({ package: remote.name, id: blessed }),
    ...{ rollout, percent: percentAt(rollout, now), machines },
  };
  if (written === undefined) return staged;
  await requireStillThere(context, place, { revision, written }, () => {
    const isPaused = rollout.state === "paused";
    context.report({ type: "rollout", ...staged, isPaused, of: rollout.of });
    reportEnd(context, place, { blessed, unless: id });
    tellOfMissing(context, { package: remote.name, ...written.change, missing: written.missing });
    for (const message of doubts(staged, request)) context.report({ type: "warning", message });
  });
  return staged;
}

/** Ends the rollout: what is blessed is for all machines again. Undefined if there is none. */
export async function stop(
  context: Context,
  place: BlessPlace & Pick<BlessOptions, "message">,
): Promise<Blessed | undefined> {
  const { bucket, remote, old, message, signing } = place;
  const before = old.content;
  if (before?.next === undefined || before.rollout === undefined) return undefined;
  const written = await changePointer(context, {
    ...{ bucket, package: remote.name, old, message, signing, followsOld: true },
    decide: stopRollout,
  });
  reportEnd(context, place, { blessed: before.id });
  const { missing = 0 } = written ?? {};
  tellOfMissing(context, { package: remote.name, id: before.id, missing });
  return {
    revision: revisionName({ package: remote.name, id: before.id }),
    from: revisionName({ package: remote.name, id: before.next.id }),
  };
}

/** With more machines, those that wait for a turn cost more than they are worth. */
const MOST_IN_TURNS = 500;

function doubts(
  { revision, rollout, machines }: Staged,
  { size, atOnce, groups }: StageRequest,
): string[] {
  const { of = 0 } = rollout;
  const isShare = size !== undefined && "percent" in size && size.percent > 0 && size.percent < 100;
  return [
    ...(isShare && of === 0
      ? [
        `No machine reports the package of ${revision}, so its share is left to chance: of few machines it may be none`,
      ]
      : []),
    ...(groups !== undefined && machines.length === 0
      ? [`No machine that reports is in the group ${groups.join(" or ")}`]
      : []),
    ...(atOnce !== undefined && of > MOST_IN_TURNS
      ? [
        `With --at-once, each of the ${of} machines that waits for its turn lists the marks at each sync: ` +
        "--percent and --over cost less",
      ]
      : []),
  ];
}

/** The machines of a package that are alive. If their reports may not be read, that is a warning, and there are none. */
export async function readLiving(
  { signal, now, report }: Context,
  bucket: Bucket,
  name: PackageName,
): Promise<LivingMachine[]> {
  try {
    const { at, reports } = await new FleetReader(bucket, { only: name, signal, now }).read();
    return livingMachines(reports, { package: name, at });
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== "denied") throw error;
    report({ type: "warning", message: `Which machines there are is not known: ${error.message}` });
    return [];
  }
}

/**
 * Turns are objects that only one machine can create. Throws `UsageError` if the store is known not to keep that
 * promise. AWS does. To another store this writes an object, and removes it: the bucket tests a store by its first
 * conditional write.
 */
export async function requireTurns(bucket: OpenedBucket, name: PackageName): Promise<void> {
  if (!bucket.isForeign) return;
  const key = `${historyPrefix(name)}probe-${crypto.randomUUID()}`;
  try {
    await bucket.put(key, "", { metadata: {}, condition: { absent: true } });
    await bucket.remove(key);
  } catch (error) {
    // What else is wrong, the change itself will tell.
    if (!(error instanceof FtlError)) throw error;
  }
  if (!bucket.lacks("conditions") && !bucket.lacks("condition-checks")) return;
  throw new UsageError(
    `--at-once needs conditional writes, which the store of s3://${bucket.name} has not`,
    { hint: "Use --percent and --over there: 'ftl doctor' says what the store lacks" },
  );
}
