/** Brings one revision from S3 to its place below `revs`: complete, verified, flushed. */
import { unpack, type Unpacked } from "../../archive/unpack.ts";
import { unpackedFacts } from "../../catalog/delta/facts.ts";
import { IntegrityError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { Gate } from "../../concurrency/gate.ts";
import { type RevisionId, revisionName } from "../../revision/names.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { discard } from "../../machine/revisions/removal.ts";
import type { TrustedContent } from "../../machine/trust/package_trust.ts";
import { Staging } from "../../machine/revisions/staging.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { DOWNLOAD_WINDOW, openDownload, rangeSizeFor } from "../../transfer/download/download.ts";
import { CheckedBody } from "../../transfer/verify/checked_body.ts";
import { expectedChecksum } from "../../transfer/verify/expected_checksum.ts";
import { type Context } from "../../context.ts";
import { requireReserve, requireSpace } from "./disk_space.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { PackageLocks } from "../../machine/lock/package_locks.ts";
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
    if (from.content !== undefined && pkg.has(id)) await replaceForeign(context, pkg, id);
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
      moved: object.size,
      how: "whole",
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
  { bucket, remote, content: signed }: Source,
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
  const content = await unpackedFacts(bucket, remote, download.info.metadata);
  requireSpace(target, { ...content, bytes: content.bytes ?? size });
  const expected = await expectedChecksum(bucket, remote.key, signed ?? content);
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
    return { error: wrongBytes(name, remote, signed), isCertain: false };
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

function wrongBytes(
  name: string,
  remote: RemoteRevision,
  signed: TrustedContent | undefined,
): IntegrityError {
  if (signed !== undefined) {
    return new IntegrityError(`${name} does not have the bytes that were signed`, {
      hint: "Find out who changed it, then spool and bless it anew",
    });
  }
  return new IntegrityError(`${name} does not have the checksum that it was spooled with`, {
    hint: `Spool it again, and purge this one: ftl purge --master ${revisionName(remote)}`,
  });
}
