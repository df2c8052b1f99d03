/** Downloads and unpacks the whole object of a revision. */
import { MAX_TREE_BYTES } from "../../archive/tree/tree.ts";
import { unpack, type Unpacked } from "../../archive/unpack.ts";
import { unpackedFacts } from "../../catalog/delta/facts.ts";
import { FtlError, IntegrityError, StorageError } from "../../errors.ts";
import { treeKey } from "../../revision/keys.ts";
import type { Metadata, RevisionContent } from "../../revision/metadata.ts";
import { revisionName } from "../../revision/names.ts";
import { dropSpare } from "../../machine/delta/spare.ts";
import { removeTrees } from "../../machine/revisions/removal.ts";
import type { TrustedContent } from "../../machine/trust/package_trust.ts";
import { openDownload, rangeSizeFor } from "../../transfer/download/download.ts";
import { CheckedBody } from "../../transfer/verify/checked_body.ts";
import { expectedChecksum } from "../../transfer/verify/expected_checksum.ts";
import { type Context } from "../../context.ts";
import { requireReserve, requireSpace } from "./disk_space.ts";
import { servesLaterDeltas } from "../../plan/route.ts";
import type { Destination, Source, Staged } from "./fetch.ts";
import type { ObjectBytes } from "../../bucket/bucket.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";

/**
 * Fills the staging folder. A spare makes room for the revision if the disk has too little. Throws `IntegrityError` if
 * the bytes are wrong twice, `StorageError` for the network or the disk.
 */
export async function stageWhole(
  context: Context,
  from: Source,
  to: Destination,
): Promise<Staged> {
  const { sha256, entries, bytes, moved, stored } = await stageMakingRoom(context, from, to);
  const signed = from.content?.tree;
  const hash = stored?.metadata["ftl-tree"];
  const isOfIt = stored?.metadata["ftl-sha256"] === sha256 && hash !== undefined &&
    (from.content === undefined || signed === hash);
  return {
    ...{ sha256, entries, bytes, moved },
    how: "whole",
    tree: signed ?? (isOfIt ? hash : undefined),
    treeSigned: signed === undefined ? undefined : true,
    records: isOfIt ? { tree: stored.bytes } : undefined,
  };
}

/** Bytes. For a smaller object another request is not worth what it saves later. */
const WORTH_A_TREE = 1 << 20;

/**
 * The tree of the revision, for a later delta. It costs a hundredth of the download, and then nothing need be fetched
 * but a patch. Undefined if there is none: no delta is worth a failure.
 */
async function fetchTree(
  { signal }: Context,
  { bucket, remote }: Source,
): Promise<ObjectBytes | undefined> {
  try {
    return await bucket.getBytes(treeKey(remote), { limit: MAX_TREE_BYTES, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FtlError)) throw error;
    return undefined;
  }
}

/** What the revision unpacks to, and its tree. One request serves both. */
async function factsOf(
  context: Context,
  from: Source,
  metadata: Metadata,
): Promise<{ readonly stored: ObjectBytes | undefined; readonly content: RevisionContent }> {
  const { bucket, remote } = from;
  const isWanted = remote.object.size >= WORTH_A_TREE && servesLaterDeltas(context.config);
  const stored = isWanted ? await fetchTree(context, from) : undefined;
  const told = isWanted ? stored?.metadata ?? {} : undefined;
  return { stored, content: await unpackedFacts(bucket, remote, metadata, told) };
}

/** If the disk is full, and there is a spare, it goes, and all begins anew. */
async function stageMakingRoom(
  context: Context,
  from: Source,
  to: Destination,
): Promise<Bytes> {
  try {
    return await stageTwiceAtMost(context, from, to);
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== "full") throw error;
    const { signal } = context;
    const dropped = dropSpare(to.pkg);
    if (dropped.length === 0) throw error;
    await removeTrees(dropped, signal);
    await to.staging.renew();
    return await stageTwiceAtMost(context, from, to);
  }
}

interface Bytes extends Unpacked {
  readonly sha256: string;
  /** Bytes that were downloaded. */
  readonly moved: number;
  /** The tree that S3 has for it. Nothing of it has been compared. */
  readonly stored: ObjectBytes | undefined;
}

/** A download that is not valid. */
interface Unfit {
  readonly error: IntegrityError;
  /** Whether the object itself is wrong: then a second download would bring the same bytes. */
  readonly isCertain: boolean;
  /** Bytes that were downloaded. */
  readonly moved: number;
}

/** The network may have damaged the first download. If the second one is wrong too, the object is. */
async function stageTwiceAtMost(
  context: Context,
  from: Source,
  to: Destination,
): Promise<Bytes> {
  const first = await stage(context, from, to);
  if (!("error" in first)) return first;
  if (first.isCertain) throw first.error;
  context.report({ type: "warning", message: `${first.error.message}; fetching it once more` });
  await to.staging.renew();
  const second = await stage(context, from, to);
  if ("error" in second) throw second.error;
  return { ...second, moved: first.moved + second.moved };
}

async function stage(
  context: Context,
  from: Source,
  { staging: { target } }: Destination,
): Promise<Bytes | Unfit> {
  const { config: { concurrency }, signal, report } = context;
  const { bucket, remote, content: signed } = from;
  const { size, etag } = remote.object;
  const subject = revisionName(remote);
  let [done, entries] = [0, 0];
  const tell = (): void =>
    report({ type: "progress", subject, work: "fetching", done, total: size, entries });
  await using download = await openDownload(bucket, remote.key, {
    ...{ size, etag, concurrency, signal },
    onProgress: (bytes) => {
      done = bytes;
      tell();
    },
  });
  // Beside the download, which has begun.
  const { stored, content } = await factsOf(context, from, download.info.metadata);
  requireSpace(target, { ...content, bytes: content.bytes ?? size });
  const treeSize = stored?.bytes.length ?? 0;
  const expected = await expectedChecksum(bucket, remote.key, signed ?? content);
  const body = new CheckedBody(download.body, expected);
  const name = `s3://${bucket.name}/${remote.key}`;
  try {
    const unpacked = await unpack(body, {
      ...{ package: remote.package, rest: remote.rest, size, target, signal },
      onProgress: (unpacked) => {
        entries = unpacked.entries;
        tell();
        requireReserve(target);
      },
    });
    await body.readToEnd();
    return body.fits !== false
      ? { ...unpacked, sha256: body.sha256, moved: done + treeSize, stored }
      : { error: wrongBytes(name, remote, signed), isCertain: false, moved: done + treeSize };
  } catch (thrown) {
    if (!(thrown instanceof IntegrityError)) throw thrown;
    const { message, hint } = thrown;
    const error = new IntegrityError(`${name}: ${message}`, { cause: thrown, hint });
    const isCertain = await isObjectsFault(body, { size, concurrency });
    return { error, isCertain, moved: done + treeSize };
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
