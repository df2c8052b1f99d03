/** Brings one revision from S3 to its place below `revs`: complete, verified, flushed. */
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
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { PackageLocks } from "../../machine/lock/package_locks.ts";
import { hasScript } from "../../machine/scripts/file.ts";

/** The revision to fetch. */
export interface Source {
  readonly bucket: Bucket;
  readonly remote: RemoteRevision;
  /** Limits the memory of all downloads. Its unit is the window of one download. */
  readonly memory: Gate;
}

/**
 * Downloads, unpacks and publishes a revision; its `post-sync` is still to run. Call it under the sync lock.
 * Throws `IntegrityError` if the bytes are wrong twice, `StorageError` for the network or the disk. After an
 * error `revs` is unchanged and staging is empty.
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

/** A download that is not valid. */
interface Unfit {
  readonly error: IntegrityError;
  /** Whether the object itself is wrong: then a second download would bring the same bytes. */
  readonly isCertain: boolean;
}

/** The network may have damaged the first download. If the second one is wrong too, the object is. */
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

/**
 * Whether the spooled object itself cannot be unpacked. Reads the rest to find out, if that is worth its time.
 */
async function isObjectsFault(
  body: CheckedBody,
  { size, concurrency }: { size: number; concurrency: number },
): Promise<boolean> {
  // Reading on must not take longer than a second download up to this position.
  const left = size - body.bytes;
  if (left > Math.max(body.bytes, rangeSizeFor(concurrency))) return false;
  await body.readToEnd();
  return body.fits === true;
}

/** FTL's own checksum if the metadata has it, otherwise the one that the store keeps. */
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

/** Bytes on the disk that a file needs beyond its content: half a block on average, and its directory entry. */
const BYTES_PER_FILE = 2304;

/** Throws `StorageError` before the first byte if, by the metadata, the disk lacks room. */
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

/** Throws `StorageError` before the disk is completely full, which would also stop other programs. */
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
