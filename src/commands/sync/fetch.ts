/** Brings one revision from S3 to its place below `revs`: complete, verified, flushed. By a delta, or whole. */
import { faultPoint } from "../../fault_point.ts";
import type { FetchedHow } from "../../events.ts";
import type { Gate } from "../../concurrency/gate.ts";
import { pause } from "../../concurrency/pause.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { RecordsOfFetch } from "../../machine/delta/keep_records.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { discard } from "../../machine/revisions/removal.ts";
import type { TrustedContent } from "../../machine/trust/package_trust.ts";
import { Staging } from "../../machine/revisions/staging.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { DOWNLOAD_WINDOW } from "../../transfer/download/download.ts";
import { type Context } from "../../context.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { PackageLocks } from "../../machine/lock/package_locks.ts";
import { servesLaterDeltas } from "../../plan/route.ts";
import type { Transfer } from "./sync_tally.ts";
import { hasScript } from "../../machine/scripts/file.ts";

/** The revision to fetch. */
export interface Source {
  readonly bucket: Bucket;
  readonly remote: RemoteRevision;
  /** What somebody who is trusted has signed. Undefined: what S3 says of the object counts. */
  readonly content?: TrustedContent;
  /** Limits the memory of all downloads. Its unit is the window of one download. */
  readonly memory: Gate;
}

/** A revision that is complete in its staging folder. */
export interface Staged {
  /** Of the object in S3, in hexadecimal. */
  readonly sha256: string;
  readonly entries: number;
  /** Bytes that it unpacks to. */
  readonly bytes: number;
  readonly how: FetchedHow;
  /** Bytes that were downloaded for it. */
  readonly moved: number;
  /** The SHA-256 of its tree, if it is known and believed. */
  readonly tree?: string | undefined;
  /** Whether somebody who is trusted has named the tree, and what it was made of was trusted. */
  readonly treeSigned?: true | undefined;
  /** The revision that the delta was for. */
  readonly base?: RevisionId | undefined;
  /** Why it is whole, where a delta would have been expected. */
  readonly fallback?: string | undefined;
  /** Why no delta was tried, as it would not have been faster. */
  readonly noGain?: string | undefined;
  /** What a later delta needs, as far as it is known. */
  readonly records?: RecordsOfFetch | undefined;
}

/** Where the revision goes. */
export interface Destination {
  readonly pkg: PackageDir;
  readonly staging: Staging;
}

/**
 * Downloads and publishes a revision; its `post-sync` is still to run. Call it under the sync lock. Throws
 * `IntegrityError` if the bytes are wrong twice, `StorageError` for the network or the disk. After an error `revs` is
 * unchanged and staging is empty.
 */
export async function fetchRevision(
  context: Context,
  from: Source,
  { pkg, locks }: { pkg: PackageDir; locks: PackageLocks },
): Promise<Transfer> {
  const { id, key, object } = from.remote;
  const revision = pkg.revisionName(id);
  const started = performance.now();
  context.report({ type: "fetching", revision, bytes: object.size });
  const staging = await Staging.open(pkg, id);
  try {
    const staged = await stageInTurn(context, from, { pkg, staging });
    faultPoint("staged");
    context.report({
      type: "progress",
      subject: revision,
      work: "flushing",
      done: object.size,
      total: object.size,
    });
    const keepRecords = await flush(context, staged, { pkg, staging, id });
    faultPoint("flushed");
    using _lock = await locks.take("package");
    context.signal.throwIfAborted();
    if (from.content !== undefined && pkg.has(id)) await replaceForeign(context, pkg, id);
    const { sha256, tree, treeSigned, how, moved } = staged;
    staging.publish({
      postSync: hasScript(staging.target, "post-sync") ? "pending" : "ok",
      key,
      etag: object.etag,
      sha256,
      size: object.size,
      fetchedAt: new Date(context.now()).toISOString(),
      ...{ tree, treeSigned, how, moved },
    }, keepRecords);
    const transfer = transferOf(staged, { pkg, remote: from.remote });
    const { entries, bytes: unpacked, noGain } = staged;
    const ms = performance.now() - started;
    context.report({ type: "fetched", ...transfer, ...{ noGain, entries, unpacked, ms } });
    return transfer;
  } catch (error) {
    await staging.drop();
    throw error;
  }
}

function transferOf(
  { how, moved, base, fallback }: Staged,
  { pkg, remote: { id, object } }: { readonly pkg: PackageDir; readonly remote: RemoteRevision },
): Transfer {
  return {
    revision: pkg.revisionName(id),
    bytes: object.size,
    ...{ moved, how },
    ...(base === undefined ? {} : { base: pkg.revisionName(base) }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/**
 * Flushes the staged files. Meanwhile it looks at them, for what only a later delta needs: the answer writes it, when
 * nobody else has had access to the files yet.
 */
async function flush(
  { config, signal }: Context,
  { records }: Staged,
  { pkg, staging, id }: Destination & { readonly id: RevisionId },
): Promise<() => void> {
  const flushing = staging.flush(signal);
  // An abort ends what is awaited before it, too. Then nobody is left to hear of this one.
  flushing.catch(() => {});
  if (!servesLaterDeltas(config)) {
    await flushing;
    return () => {};
  }
  // Loaded while the kernel writes.
  const [{ lookAtStaged, writeRecords }] = await Promise.all([
    import("../../machine/delta/keep_records.ts"),
    pause(0, signal),
  ]);
  const looks = records?.looks ?? lookAtStaged(staging.target);
  await flushing;
  return () => writeRecords(pkg, id, { ...records, looks });
}

async function stageInTurn(context: Context, from: Source, to: Destination): Promise<Staged> {
  const share = Math.min(from.remote.object.size / DOWNLOAD_WINDOW, 1);
  using _memory = await from.memory.enter(share, context.signal);
  const { staged, moved, why, noGain } = await stageByDelta(context, from, to);
  if (staged !== undefined) return staged;
  const { stageWhole } = await import("./fetch_whole.ts");
  const whole = await stageWhole(context, from, to);
  return { ...whole, moved: whole.moved + moved, fallback: why, noGain };
}

/** What came of a delta. */
export interface DeltaOutcome {
  /** Undefined if the whole object is needed. */
  readonly staged?: Staged;
  /** Bytes that were downloaded in vain. */
  readonly moved: number;
  /** Why there is no delta, where one would have been expected. */
  readonly why?: string | undefined;
  /** Why none was tried, as it would not have been faster. */
  readonly noGain?: string | undefined;
}

async function stageByDelta(
  context: Context,
  from: Source,
  to: Destination,
): Promise<DeltaOutcome> {
  if (context.config.delta === "off" || to.pkg.revisions().length === 0) return { moved: 0 };
  const { tryDelta } = await import("./fetch_delta.ts");
  return await tryDelta(context, from, to);
}

/** The revision of that name which is here has other bytes than the signed ones: it came here before they were checked. */
async function replaceForeign(
  { report }: Context,
  pkg: PackageDir,
  id: RevisionId,
): Promise<void> {
  const message = `${
    pkg.revisionName(id)
  } here was not what is signed by that name: it is replaced`;
  report({ type: "warning", message });
  const { failures } = await discard(pkg, [id]);
  for (const error of failures.values()) throw error;
}
