/** One revision from S3 to its place below `revs`: complete, verified, flushed. */
import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { unpack, type Unpacked } from "../../archive/unpack.ts";
import { readRevisionFacts, type RevisionFacts } from "../../core/blessing.ts";
import { IntegrityError, StorageError } from "../../core/errors.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { flushStaging, openStaging, publish } from "../../local/revisions.ts";
import { findScript } from "../../local/scripts.ts";
import type { Bucket } from "../../remote/bucket.ts";
import { openDownload } from "../../remote/download.ts";
import { type Context, lockPackage } from "./context.ts";
import type { RemoteRevision } from "./listing.ts";

/**
 * Downloads, unpacks and publishes; its `post-sync` has yet to run. To be called under the sync lock.
 * Throws `IntegrityError` where the bytes are not what was spooled, twice; `StorageError` over the
 * network or the disk. Whatever it throws, `revs` is as it was, and staging is empty.
 */
export async function fetchRevision(
  context: Context,
  from: { bucket: Bucket; remote: RemoteRevision },
  pkg: PackageDir,
): Promise<void> {
  const { id, key, object } = from.remote;
  const revision = pkg.revisionName(id);
  const started = performance.now();
  context.report({ type: "fetching", revision, bytes: object.size });
  const staging = openStaging(pkg, id);
  try {
    const staged = await stageTwiceAtMost(context, from, { pkg, staging });
    await flushStaging(pkg, id);
    using _lock = await lockPackage(context, pkg, "ftl sync");
    context.signal.throwIfAborted();
    publish(pkg, id, {
      postSync: findScript(staging, "post-sync") === undefined ? "ok" : "pending",
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
      files: staged.files,
      unpacked: staged.bytes,
      ms: performance.now() - started,
    });
  } catch (error) {
    dropStaging(pkg, id);
    throw error;
  }
}

interface Staged extends Unpacked {
  readonly sha256: string;
}

/** A checksum that does not fit may be the line's fault: the second time it is the object's. */
async function stageTwiceAtMost(
  context: Context,
  from: { bucket: Bucket; remote: RemoteRevision },
  to: { pkg: PackageDir; staging: string },
): Promise<Staged> {
  try {
    return await stage(context, from, to.staging);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    context.report({ type: "warning", message: `${error.message}; fetching it once more` });
    return await stage(context, from, openStaging(to.pkg, from.remote.id));
  }
}

async function stage(
  { config, signal }: Context,
  { bucket, remote }: { bucket: Bucket; remote: RemoteRevision },
  staging: string,
): Promise<Staged> {
  using download = await openDownload(bucket, remote.key, {
    size: remote.object.size,
    etag: remote.object.etag,
    concurrency: config.concurrency,
    signal,
  });
  const facts = readRevisionFacts(download.info.metadata);
  requireSpace(staging, facts);
  const hash = createHash("sha256");
  let unpacked: Unpacked;
  try {
    unpacked = await unpack(hashing(download.body, hash), {
      package: remote.package,
      rest: remote.rest,
      target: staging,
      signal,
    });
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(`s3://${bucket.name}/${remote.key}: ${error.message}`, {
      cause: error,
      hint: error.hint,
    });
  }
  const sha256 = hash.digest("hex");
  const expected = facts.sha256 ?? download.info.sha256;
  if (expected !== undefined && sha256 !== expected) {
    throw new IntegrityError(
      `s3://${bucket.name}/${remote.key} does not have the SHA-256 that it was spooled with`,
      {
        hint: "Spool it again, and purge this one: ftl purge --master " + remote.package + "." +
          remote.id,
      },
    );
  }
  return { ...unpacked, sha256 };
}

async function* hashing(
  source: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Room that a file takes beyond its bytes: half a block on average, and its entry. */
const BYTES_PER_FILE = 2304;

/** Throws `StorageError` where the metadata tells that the disk has no room, before the first byte. */
function requireSpace(path: string, { bytes, files }: RevisionFacts): void {
  if (bytes === undefined) return;
  const disk = statfsSync(path);
  const needed = bytes + (files ?? 0) * BYTES_PER_FILE;
  const free = disk.bavail * disk.bsize;
  if (needed > free) {
    throw new StorageError(
      `No room for ${inMegabytes(needed)} MB on the disk of ${path}: ${inMegabytes(free)} MB free`,
      { hint: "Free some space, or remove old revisions: ftl purge" },
    );
  }
  // Some file systems count no inodes and say 0 of 0.
  if (disk.files > 0 && (files ?? 0) > disk.ffree) {
    throw new StorageError(
      `No room for ${files} files on the disk of ${path}: ${disk.ffree} inodes free`,
    );
  }
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** The error that brought it here matters more than one met while cleaning up; the next sync cleans again. */
function dropStaging(pkg: PackageDir, id: string): void {
  try {
    openStaging(pkg, id);
    Deno.removeSync(`${pkg.staging}/${id}`);
  } catch {
    // Left for the next sync.
  }
}
