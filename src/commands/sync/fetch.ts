/** One revision from S3 to its place below `revs`: complete, verified, flushed. */
import { unpack, type Unpacked } from "../../archive/unpack.ts";
import { readRevisionContent, type RevisionContent } from "../../revision/metadata.ts";
import { IntegrityError, StorageError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Gate } from "../../concurrency/gate.ts";
import { revisionName } from "../../revision/names.ts";
import { diskRoom } from "../../machine/disk/room.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { Staging } from "../../machine/revisions/staging.ts";
import type { Bucket, Checksum } from "../../bucket/bucket.ts";
import { DOWNLOAD_WINDOW, openDownload, rangeSizeFor } from "../../transfer/download/download.ts";
import { CheckedBody } from "../../transfer/verify/checked_body.ts";
import { type Context } from "../../context.ts";
import type { RemoteRevision } from "../../catalog/listing.ts";
import type { PackageLocks } from "../../machine/lock/package_locks.ts";
import { hasScript } from "../../machine/scripts/file.ts";

/** What is to be fetched. */
export interface Source {
  readonly bucket: Bucket;
  readonly remote: RemoteRevision;
  /** Bounds the memory of all downloads, in windows of one download. */
  readonly memory: Gate;
}

/**
 * Downloads, unpacks and publishes; its `post-sync` has yet to run. To be called under the sync lock.
 * Throws `IntegrityError` where the bytes are not what was spooled, twice; `StorageError` over the
 * network or the disk. Whatever it throws, `revs` is as it was, and staging is empty.
 */
export async function fetchRevision(
  context: Context,
  from: Source,
  { pkg, locks }: { pkg: PackageDir; locks: PackageLocks },
): Promise<void> {
  const { id, key, object } = from.remote;
  const revision = pkg.revisionName(id);
  const started = performance.now();
  context.report({ type: "fetching", revision, bytes: object.size });
  const staging = await Staging.open(pkg, id);
  try {
    const staged = await stageInTurn(context, from, staging);
    faultPoint("staged");
    context.report({
      type: "progress",
      subject: revision,
      work: "flushing",
      done: object.size,
      total: object.size,
    });
    await staging.flush(context.signal);
    faultPoint("flushed");
    using _lock = await locks.take("package");
    context.signal.throwIfAborted();
    staging.publish({
      postSync: hasScript(staging.target, "post-sync") ? "pending" : "ok",
      key,
      etag: object.etag,
      sha256: staged.sha256,
      size: object.size,
      fetchedAt: new Date(context.now()).toISOString(),
    });
    context.report({
      type: "fetched",
      revision,
      bytes: object.size,
      entries: staged.entries,
      unpacked: staged.bytes,
      ms: performance.now() - started,
    });
  } catch (error) {
    await staging.drop();
    throw error;
  }
}

async function stageInTurn(
  context: Context,
  from: Source,
  staging: Staging,
): Promise<Staged> {
  const share = Math.min(from.remote.object.size / DOWNLOAD_WINDOW, 1);
  using _memory = await from.memory.enter(share, context.signal);
  return await stageTwiceAtMost(context, from, staging);
}

interface Staged extends Unpacked {
  readonly sha256: string;
}

/** What was downloaded is not as it should be. */
interface Unfit {
  readonly error: IntegrityError;
  /** Whether the object itself is so: fetching it once more would bring the same. */
  readonly isCertain: boolean;
}

/** What does not fit may be the line's fault: the second time it is the object's. */
async function stageTwiceAtMost(
  context: Context,
  from: Source,
  staging: Staging,
): Promise<Staged> {
  const first = await stage(context, from, staging);
  if (!("error" in first)) return first;
  if (first.isCertain) throw first.error;
  context.report({ type: "warning", message: `${first.error.message}; fetching it once more` });
  await staging.renew();
  const second = await stage(context, from, staging);
  if ("error" in second) throw second.error;
  return second;
}

async function stage(
  { config: { concurrency }, signal, report }: Context,
  { bucket, remote }: Source,
  { target, aside }: Staging,
): Promise<Staged | Unfit> {
  const { size, etag } = remote.object;
  const subject = revisionName(remote);
  let done = 0;
  let entries = 0;
  const tell = (): void =>
    report({ type: "progress", subject, work: "fetching", done, total: size, entries });
  await using download = await openDownload(bucket, remote.key, {
    size,
    etag,
    concurrency,
    signal,
    onProgress: (bytes) => {
      done = bytes;
      tell();
    },
  });
  const content = readRevisionContent(download.info.metadata);
  requireSpace(target, { ...content, bytes: content.bytes ?? size });
  const expected = await expectedChecksum(bucket, remote, content);
  const body = new CheckedBody(download.body, expected);
  const name = `s3://${bucket.name}/${remote.key}`;
  try {
    const unpacked = await unpack(body, {
      package: remote.package,
      rest: remote.rest,
      size,
      target,
      aside,
      signal,
      onProgress: (unpacked) => {
        entries = unpacked.entries;
        tell();
        requireReserve(target);
      },
    });
    await body.readToEnd();
    if (body.fits !== false) return { ...unpacked, sha256: body.sha256 };
    return { error: changedObject(name, remote), isCertain: false };
  } catch (thrown) {
    if (!(thrown instanceof IntegrityError)) throw thrown;
    const { message, hint } = thrown;
    const error = new IntegrityError(`${name}: ${message}`, { cause: thrown, hint });
    return { error, isCertain: await isObjectsFault(body, { size, concurrency }) };
  }
}

/** Whether what cannot be unpacked is what was spooled. Reads the rest to find out, where that is worth its time. */
async function isObjectsFault(
  body: CheckedBody,
  { size, concurrency }: { size: number; concurrency: number },
): Promise<boolean> {
  // Reading on to be certain must not take longer than fetching it once more up to here.
  const left = size - body.bytes;
  if (left > Math.max(body.bytes, rangeSizeFor(concurrency))) return false;
  await body.readToEnd();
  return body.fits === true;
}

/** FTL's own where the metadata has it, else what the store keeps of the object. */
async function expectedChecksum(
  bucket: Bucket,
  { key }: RemoteRevision,
  { sha256 }: RevisionContent,
): Promise<Checksum | undefined> {
  if (sha256 !== undefined) return { algorithm: "sha256", hex: sha256 };
  return (await bucket.head(key))?.checksum;
}

function changedObject(name: string, remote: RemoteRevision): IntegrityError {
  return new IntegrityError(`${name} does not have the checksum that it was spooled with`, {
    hint: `Spool it again, and purge this one: ftl purge --master ${revisionName(remote)}`,
  });
}

/** Room that a file takes beyond its bytes: half a block on average, and its entry. */
const BYTES_PER_FILE = 2304;

/** Throws `StorageError` where the metadata tells that the disk has no room, before the first byte. */
function requireSpace(path: string, { bytes, entries }: RevisionContent): void {
  if (bytes === undefined) return;
  const { free, inodes } = diskRoom(path);
  const needed = bytes + (entries ?? 0) * BYTES_PER_FILE;
  if (needed > free) {
    throw new StorageError(
      `No room for ${inMegabytes(needed)} MB on the disk of ${path}: ${inMegabytes(free)} MB free`,
      { hint: "Free some space, or remove old revisions: ftl purge" },
    );
  }
  if (inodes !== undefined && (entries ?? 0) > inodes.free) {
    throw new StorageError(
      `No room for ${entries} files on the disk of ${path}: ${inodes.free} inodes free`,
    );
  }
}

/** Throws `StorageError` before the disk is full to the last byte, which would stop others on it too. */
function requireReserve(path: string): void {
  const { free, isFull } = diskRoom(path);
  if (!isFull) return;
  throw new StorageError(
    `Cannot unpack: the disk is full: ${inMegabytes(free)} MB free on ${path}`,
    {
      hint: "Free some space, or remove old revisions: ftl purge",
    },
  );
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
