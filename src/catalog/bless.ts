/** Blesses a revision in S3 for all machines: for `jump --master` and `jump-back --master`. */
import { isSigned, readRevisionContent } from "../revision/metadata.ts";
import { ConflictError, StorageError } from "../errors.ts";
import type { Bucket } from "../bucket/bucket.ts";
import type { Context } from "../context.ts";
import { blessForAll } from "../plan/blessing.ts";
import { percentAt } from "../plan/machine_rollout.ts";
import { type RevisionId, type RevisionName, revisionName } from "../revision/names.ts";
import type { Candidate } from "../revision/pointer.ts";
import type { Signing, Target } from "../trust/signing.ts";
import { tellOfMissing } from "./add_signature.ts";
import { changePointer, restorePointer, type WrittenPointer } from "./change_pointer.ts";
import type { OldPointer } from "./pointer.ts";
import {
  isInBucket,
  type RemotePackage,
  type RemoteRevision,
  requireRemote,
} from "./remote_package.ts";

/** Options of a blessing. */
export interface BlessOptions {
  /** Why it is blessed. Stored with the pointer. */
  readonly message?: string;
  /**
   * Blesses the revision also if it is blessed already. Machines on which its health failed then try
   * it once more, and holds end.
   */
  readonly again?: boolean;
}

/** A package whose pointer is to be changed. */
export interface BlessPlace {
  readonly bucket: Bucket;
  readonly remote: RemotePackage;
  /** The pointer as it was read. The write succeeds only if the pointer is still the same. */
  readonly old: OldPointer;
  /** What signs the pointer. Undefined if nothing does. */
  readonly signing?: Signing | undefined;
}

interface BlessRequest extends BlessOptions, BlessPlace {
  /** The revision to bless. */
  readonly id: RevisionId;
  /** Whether the pointer that is there has named it. */
  readonly followsOld?: boolean;
}

/** The revision that is blessed now, and the one before. They are equal if there was nothing to do. */
export interface Blessed {
  readonly revision: RevisionName;
  readonly from: RevisionName | undefined;
}

/**
 * Blesses a revision for all machines. Throws `NotFoundError` if S3 has no such revision, `ConflictError` if
 * somebody else has changed the pointer since it was read.
 */
export async function bless(context: Context, request: BlessRequest): Promise<Blessed> {
  const { bucket, remote, id, old, message, signing, followsOld = false } = request;
  const revision = requireRemote(remote, { package: remote.name, id }, bucket);
  const name = revisionName(revision);
  const before = old.content;
  const from = before && revisionName({ package: remote.name, id: before.id });
  // A pointer of the Go original is valid, but blessing the same revision again writes FTL's own pointer.
  const again = request.again || (before !== undefined && before.etag === undefined);
  const known = {
    package: remote.name,
    old: before,
    serial: 0,
    now: context.now(),
    halted: false,
    again,
  };
  const unchanged = (): Blessed => {
    const tell = (what: string): void =>
      context.report({ type: "warning", message: `${name} is blessed already${what}` });
    if (message !== undefined) tell(": its message was not changed");
    // A second person would believe to have signed it.
    if (signing === undefined && isSigned(before?.metadata ?? {})) {
      tell(", and nothing was signed: FTL_SIGN_KEY is not set");
    }
    return { revision: name, from };
  };
  if (signing === undefined && blessForAll({ id, object: undefined }, known) === undefined) {
    return unchanged();
  }
  const { candidate, target } = await describe(context, request, revision);
  const written = await changePointer(context, {
    ...{ bucket, package: remote.name, old, message, signing, target, followsOld },
    decide: (facts) => blessForAll(candidate, { ...facts, again }),
  });
  if (written === undefined) return unchanged();
  await requireStillThere(context, request, { revision, written }, () => {
    // What was blessed before the rollout only stays so.
    if (written.change.stopped === undefined) {
      context.report({ type: "blessed", revision: name, from });
    }
    reportEnd(context, request, { blessed: id, unless: id });
    tellOfMissing(context, { package: remote.name, ...written.change, missing: written.missing });
  });
  return { revision: name, from };
}

/** Tells that the change has ended a rollout that was under way, unless it was one of this revision. */
export function reportEnd(
  { now, report }: Context,
  { remote, old }: BlessPlace,
  { blessed, unless }: { readonly blessed: RevisionId; readonly unless?: RevisionId },
): void {
  const { next, rollout } = old.content ?? {};
  if (next === undefined || rollout === undefined || next.id === unless) return;
  const revision = revisionName({ package: remote.name, id: next.id });
  report({
    ...{ type: "rollout-ended", revision, percent: percentAt(rollout, now()) },
    blessed: revisionName({ package: remote.name, id: blessed }),
  });
}

/** What a revision is in S3 now. */
interface Described {
  readonly candidate: Candidate;
  /** For who signs. */
  readonly target: Target | undefined;
}

/**
 * Who may bless may not be allowed to read the revision. Then its SHA-256 stays unknown. Who signs must know it, and
 * gets the error.
 */
export async function describe(
  { signal }: Context,
  { bucket, signing }: BlessPlace,
  revision: RemoteRevision,
): Promise<Described> {
  const { id, key, object: { size } } = revision;
  signal.throwIfAborted();
  try {
    const info = await bucket.head(key);
    const { sha256, tree } = readRevisionContent(info?.metadata ?? {});
    const content = { sha256, ...(tree === undefined ? {} : { tree }) };
    if (signing === undefined) {
      return { candidate: { id, object: { key, size, ...content } }, target: undefined };
    }
    if (info === undefined) throw removedMeanwhile(revision);
    const { size: bytes, metadata } = info;
    return {
      candidate: { id, object: { key, size: bytes, ...content } },
      target: { id, key, size: bytes, metadata },
    };
  } catch (error) {
    if (signing === undefined && error instanceof StorageError && error.reason === "denied") {
      return { candidate: { id, object: { key, size, sha256: undefined } }, target: undefined };
    }
    throw error;
  }
}

function removedMeanwhile(revision: RemoteRevision, hint?: string): ConflictError {
  return new ConflictError(
    `${revisionName(revision)} was removed by somebody else while it was being blessed`,
    { hint },
  );
}

/**
 * S3 has no condition that spans two objects: somebody may have removed the revision since it was listed. So
 * this checks it again, as `purge --master` does after a removal: whoever comes last sees both changes. If the
 * revision is gone, the previous pointer is restored, unless it was signed, or somebody has changed it meanwhile.
 *
 * @param report called if the change stays
 */
export async function requireStillThere(
  context: Context,
  { bucket, old }: BlessPlace,
  { revision, written }: { revision: RemoteRevision; written: WrittenPointer },
  report: () => void,
): Promise<void> {
  let isThere: boolean;
  try {
    isThere = await isInBucket(bucket, revision);
  } catch (error) {
    // The pointer is written. Only the check afterwards was interrupted.
    if (error === context.signal.reason) report();
    throw error;
  }
  if (isThere) return report();
  const hint = await hintAfterRestoring(context, { bucket, old, revision, written });
  throw removedMeanwhile(revision, hint);
}

async function hintAfterRestoring(
  context: Context,
  { bucket, old, revision, written }: Pick<BlessPlace, "bucket" | "old"> & {
    readonly revision: RemoteRevision;
    readonly written: WrittenPointer;
  },
): Promise<string> {
  const { package: name, id } = revision;
  const before = old.content;
  const another = "Bless another revision now: machines cannot fetch this one";
  // Signed, it would be vouched for by somebody who has not asked for it, and an intruder may have put an old one back.
  const mayComeBack = written.trust === undefined || written.trust === "unsigned";
  if (before === undefined || before.id === id || !mayComeBack) return another;
  try {
    await restorePointer(context, bucket, { package: name, before, written });
    return `${revisionName({ package: name, id: before.id })} is blessed again, as before`;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return "Somebody else has blessed another one since";
  }
}
