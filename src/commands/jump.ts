/** `ftl jump`: activates a revision on this machine, or blesses it in S3 for all. */
import { blessingMetadata } from "../core/blessing.ts";
import { ConflictError } from "../core/errors.ts";
import { packagePrefix, revKey } from "../core/keys.ts";
import { type Revision, revisionName } from "../core/names.ts";
import { activate } from "../local/activate.ts";
import { requirePackage } from "../local/package_dir.ts";
import { readMaster, writeHold } from "../local/state.ts";
import type { Bucket } from "../remote/bucket.ts";
import { type Context, lockPackage, openBucket, scriptSetting } from "./steps/context.ts";
import {
  type PointerContent,
  readPackageListing,
  readPointer,
  requireRemote,
} from "./steps/listing.ts";

export interface Jumped {
  readonly revision: string;
  /** What was active or blessed before; the same where nothing was to be done. */
  readonly from: string | undefined;
  /** Scripts that failed without keeping the jump from happening. */
  readonly failures: readonly unknown[];
}

/**
 * Makes the revision active on this machine. Throws `NotFoundError` where it is not here, `ScriptError`
 * where a script kept it from becoming active: then nothing has changed.
 */
export async function jump(context: Context, revision: Revision): Promise<Jumped> {
  const pkg = requirePackage(context.config.root, revision.package);
  using _lock = await lockPackage(context, pkg, "ftl jump");
  const setting = scriptSetting(context, pkg, "jump");
  const { from, failures } = await activate(pkg, revision.id, setting);
  // A choice away from the blessed revision is remembered: sync leaves it alone.
  const blessed = readMaster(pkg)?.blessed;
  writeHold(pkg, blessed === revision.id ? undefined : { id: revision.id, blessed });
  const name = revisionName(revision);
  const fromName = from === undefined ? undefined : pkg.revisionName(from);
  if (from !== revision.id) context.report({ type: "activated", revision: name, from: fromName });
  for (const error of failures) context.report({ type: "failure", error });
  return { revision: name, from: fromName, failures };
}

export interface BlessOptions {
  /** Kept with the pointer: why it was blessed. */
  readonly message?: string;
}

/**
 * Blesses the revision in S3: every machine will run it. Throws `NotFoundError` where S3 has no such
 * revision, `ConflictError` where somebody else blessed another one at the same moment.
 */
export async function jumpMaster(
  context: Context,
  revision: Revision,
  { message }: BlessOptions = {},
): Promise<Jumped> {
  const bucket = await openBucket(context);
  const remote = readPackageListing(
    revision.package,
    await bucket.list(packagePrefix(revision.package)),
  );
  requireRemote(remote, revision, bucket);
  const before = await readPointer(bucket, remote);
  const name = revisionName(revision);
  const from = before === undefined
    ? undefined
    : revisionName({ package: revision.package, id: before.id });
  // A pointer of the Go original counts, but blessing the same again writes FTL's own.
  if (before?.id === revision.id && before.etag !== undefined) {
    return { revision: name, from, failures: [] };
  }
  await writePointer(context, bucket, { revision, before, message });
  context.report({ type: "blessed", revision: name, from });
  return { revision: name, from, failures: [] };
}

interface PointerChange {
  readonly revision: Revision;
  readonly before: PointerContent | undefined;
  readonly message: string | undefined;
}

async function writePointer(
  context: Context,
  bucket: Bucket,
  { revision, before, message }: PointerChange,
): Promise<void> {
  const note = { by: context.author(), at: new Date(context.now()).toISOString(), message };
  const replaced = before?.id === revision.id ? before.replaced : before?.id;
  const key = revKey(revision.package);
  try {
    await bucket.put(key, revisionName(revision), {
      metadata: blessingMetadata({ id: revision.id, replaced, note }),
      condition: before?.etag === undefined ? { absent: true } : { etag: before.etag },
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw await namingTheWinner(bucket, key, error);
  }
}

async function namingTheWinner(bucket: Bucket, key: string, lost: ConflictError): Promise<Error> {
  const winner = await bucket.getSmall(key);
  if (winner === undefined) return lost;
  const by = winner.metadata["ftl-by"];
  return new ConflictError(
    `Somebody else was faster: ${winner.text.trim()} was blessed${
      by === undefined ? "" : ` by ${by}`
    }`,
    { cause: lost, hint: "Look at what they did, then jump again if you still want to" },
  );
}
