/** `ftl status`: shows what each package runs here, what it should run, and what a sync would do. */
import { asError, UntrustedError } from "../../errors.ts";
import { planSync } from "../../plan/sync.ts";
import { requirePackageName, type RevisionId, type RevisionName } from "../../revision/names.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { readLink } from "../../machine/links.ts";
import { listPackages, type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { spareIds } from "../../machine/delta/spare.ts";
import { diskUsed } from "../../machine/disk/used.ts";
import {
  postSyncOf,
  readLastSync,
  readOwner,
  readPointerState,
  readRevisionState,
} from "../../machine/state.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { type Context } from "../../context.ts";
import { identifyOnce } from "../../machine/identity.ts";
import { type MachineIdentity, originOf } from "../../plan/clone.ts";
import { gatherFactsAsking } from "../../machine/facts.ts";
import type { RemotePackage } from "../../catalog/remote_package.ts";
import { shareListings } from "../../catalog/shared_listing.ts";
import { openBucket } from "../../bucket/open.ts";
import { fetchMarksIfAllowed } from "../../catalog/marks.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import { machineRollout } from "../../plan/machine_rollout.ts";
import { isHeld } from "../../machine/jump/hold.ts";
import { readJournal } from "../../machine/jump/journal.ts";
import { quarantineInForce } from "../../machine/jump/quarantine.ts";
import { readPause } from "../../machine/pause_file.ts";
import type { PointerState } from "../../revision/pointer.ts";
import { readActiveFailures } from "../../machine/jump/outcomes.ts";
import { newestLog } from "../../machine/scripts/log_folder.ts";
import { openTrust } from "../../machine/trust/open.ts";
import type { MachineTrust } from "../../machine/trust/machine_trust.ts";
import type { Untrusted } from "../../machine/trust/package_trust.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import type {
  PackageStatus,
  Status,
  StatusJump,
  StatusQuarantine,
  StatusTransfer,
  StatusTrust,
} from "./package_status.ts";

export type {
  FailedScript,
  JumpPhase,
  LastSync,
  MasterStatus,
  PackageStatus,
  Pause,
  Status,
  StatusJump,
  StatusQuarantine,
  StatusTransfer,
  StatusTrust,
} from "./package_status.ts";

/** Asks S3 if `FTL_BUCKET` is set. Writes nothing. */
export async function status(context: Context, packageName?: string): Promise<Status> {
  const { config, signal } = context;
  const { root, concurrency } = config;
  const packages = packageName === undefined
    ? listPackages(root)
    : [requirePackage(root, requirePackageName(packageName))];
  const trust = config.env["FTL_BUCKET"] ? await openTrust(context) : undefined;
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
      const known = await bucketStatus(context, { bucket, pkg, remote, identity, trust });
      failures.push(...known.failures);
      return [{ ...local, ...known }];
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asError(thrown);
      failures.push(error);
      if (local === undefined) return [];
      return [{ ...local, failures: [error], trust: refusedTrust(error) }];
    }
  });
  // One cause for all packages, e.g. an unreachable S3, is reported once.
  const distinct = new Map(failures.map((error) => [error.message, error]));
  for (const error of distinct.values()) context.report({ type: "failure", error });
  return { packages: found.flat(), failures };
}

/** Milliseconds. */
const DAY = 86_400_000;

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
    transfer: active && transferOf(pkg, active),
    spare: nameOf(pkg, spareIds(pkg)[0]),
    logs: pkg.logs,
    lastLog: newestLog(pkg),
    blessed: nameOf(pkg, pointer?.blessed),
    trust: undefined,
    rollout: undefined,
    master: undefined,
    failures: [],
  };
}

function transferOf(pkg: PackageDir, active: RevisionId): StatusTransfer | undefined {
  const { how, size: bytes, moved } = readRevisionState(pkg, active) ?? {};
  return how && { how, bytes, moved };
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
  { bucket, pkg, remote, identity, trust }: {
    bucket: Bucket;
    pkg: PackageDir;
    remote: RemotePackage;
    identity: () => Promise<MachineIdentity>;
    trust: MachineTrust | undefined;
  },
): Promise<Partial<PackageStatus> & Pick<PackageStatus, "failures">> {
  const trusted = trust?.of(pkg, bucket);
  const pointer = await fetchPointerState(bucket, remote, readPointerState(pkg), trusted?.judge);
  const [me, now] = [await identity(), context.now()];
  const isCopy = originOf(readOwner(pkg), me) === "copy";
  const source = { remote, pointer, me, config: context.config, follow: false, isCopy, now };
  const failures: Error[] = [];
  const { facts, effective } = await gatherFactsAsking(pkg, source, (id) => {
    const place = { package: pkg.name, id };
    return fetchMarksIfAllowed(context, { bucket, place, onError: (e) => void failures.push(e) });
  });
  const wanted = planSync(facts);
  const seen = { listed: remote.revisions, pointer };
  await trusted?.look(wanted, seen, context.signal);
  const plan = trusted?.restrict(wanted, seen) ?? wanted;
  return {
    blessed: nameOf(pkg, pointer?.blessed),
    held: plan.heldBy !== undefined,
    quarantine: isCopy ? undefined : quarantineOf(pkg, pointer),
    rollout: machineRollout(pointer, { package: pkg.name, effective, now }),
    failures,
    trust: trust && trusted && pointer &&
      trustOf(pointer, { policy: trust.policy, now, untrusted: trusted.untrustedIn(wanted, seen) }),
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

function trustOf(
  { serial, trust }: PointerState,
  { policy: { isEnforced, maxAge }, now, untrusted }: {
    readonly policy: TrustPolicy;
    readonly now: number;
    readonly untrusted: readonly Untrusted[];
  },
): StatusTrust | undefined {
  if (trust === undefined) return undefined;
  const { verdict, by } = trust;
  const time = verdict === "trusted" ? serial : undefined;
  return {
    ...{ verdict, isEnforced, by },
    at: time === undefined ? undefined : new Date(time).toISOString(),
    isOld: time !== undefined && maxAge > 0 && now - time > maxAge * DAY,
    untrusted: untrusted.map(({ revision }) => revision),
  };
}

/** Of a pointer that this machine refuses. */
function refusedTrust(error: Error): StatusTrust | undefined {
  if (!(error instanceof UntrustedError)) return undefined;
  const { verdict } = error;
  return { verdict, isEnforced: true, by: [], at: undefined, isOld: false, untrusted: [] };
}
