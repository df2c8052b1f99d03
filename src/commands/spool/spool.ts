/** `ftl spool`: checks a file, and uploads it as a new revision of its package. */
import {
  type Metadata,
  noteMetadata,
  revisionMetadata,
  uploadMetadata,
} from "../../revision/metadata.ts";
import { ConflictError, OutcomeUnknownError } from "../../errors.ts";
import { faultPoint } from "../../fault_point.ts";
import { adviseOnFileName, looksLikeOneBuild } from "../../revision/file_advice.ts";
import { revisionKey } from "../../revision/keys.ts";
import {
  newRevisionId,
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
  toRevision,
} from "../../revision/names.ts";
import { FileSource } from "../../transfer/upload/file_source.ts";
import { hasOneProcessor } from "../../concurrency/processors.ts";
import { SumsThread } from "../../transfer/upload/sums_thread.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { ClockCheck } from "./clock_check.ts";
import type { Config } from "../../config.ts";
import { type Context } from "../../context.ts";
import { fetchPackageListing, type RemotePackage } from "../../catalog/remote_package.ts";
import type { SpoolDeltas, SpooledDelta } from "./deltas/deltas.ts";
import { openDeltas } from "./deltas/open.ts";
import { dropStaleUploads } from "../../catalog/stale_uploads.ts";
import type { Report } from "../../events.ts";
import { openBucket } from "../../bucket/open.ts";
import { RunningCheck } from "./running_check.ts";
import { Excludes } from "../../archive/pack/excludes.ts";
import { keepFrames, packForSpool, type SpoolSource } from "./folder.ts";
import { targetOf } from "./target.ts";
import { upload } from "./upload.ts";

/** Options of a spool. */
export interface SpoolOptions {
  /** Stored with the revision, for people who look at it later. */
  readonly message?: string;
  /** The package, for a folder. Without it, the package has the folder's name. */
  readonly name?: string;
  /** What is not packed of a folder: patterns as in a `.gitignore` at its top. */
  readonly exclude?: readonly string[];
  /** Whether a tree and patches are put beside it, unless `FTL_DELTA` is `off`. The default is true. */
  readonly delta?: boolean;
}

/** The new revision. */
export interface Spooled {
  /** The new revision's name. */
  readonly revision: RevisionName;
  /** The object's key. */
  readonly key: string;
  /** Size of the object in bytes. */
  readonly size: number;
  /** SHA-256 of the object in hexadecimal. */
  readonly sha256: string;
  /** Entries after unpacking. */
  readonly entries: number;
  /** Bytes after unpacking. */
  readonly bytes: number;
  /** The patches beside it: machines that have these revisions download no more than that. */
  readonly deltas: readonly SpooledDelta[];
  /** Probable mistakes: in the name, the scripts, or the content. */
  readonly warnings: readonly string[];
}

/**
 * Checks the file as a machine would unpack it, and uploads it. Throws `UsageError`, `NotFoundError`,
 * `IntegrityError`, `StorageError`, and `ConflictError` if others spool the same file again and again at the
 * same instant. After these errors the bucket is unchanged. Throws `OutcomeUnknownError` if the command was
 * ended while S3 completed the upload: then the revision may be in the bucket. With `FTL_SIGN_KEY` the revision is signed.
 *
 * The bucket is asked first. The check of a large file takes long, and would be wasted without credentials, or
 * without such a bucket in the region. A large file is uploaded while it is checked, and becomes visible only when it
 * has proved good. A folder is packed first. The function is long because all steps stand here in their order.
 */
export async function spool(
  context: Context,
  path: string,
  options: SpoolOptions = {},
): Promise<Spooled> {
  const { message } = options;
  const { config, report } = context;
  const { name, rest, isFolder } = targetOf(path, options);
  const excludes = new Excludes(options.exclude ?? []);
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  const noteEntries = noteMetadata(note);
  const { warnings, warn } = collectWarnings(report);
  using file = isFolder ? undefined : new FileSource(path);
  using ahead = file && !hasOneProcessor() ? SumsThread.start(file) : undefined;
  const clock = new ClockCheck(context.now);
  const bucket = await openBucket(context, (headers) => clock.see(headers));
  const sign = await openRevisionSigning(context);
  const first = await fetchPackageListing(bucket, name);
  const listed = performance.now();
  for (const advice of adviseOnFileName(name, rest)) warn(advice);
  tellOfNewPackage(context, first, { name, rest, warn: isFolder ? () => {} : warn });
  const newest = first.revisions.at(-1);
  clock.check(newest, warn);
  const isWanted = options.delta ?? true;
  using deltas = await openDeltas(context, bucket, { isWanted, remote: first, warn });
  const packing = { path, name, excludes, newest, warn, deltas };
  const packed: SpoolSource = file
    ? { source: file }
    : await packForSpool(context, bucket, packing);
  const { source } = packed;
  using _packed = isFolder ? source : undefined;
  const watchers = deltas === undefined ? [] : [deltas.watcher];
  await using check = new RunningCheck(context, source, {
    path,
    name,
    rest,
    warn,
    ahead,
    watchers,
  });
  const sums = await check.sums();
  const facts = mayOverlap(config, source) ? undefined : await check.done;

  let copied = 0;
  const started = performance.now();
  const uploading = uploadAsNewest(context, bucket, {
    name,
    rest,
    sha256: sums.sha256,
    listing: started - listed < FRESH ? first : undefined,
    upload: async (subject, newKey) => {
      check.requireNoFailure();
      const tree = facts && deltas?.tree;
      const content = revisionMetadata({ sha256: sums.sha256, ...facts, tree });
      const metadata = { ...content, ...noteEntries, ...uploadMetadata() };
      const { size, parts } = source;
      await upload(context, bucket, {
        ...{ subject, key: newKey, ...packed, sums, checked: check.done },
        ...deltas?.besideUpload(toRevision(subject), { key: newKey, ...sums, size, parts }),
        onCopied: (bytes) => copied = bytes,
        metadata: await sign({ key: newKey, size: source.size, metadata }),
      });
    },
  });
  const { id, key } = await check.orFailure(uploading)
    .catch((error) => dropFailed(deltas, error));
  const revision = revisionName({ package: name, id });
  faultPoint("upload-completed");
  await keepFrames(context, bucket, { package: name, id, deltas, ...packed });
  await dropStaleUploads(context, bucket, name);
  const { size } = source;
  const ms = performance.now() - started;
  const made = deltas?.made ?? [];
  report({ type: "deltas", revision, deltas: made, why: deltas?.why });
  report({ type: "uploaded", revision, bucket: config.bucket, bytes: size, copied, ms });
  return { revision, key, size, sha256: sums.sha256, ...await check.done, deltas: made, warnings };
}

/**
 * Whether the upload may begin before the check has ended. The metadata of such an upload, which S3 wants first, lacks
 * what only the check finds. A signature must cover that, and a small file is checked at once.
 */
function mayOverlap({ signKey }: Config, { isInParts }: FileSource): boolean {
  return isInParts && signKey === undefined;
}

/** The warnings so far, and what reports one more. */
function collectWarnings(
  report: Report,
): { warnings: readonly string[]; warn: (message: string) => void } {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    report({ type: "warning", message });
  };
  return { warnings, warn };
}

/** If no revision comes of it, nothing stays beside it. What may have come after all keeps what it has. */
async function dropFailed(deltas: SpoolDeltas | undefined, error: unknown): Promise<never> {
  if (!(error instanceof OutcomeUnknownError)) await deltas?.drop();
  throw error;
}

type RevisionSigning = (
  revision: { readonly key: string; readonly size: number; readonly metadata: Metadata },
) => Promise<Metadata>;

/** What adds a signature to the metadata of a revision. Without `FTL_SIGN_KEY` nothing, and nothing is loaded. */
async function openRevisionSigning({ config, signal }: Context): Promise<RevisionSigning> {
  if (config.signKey === undefined) return ({ metadata }) => Promise.resolve(metadata);
  const { openRevisionSigner } = await import("../../trust/trust.ts");
  return await openRevisionSigner(config, { signal });
}

/** Milliseconds that a listing counts as current. With an older one the new id might not be the greatest. */
const FRESH = 1000;

/** A package without revisions is really new, or its name is a typing error. */
function tellOfNewPackage(
  { report }: Context,
  { revisions, pointer }: RemotePackage,
  { name, rest, warn }: { name: PackageName; rest: string; warn: (message: string) => void },
): void {
  if (revisions.length > 0 || pointer !== undefined) return;
  report({ type: "new-package", package: name });
  if (!looksLikeOneBuild(name) || /^\d/.test(rest)) return;
  warn(
    `The package is ${name}: the file's name up to its first dot. Files with other names are other ` +
      "packages: if the part after the name changes with every build, leave it out",
  );
}

interface NewRevision {
  readonly name: PackageName;
  readonly rest: string;
  readonly sha256: string;
  /** The listing of the package, if it was made just now. */
  readonly listing: RemotePackage | undefined;
  /** Throws `ConflictError` if the key is taken. */
  readonly upload: (revision: RevisionName, key: string) => Promise<void>;
}

/** Ids to try. Each further id is needed only if somebody else spools the same file at the same instant. */
const MOST_IDS = 20;

/** Uploads under an id that is greater than all others. */
async function uploadAsNewest(
  context: Context,
  bucket: Bucket,
  { name, rest, sha256, listing, upload }: NewRevision,
): Promise<{ id: RevisionId; key: string }> {
  for (let tries = 1;; tries++) {
    const isKnown = tries === 1 && listing !== undefined;
    const { revisions } = isKnown ? listing : await fetchPackageListing(bucket, name);
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
