/** Packs a folder to spool, so that as much as possible of it need not be sent. */
import { PackAdvice } from "../../archive/pack/advice.ts";
import { Excludes } from "../../archive/pack/excludes.ts";
import type { Frame } from "../../archive/pack/frames.ts";
import { packFolder } from "../../archive/pack/pack.ts";
import { walkFolder } from "../../archive/pack/walk.ts";
import type { Bucket, CopySource } from "../../bucket/bucket.ts";
import { getFrames, putFrames } from "../../catalog/delta/frames.ts";
import type { RemoteRevision } from "../../catalog/remote_package.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import type { PackageName, Revision } from "../../revision/names.ts";
import type { SpoolDeltas } from "./deltas/deltas.ts";
import { FileSource } from "../../transfer/upload/file_source.ts";
import { planParts } from "../../transfer/upload/part_plan.ts";

/** A folder that is to be spooled. */
export interface SpoolFolder {
  /** The path as the caller gave it. */
  readonly path: string;
  readonly name: PackageName;
  readonly excludes: Excludes;
  /** The newest revision in S3. */
  readonly newest: RemoteRevision | undefined;
  readonly warn: (message: string) => void;
  /** Knows the tree of the newest revision. Undefined: nothing that was kept of that is used. */
  readonly deltas: Pick<SpoolDeltas, "treeOf"> | undefined;
}

/** What is uploaded: a file, or a packed folder. */
export interface SpoolSource {
  readonly source: FileSource;
  /** Of a folder. */
  readonly frames?: readonly Frame[];
  /** The object that parts of `source` may be copied from. */
  readonly base?: Omit<CopySource, "start"> | undefined;
}

/**
 * Packs the folder into a file without a name, which the result's source has. Throws
 * `IntegrityError` if something in it cannot be packed.
 */
export async function packForSpool(
  { report, signal }: Context,
  bucket: Bucket,
  { path, name, excludes, newest, warn, deltas }: SpoolFolder,
): Promise<SpoolSource> {
  const root = Deno.realPathSync(path);
  const found = await walkFolder(root, { excludes, signal });
  const { files, bytes, excluded, entries } = found;
  report({
    type: "packing",
    ...{ folder: path, package: name, files, bytes, excluded, unused: excludes.unused },
    hasIgnoreFile: entries.some((entry) => /(^|\/)\.gitignore$/.test(entry.path)),
  });
  const advice = new PackAdvice(warn);
  advice.see(entries);
  const known = newest && deltas && await framesOf(bucket, newest, signal);
  const { file, frames } = await packFolder(root, {
    ...{ found, base: newest && deltas?.treeOf(newest.id), signal },
    onProgress: (done) =>
      report({ type: "progress", subject: path, work: "packing", done, total: bytes }),
    onFile: (packed, start) => advice.seeFile(packed, start),
  });
  const parts = planParts({ frames, base: known ?? [] });
  return {
    source: new FileSource(path, { file, parts }),
    frames,
    base: newest && { key: newest.key, etag: newest.object.etag },
  };
}

/**
 * Puts the list of frames beside the new revision, for the next spool of the folder. Nobody else reads it, so it comes
 * after the revision: whoever spools the folder between, or after a kill, sends all of it. A failure is only told.
 *
 * @param deltas undefined: nothing is put beside the revision
 */
export async function keepFrames(
  { report, signal }: Context,
  bucket: Bucket,
  { frames, deltas, ...revision }: Revision & Pick<SpoolSource, "frames"> & {
    readonly deltas: Pick<SpoolDeltas, "isDenied"> | undefined;
  },
): Promise<void> {
  if (frames === undefined || deltas === undefined || deltas.isDenied) return;
  try {
    await putFrames(bucket, revision, { frames, signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof FtlError)) throw error;
    const message = `The next spool of this folder will send all of it: ${error.message}`;
    report({ type: "warning", message });
  }
}

/** Undefined if there are none, or none that can be read: then everything is sent. */
async function framesOf(
  bucket: Bucket,
  revision: Revision,
  signal: AbortSignal,
): Promise<Frame[] | undefined> {
  try {
    return await getFrames(bucket, revision, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof FtlError)) throw error;
    return undefined;
  }
}
