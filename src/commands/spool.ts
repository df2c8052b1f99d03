/** `ftl spool`: uploads a file as a new revision of its package. */
import { checkArchive } from "../archive/check.ts";
import { ScriptCheck } from "../archive/script_check.ts";
import { noteMetadata, revisionMetadata, uploadMetadata } from "../core/blessing.ts";
import { ConflictError, IntegrityError } from "../core/errors.ts";
import { faultPoint } from "../core/fault_point.ts";
import { revisionKey, splitFileName } from "../core/keys.ts";
import { newRevisionId, revisionName } from "../core/names.ts";
import { type Checksums, ChecksumTaker, FileSource } from "../local/file_source.ts";
import type { Bucket } from "../remote/bucket.ts";
import { type Context, openBucket } from "./steps/context.ts";
import { fetchPackageListing } from "./steps/listing.ts";
import { dropStaleUploads } from "./steps/stale_uploads.ts";

/** What may be said with a spool. */
export interface SpoolOptions {
  /** Kept with the revision, for those who look at it later. */
  readonly message?: string;
}

/** The revision that a spool made. */
export interface Spooled {
  /** The new revision's name. */
  readonly revision: string;
  /** The object's key. */
  readonly key: string;
  /** Size of the object in bytes. */
  readonly size: number;
  /** SHA-256 of the object in hexadecimal. */
  readonly sha256: string;
  /** Entries it unpacks to. */
  readonly files: number;
  /** Bytes it unpacks to. */
  readonly bytes: number;
}

/**
 * Checks the file as a machine would unpack it, then uploads it. Throws `UsageError`, `NotFoundError`,
 * `IntegrityError`, `StorageError`; whatever it throws, the bucket is as it was.
 */
export async function spool(
  context: Context,
  path: string,
  { message }: SpoolOptions = {},
): Promise<Spooled> {
  const { config, report, signal } = context;
  const { package: name, rest } = splitFileName(path.slice(path.lastIndexOf("/") + 1));
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  const noteEntries = noteMetadata(note);
  const bucketName = config.bucket;
  using source = new FileSource(path);
  const checked = await checkFile(context, source, { path, name, rest });

  const bucket = await openBucket(context);
  const started = performance.now();
  const { id, key } = await uploadAsNewest(context, bucket, {
    name,
    rest,
    sha256: checked.sha256,
    upload: (subject, newKey) =>
      bucket.upload(newKey, {
        size: source.size,
        partSize: source.partSize,
        partSha256: checked.partSha256,
        read: (offset, length) => source.read(offset, length),
      }, {
        metadata: { ...revisionMetadata(checked), ...noteEntries, ...uploadMetadata() },
        condition: { absent: true },
        concurrency: config.concurrency,
        signal,
        onProgress: (done) => {
          faultPoint("part-uploaded");
          report({ type: "progress", subject, work: "uploading", done, total: source.size });
        },
      }),
  });
  const revision = revisionName({ package: name, id });
  faultPoint("upload-completed");
  await dropStaleUploads(context, bucket, name);
  report({
    type: "uploaded",
    revision,
    bucket: bucketName,
    bytes: source.size,
    ms: performance.now() - started,
  });
  return {
    revision,
    key,
    size: source.size,
    sha256: checked.sha256,
    files: checked.files,
    bytes: checked.bytes,
  };
}

interface NewRevision {
  readonly name: string;
  readonly rest: string;
  readonly sha256: string;
  /** Throws `ConflictError` where the key is taken. */
  readonly upload: (revision: string, key: string) => Promise<void>;
}

/** Ids that are tried: each one more is taken by somebody who spools the same file in the same instant. */
const MOST_IDS = 20;

/** Uploads under an id that is greater than all others. */
async function uploadAsNewest(
  context: Context,
  bucket: Bucket,
  { name, rest, sha256, upload }: NewRevision,
): Promise<{ id: string; key: string }> {
  for (let tries = 1;; tries++) {
    const { revisions } = await fetchPackageListing(bucket, name);
    const id = newRevisionId({ now: context.now(), sha256, newest: revisions.at(-1)?.id });
    const key = revisionKey({ package: name, id }, rest);
    try {
      await upload(revisionName({ package: name, id }), key);
      return { id, key };
    } catch (error) {
      if (!(error instanceof ConflictError) || tries === MOST_IDS) throw error;
    }
  }
}

interface CheckedFile extends Checksums {
  readonly files: number;
  readonly bytes: number;
}

async function checkFile(
  { report, signal }: Context,
  source: FileSource,
  { path, name, rest }: { path: string; name: string; rest: string },
): Promise<CheckedFile> {
  const started = performance.now();
  const sums = new ChecksumTaker(source.partSize);
  const { files, bytes } = await checkContent();
  report({ type: "checked", file: path, files, bytes, ms: performance.now() - started });
  return { ...sums.digest(), files, bytes };

  async function checkContent(): Promise<{ files: number; bytes: number }> {
    try {
      const tell = (done: number): void =>
        report({ type: "progress", subject: path, work: "checking", done, total: source.size });
      return await checkArchive(toAsync(source.chunks(sums), { signal, tell }), {
        package: name,
        rest,
        size: source.size,
        signal,
        watchers: [new ScriptCheck((message) => report({ type: "warning", message }))],
      });
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      throw new IntegrityError(`Cannot spool ${path}: ${error.message}`, {
        cause: error,
        hint: error.hint,
      });
    }
  }
}

/** Milliseconds for which reading may keep signals and timers waiting. */
const LONGEST_TURN = 50;

/** Lets signals and timers in between the chunks of a file that is read synchronously. */
async function* toAsync(
  chunks: Iterable<Uint8Array>,
  { signal, tell }: { signal: AbortSignal; tell: (bytes: number) => void },
): AsyncGenerator<Uint8Array> {
  let turn = performance.now();
  let done = 0;
  for (const chunk of chunks) {
    yield chunk;
    tell(done += chunk.byteLength);
    if (performance.now() - turn < LONGEST_TURN) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal.throwIfAborted();
    turn = performance.now();
  }
}
