/** `ftl status`: shows what each package runs here, what it should run, and what a sync would do. */
import { asError } from "../errors.ts";
import { planSync } from "../plan/sync.ts";
import {
  type PackageName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
} from "../revision/names.ts";
import { inParallel } from "../concurrency/parallel.ts";
import { readLink } from "../machine/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../machine/package_dir.ts";
import { diskUsed } from "../machine/disk/used.ts";
import {
  type FailedScript,
  type LastSync,
  postSyncOf,
  readLastSync,
  readOwner,
  readPointerState,
} from "../machine/state.ts";
import type { Bucket } from "../bucket/bucket.ts";
import { type Context } from "../context.ts";
import { identifyOnce } from "../machine/identity.ts";
import { type MachineIdentity, originOf } from "../plan/clone.ts";
import { gatherFactsAsking } from "../machine/facts.ts";
import type { RemotePackage } from "../catalog/remote_package.ts";
import { shareListings } from "../catalog/shared_listing.ts";
import { openBucket } from "../bucket/open.ts";
import { fetchMarksIfAllowed } from "../catalog/marks.ts";
import { fetchPointerState } from "../catalog/pointer.ts";
import { type MachineRollout, machineRollout } from "../plan/machine_rollout.ts";
import { isHeld } from "../machine/jump/hold.ts";
import { type JumpPhase, readJournal } from "../machine/jump/journal.ts";
import { quarantineInForce } from "../machine/jump/quarantine.ts";
import { type Pause, readPause } from "../machine/pause_file.ts";
import type { PointerState } from "../revision/pointer.ts";
import { readActiveFailures } from "../machine/jump/outcomes.ts";
import { newestLog } from "../machine/scripts/log_folder.ts";

export type { FailedScript, JumpPhase, LastSync, Pause };

/** One package on this machine. A value that is unknown or missing is undefined. */
export interface PackageStatus {
  /** Its name. */
  readonly package: PackageName;
  /** The target of `current`. */
  readonly active: RevisionName | undefined;
  /** Whether `current` leads to a revision that is not there. */
  readonly dangling: boolean;
  /** The target of `previous`. */
  readonly previous: RevisionName | undefined;
  /** Whether a local jump keeps the active revision, although another one is blessed. */
  readonly held: boolean;
  /** Complete revisions on this machine. */
  readonly revisions: number;
  /** The revisions whose `post-sync` has not succeeded. */
  readonly unprepared: readonly RevisionName[];
  /** The active revision's last `post-jump`, if that failed. */
  readonly failedPostJump: FailedScript | undefined;
  /** The active revision's health, if that failed and the revision stayed active all the same. */
  readonly failedHealth: FailedScript | undefined;
  /** The blessed revision, if its health failed here under this blessing: it is not activated. */
  readonly quarantine: StatusQuarantine | undefined;
  /** The pause that is in force. */
  readonly pause: Pause | undefined;
  /** A jump that is under way, or that was cut short and not finished yet. */
  readonly jump: StatusJump | undefined;
  /** Bytes on this machine's disk. */
  readonly disk: number;
  /** The result of the last sync. */
  readonly lastSync: LastSync | undefined;
  /** The folder with the output of its scripts. */
  readonly logs: string;
  /** The newest log there, if there is one. */
  readonly lastLog: string | undefined;
  /** The blessed revision in S3 now. If S3 cannot be asked: the one at the last sync. */
  readonly blessed: RevisionName | undefined;
  /** The staged rollout that is under way. Undefined also if S3 could not be asked. */
  readonly rollout: MachineRollout | undefined;
  /** Undefined if S3 could not be asked. */
  readonly master: MasterStatus | undefined;
  /** Why S3 could not be asked, or why something here could not be read. */
  readonly failures: readonly Error[];
}

/** A revision in quarantine. */
export interface StatusQuarantine {
  /** The revision. */
  readonly revision: RevisionName;
  /** Since when: ISO 8601, UTC. */
  readonly at: string;
  /** What failed, for people. */
  readonly reason: string;
}

/** A jump that is under way. */
export interface StatusJump {
  /** The revision that is to be active. */
  readonly to: RevisionName;
  /** `jump`: links are switched and scripts run. `health`: the health is checked. `rollback`: it failed. */
  readonly phase: JumpPhase;
  /** When the phase began: ISO 8601, UTC. */
  readonly since: string | undefined;
  /** In the phase `health`: the seconds that the revision has to become healthy. */
  readonly seconds: number | undefined;
}

/** A package as it is in S3, and what a sync would do now. */
export interface MasterStatus {
  /** The newest revision. */
  readonly newest: RevisionName | undefined;
  /** How many revisions there are. */
  readonly revisions: number;
  /** The revisions that a sync would download. */
  readonly fetch: readonly RevisionName[];
  /** The revision that it would make active. */
  readonly activate: RevisionName | undefined;
  /** The revisions that it would remove. */
  readonly remove: readonly RevisionName[];
  /** The blessed revision, if it is neither here nor in S3. */
  readonly missing: RevisionName | undefined;
}

/** The result of `status`. */
export interface Status {
  /** In the order of their names. */
  readonly packages: readonly PackageStatus[];
  /** Why S3 could not be asked. The packages still have what is known locally. */
  readonly failures: readonly Error[];
}

/** Asks S3 if `FTL_BUCKET` is set. Writes nothing. */
export async function status(context: Context, packageName?: string): Promise<Status> {
  const { config, signal } = context;
  const { root, concurrency } = config;
  const packages = packageName === undefined
    ? listPackages(root)
    : [requirePackage(root, requirePackageName(packageName))];
  const bucket = config.env["FTL_BUCKET"] ? await openBucket(context) : undefined;
  const listings = bucket && shareListings(bucket, packages.map((pkg) => pkg.name));
  const identity = bucket && identifyOnce(config, bucket);
  if (packages.length === 0) context.report({ type: "no-packages", root });
  const failures: Error[] = [];
  const found = await inParallel(packages, { concurrency, signal }, async (pkg) => {
    let local: PackageStatus | undefined;
    try {
      local = localStatus(pkg, context.now());
      if (bucket === undefined || listings === undefined || identity === undefined) return [local];
      const remote = await listings.of(pkg.name);
      const known = await bucketStatus(context, { bucket, pkg, remote, identity });
      failures.push(...known.failures);
      return [{ ...local, ...known }];
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asError(thrown);
      failures.push(error);
      return local === undefined ? [] : [{ ...local, failures: [error] }];
    }
  });
  // One cause for all packages, e.g. an unreachable S3, is reported once.
  const distinct = new Map(failures.map((error) => [error.message, error]));
  for (const error of distinct.values()) context.report({ type: "failure", error });
  return { packages: found.flat(), failures };
}

function nameOf(pkg: PackageDir, id: RevisionId | undefined): RevisionName | undefined {
  return id === undefined ? undefined : pkg.revisionName(id);
}

function localStatus(pkg: PackageDir, now: number): PackageStatus {
  const revisions = pkg.revisions();
  const active = readLink(pkg, "current");
  const failed = readActiveFailures(pkg);
  const pointer = readPointerState(pkg);
  return {
    package: pkg.name,
    active: nameOf(pkg, active),
    dangling: active !== undefined && !pkg.has(active),
    previous: nameOf(pkg, readLink(pkg, "previous")),
    held: isHeld(pkg),
    revisions: revisions.length,
    unprepared: revisions.filter((id) => postSyncOf(pkg, id) !== "ok")
      .map((id) => pkg.revisionName(id)),
    failedPostJump: failed.postJump,
    failedHealth: failed.health,
    quarantine: quarantineOf(pkg, pointer),
    pause: readPause(pkg, now),
    jump: jumpOf(pkg),
    disk: diskUsed(pkg),
    lastSync: readLastSync(pkg),
    logs: pkg.logs,
    lastLog: newestLog(pkg),
    blessed: nameOf(pkg, pointer?.blessed),
    rollout: undefined,
    master: undefined,
    failures: [],
  };
}

function jumpOf(pkg: PackageDir): StatusJump | undefined {
  const jump = readJournal(pkg);
  if (jump === undefined) return undefined;
  const { to, phase, since, seconds } = jump;
  return { to: pkg.revisionName(to), phase, since, seconds };
}

function quarantineOf(
  pkg: PackageDir,
  pointer: PointerState | undefined,
): StatusQuarantine | undefined {
  const found = pointer && quarantineInForce(pkg, pointer);
  return found && { revision: pkg.revisionName(found.id), at: found.at, reason: found.reason };
}

async function bucketStatus(
  context: Context,
  { bucket, pkg, remote, identity }: {
    bucket: Bucket;
    pkg: PackageDir;
    remote: RemotePackage;
    identity: () => Promise<MachineIdentity>;
  },
): Promise<Partial<PackageStatus> & Pick<PackageStatus, "failures">> {
  const pointer = await fetchPointerState(bucket, remote, readPointerState(pkg));
  const [me, now] = [await identity(), context.now()];
  const isCopy = originOf(readOwner(pkg), me) === "copy";
  const source = { remote, pointer, me, config: context.config, follow: false, isCopy, now };
  const failures: Error[] = [];
  const { facts, effective } = await gatherFactsAsking(pkg, source, (id) => {
    const place = { package: pkg.name, id };
    return fetchMarksIfAllowed(context, { bucket, place, onError: (e) => void failures.push(e) });
  });
  const plan = planSync(facts);
  return {
    blessed: nameOf(pkg, pointer?.blessed),
    held: plan.heldBy !== undefined,
    quarantine: isCopy ? undefined : quarantineOf(pkg, pointer),
    rollout: machineRollout(pointer, { package: pkg.name, effective, now }),
    failures,
    master: {
      newest: nameOf(pkg, remote.revisions.at(-1)?.id),
      revisions: remote.revisions.length,
      fetch: plan.fetch.map((id) => pkg.revisionName(id)),
      activate: nameOf(pkg, plan.activate),
      remove: plan.remove.map((id) => pkg.revisionName(id)),
      missing: nameOf(pkg, plan.missing),
    },
  };
}
