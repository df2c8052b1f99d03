/** `ftl sync`: brings this machine in line with S3, package by package. */
import { Gate } from "../../concurrency/gate.ts";
import { pause } from "../../concurrency/pause.ts";
import { Slots } from "../../concurrency/slots.ts";
import { type Context } from "../../context.ts";
import { identifyOnce } from "../../machine/identity.ts";
import { shareListings } from "../../catalog/shared_listing.ts";
import { choosePackages } from "./choose_packages.ts";
import { PackageSyncer } from "./package_sync.ts";
import { choosePolls } from "./polls.ts";
import type { EndedSync, PackageSync } from "./sync_tally.ts";
import type { SyncEvent } from "../../plan/sync_event.ts";
import { openBucket } from "../../bucket/open.ts";
import { openTrust } from "../../machine/trust/open.ts";

export type { PackageSync, Transfer } from "./sync_tally.ts";

/**
 * Packages that may go beyond the first step at the same time. Each holds its lock, which is an open file, and
 * some more files if a script runs. A process often may have no more than 1,024 open files.
 */
const MOST_OPEN = 64;

/**
 * Windows of downloads in memory at the same time, whatever the number of packages. A large package leaves room
 * for small ones, but not for another large one. Two large ones would not be faster, as one thread writes all
 * files.
 */
const WINDOWS = 1.25;

/** Which packages to sync, and how. */
export interface SyncOptions {
  /** Names. Without any: all packages of this machine. */
  readonly packages?: readonly string[];
  /** Drops a hold, so that the blessed revision is activated. */
  readonly follow?: boolean;
  /** Seconds. The sync first waits a random part of them, so that a fleet does not ask in the same second. */
  readonly splay?: number;
  /**
   * Seconds. The sync lists a package only if its last listing is older, and otherwise reads only which revision is
   * blessed: that costs a 12th. New candidates and removals then wait for the next listing. Without it, every sync
   * lists.
   */
  readonly listEvery?: number;
  /**
   * Called after the sync of a package that is worth a notification. No lock is held. An error that it throws
   * ends the sync.
   * @internal
   */
  readonly onNews?: (news: PackageNews) => Promise<void>;
}

/** The sync of a package, if it is worth a notification. */
export interface PackageNews {
  readonly event: SyncEvent;
  /** This machine's name. */
  readonly machine: string;
  readonly result: PackageSync;
}

/**
 * Syncs every package, several at once. One package's failure does not stop the others: it is reported, and it
 * is in the result. Throws if nothing could begin, or on SIGINT and SIGTERM.
 */
export async function sync(context: Context, options: SyncOptions = {}): Promise<PackageSync[]> {
  // Checked once, before any work, instead of by every package.
  context.config.requireTuning();
  const packages = choosePackages(context, options.packages);
  const { concurrency } = context.config;
  const trust = await openTrust(context);
  const bucket = await openBucket(context);
  if (options.splay !== undefined) {
    await pause(Math.random() * options.splay * 1000, context.signal);
  }
  const { listEvery: every, follow = false } = options;
  const identity = identifyOnce(context.config, bucket);
  const setting = {
    bucket,
    listings: shareListings(bucket, packages.map(({ name }) => name)),
    polls: every === undefined
      ? undefined
      : choosePolls(context, packages, { every, follow, machine: (await identity()).machine }),
    turns: new Slots(concurrency),
    memory: new Gate(WINDOWS),
    follow,
    identity,
    trust,
  };
  const bounds = {
    slots: new Slots(concurrency),
    open: new Slots(MOST_OPEN),
    signal: context.signal,
  };
  const tellers = new Slots(concurrency);
  const syncs = await Promise.allSettled(packages.map(async (pkg) => {
    const { event, result } = await syncPackage(new PackageSyncer(context, setting, pkg), bounds);
    if (event === undefined || options.onNews === undefined) return result;
    const { machine } = await setting.identity();
    using _teller = await tellers.enter({ urgent: true, signal: context.signal });
    await options.onNews({ event, machine, result });
    return result;
  }));
  const results = syncs.map((sync) => {
    if (sync.status === "rejected") throw sync.reason;
    return sync.value;
  });
  if (context.config.reportEvery > 0) {
    const { sendReport } = await import("./report_step.ts");
    await sendReport(context, { ...setting, results });
  }
  return results;
}

/** Slow work comes last, after the blessed revisions of all packages. */
async function syncPackage(
  syncer: PackageSyncer,
  { slots, open, signal }: { slots: Slots; open: Slots; signal: AbortSignal },
): Promise<EndedSync> {
  using _syncer = syncer;
  {
    using slot = await slots.enter({ urgent: true, signal });
    await syncer.activateReady(slot);
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
      using slot = await slots.enter({ urgent: true, signal });
      await syncer.deployBlessed(slot);
    }
    if (syncer.isRestDue) {
      using slot = await slots.enter({ urgent: false, signal });
      isMore = await syncer.completeRest(slot);
    }
  } while (isMore);
  return await syncer.finish();
}
