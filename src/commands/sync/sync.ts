/** `ftl sync`: brings this machine in line with S3, package by package. */
import { Gate } from "../../concurrency/gate.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { pause } from "../../concurrency/pause.ts";
import { Places } from "../../concurrency/places.ts";
import { planSync, type SyncPlan } from "../../plan/sync.ts";
import {
  type PackageName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
} from "../../revision/names.ts";
import { listPackages, type PackageDir, requirePackage } from "../../machine/package_dir.ts";
import { type Context } from "../../context.ts";
import { readPointerState } from "../../machine/state.ts";
import { gatherFacts } from "../../machine/facts.ts";
import { shareListings } from "../../catalog/shared_listing.ts";
import { PackageSyncer } from "./package_sync.ts";
import type { PackageSync } from "./sync_tally.ts";
import { openBucket } from "../../bucket/open.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";

export type { PackageSync } from "./sync_tally.ts";

/**
 * Packages that are under way beyond the first step at the same time, their locks held: each is an open file,
 * and with a script some more, of which a process may often have no more than 1,024.
 */
const MOST_OPEN = 64;

/**
 * Windows of downloads that are held in memory at the same time, however many packages a machine has. A large
 * package leaves room for small ones, but not for another large one; two would not be faster, as one thread
 * writes all files.
 */
const WINDOWS = 1.25;

/** Which packages to sync, and how. */
export interface SyncOptions {
  /** Names; all packages of this machine where there are none. */
  readonly packages?: readonly string[];
  /** Drops a hold: the blessed revision is activated. */
  readonly follow?: boolean;
  /** Seconds: waits a random part of it first, so that a fleet does not ask in the same second. */
  readonly splay?: number;
}

/**
 * Syncs every package, several at once. One package's failure does not stop the others: it is in the
 * result, and was reported. Throws where nothing could be begun, or on SIGINT and SIGTERM.
 */
export async function sync(context: Context, options: SyncOptions = {}): Promise<PackageSync[]> {
  // Said once, and before anything is begun, rather than by every package.
  context.config.requireTuning();
  const packages = choosePackages(context, options.packages);
  const { concurrency } = context.config;
  const bucket = await openBucket(context);
  if (options.splay !== undefined) {
    await pause(Math.random() * options.splay * 1000, context.signal);
  }
  const setting = {
    bucket,
    listings: shareListings(bucket, packages.map(({ name }) => name)),
    turns: new Places(concurrency),
    memory: new Gate(WINDOWS),
    follow: options.follow ?? false,
  };
  const bounds = {
    places: new Places(concurrency),
    open: new Places(MOST_OPEN),
    signal: context.signal,
  };
  const syncs = await Promise.allSettled(packages.map((pkg) => {
    return syncPackage(new PackageSyncer(context, setting, pkg), bounds);
  }));
  return syncs.map((sync) => {
    if (sync.status === "rejected") throw sync.reason;
    return sync.value;
  });
}

/** What takes long comes last, after what is blessed of all packages. */
async function syncPackage(
  syncer: PackageSyncer,
  { places, open, signal }: { places: Places; open: Places; signal: AbortSignal },
): Promise<PackageSync> {
  using _syncer = syncer;
  {
    using place = await places.enter({ urgent: true, signal });
    await syncer.activateReady(place);
  }
  if (!syncer.isBlessedDue && !syncer.isRestDue) return await syncer.finish();
  let opened = open.tryEnter();
  if (opened === undefined) {
    syncer.pauseLock();
    opened = await open.enter({ urgent: syncer.isBlessedDue, signal });
  }
  using _opened = opened;
  let isMore: boolean;
  do {
    isMore = false;
    if (syncer.isBlessedDue) {
      using place = await places.enter({ urgent: true, signal });
      await syncer.deployBlessed(place);
    }
    if (syncer.isRestDue) {
      using place = await places.enter({ urgent: false, signal });
      isMore = await syncer.completeRest(place);
    }
  } while (isMore);
  return await syncer.finish();
}

/** What a sync would do to one package now. */
export interface PlannedSync {
  /** The package's name. */
  readonly package: PackageName;
  /** What it would download. */
  readonly fetch: readonly RevisionName[];
  /** What would become active. */
  readonly activate: RevisionName | undefined;
  /** What it would remove. */
  readonly remove: readonly RevisionName[];
  /** The active revision, where a hold keeps the blessed one from being activated. */
  readonly held: RevisionName | undefined;
  /** The blessed revision, where it is nowhere. */
  readonly missing: RevisionName | undefined;
  /** Why there is no plan, if there is none: one package's failure does not stop the others. */
  readonly failures: readonly unknown[];
}

/** The plan of each package, without acting: nothing is written, and nothing locked. */
export async function planSyncs(
  context: Context,
  { packages, follow = false }: Pick<SyncOptions, "packages" | "follow"> = {},
): Promise<PlannedSync[]> {
  const chosen = choosePackages(context, packages);
  const { concurrency, keep } = context.config;
  const bucket = await openBucket(context);
  const listings = shareListings(bucket, chosen.map(({ name }) => name));
  return await inParallel(chosen, { concurrency, signal: context.signal }, async (pkg) => {
    try {
      const remote = await listings.of(pkg.name);
      const pointer = await fetchPointerState(bucket, remote, readPointerState(pkg));
      return nameRevisions(pkg, planSync(gatherFacts(pkg, { remote, pointer, keep, follow })));
    } catch (error) {
      context.signal.throwIfAborted();
      context.report({ type: "failure", error });
      return { ...nameRevisions(pkg, NO_PLAN), failures: [error] };
    }
  });
}

const NO_PLAN: SyncPlan = {
  fetch: [],
  prepare: [],
  activate: undefined,
  remove: [],
  heldBy: undefined,
  missing: undefined,
};

function choosePackages(
  { config, report }: Context,
  names: readonly string[] = [],
): PackageDir[] {
  const { root } = config;
  if (names.length > 0) {
    return [...new Set(names)].map((name) => requirePackage(root, requirePackageName(name)));
  }
  const packages = listPackages(root);
  if (packages.length === 0) report({ type: "no-packages", root });
  return packages;
}

function nameRevisions(pkg: PackageDir, plan: SyncPlan): PlannedSync {
  const name = (id: RevisionId | undefined): RevisionName | undefined =>
    id === undefined ? undefined : pkg.revisionName(id);
  return {
    package: pkg.name,
    fetch: plan.fetch.map((id) => pkg.revisionName(id)),
    activate: name(plan.activate),
    remove: plan.remove.map((id) => pkg.revisionName(id)),
    held: name(plan.heldBy?.id),
    missing: name(plan.missing),
    failures: [],
  };
}
