/** Reads a revision in S3 whole, and checks it. */
import { type Bucket, type ObjectInfo } from "../../bucket/bucket.ts";
import { openBucket } from "../../bucket/open.ts";
import { fetchPackageListing, requireRemote } from "../../catalog/remote_package.ts";
import { readPointer } from "../../catalog/pointer.ts";
import type { Context } from "../../context.ts";
import { BrokenPointerError, IntegrityError, NotFoundError } from "../../errors.ts";
import { pointerKey } from "../../revision/keys.ts";
import { readRevisionContent } from "../../revision/metadata.ts";
import {
  parseRevisionName,
  requirePackageName,
  type Revision,
  type RevisionName,
  revisionName,
} from "../../revision/names.ts";
import type { BlessedObject } from "../../revision/pointer.ts";
import { openDownload } from "../../transfer/download/download.ts";
import { CheckedBody } from "../../transfer/verify/checked_body.ts";
import {
  judgedBlessing,
  type JudgedPart,
  judgedRevision,
  readPolicy,
  type StoredPointer,
  untrusted,
} from "./judged_part.ts";
import type { VerifiedObject, VerifyMasterOptions } from "./verify.ts";

/** A revision in S3, and the pointer if that blesses it. */
interface Target {
  readonly revision: Revision;
  readonly key: string;
  readonly info: ObjectInfo;
  readonly isBlessed: boolean;
  /** Undefined also for a pointer of the Go original, which cannot be signed. */
  readonly pointer: StoredPointer | undefined;
  /** The object as the pointer describes it. */
  readonly blessed: BlessedObject | undefined;
}

export async function verifyObject(
  context: Context,
  name: string,
  options: VerifyMasterOptions,
): Promise<VerifiedObject> {
  const { config, report, now } = context;
  const isRevision = parseRevisionName(name) !== undefined;
  const policy = await readPolicy(config, options);
  const show = options.show === undefined ? undefined : await import("./show.ts");
  if (options.show !== undefined) show?.requireEmptyFolder(options.show);
  const bucket = await openBucket(context);
  const target = await findTarget(bucket, name);
  const { revision, key, info: { size, metadata }, pointer } = target;
  const signed = [await judgedRevision(policy, { key, size, metadata })];
  if (pointer !== undefined) {
    signed.push(await judgedBlessing(policy, pointer, { known: undefined, now: now() }));
  }
  const shown = options.show === undefined ? undefined : show?.showStatement(options.show, {
    policy,
    bucket: policy?.bucket ?? config.trustBucket ?? bucket.name,
    object: { key, size, metadata },
    pointer: isRevision ? undefined : requirePointer(pointer, name),
    judged: isRevision ? signed[0] : signed[1],
  });
  const checked = await checkBytes(context, bucket, target);
  const failures = refusals(target, signed);
  const isEnforced = policy?.isEnforced ?? false;
  for (const error of failures) {
    report(isEnforced ? { type: "failure", error } : { type: "warning", message: error.message });
  }
  return {
    ...{ revision: revisionName(revision), key, size, ...checked, blessed: target.isBlessed },
    ...{ signed, shown, failures: isEnforced ? failures : [] },
  };
}

async function findTarget(bucket: Bucket, name: string): Promise<Target> {
  const revision = parseRevisionName(name);
  const packageName = revision?.package ?? requirePackageName(name);
  const remote = await fetchPackageListing(bucket, packageName);
  const found = await orIgnored(revision !== undefined, () => readPointer(bucket, remote));
  const wanted = revision ?? (found && { package: packageName, id: found.id });
  if (wanted === undefined) {
    throw new NotFoundError(`Nothing is blessed of ${packageName} in s3://${bucket.name}`, {
      hint: `'ftl list --master ${packageName}' shows the revisions: verify one by its name`,
    });
  }
  const pointer = wanted.id === found?.id ? found : undefined;
  const key = pointer?.object?.key ?? requireRemote(remote, wanted, bucket).key;
  const info = await bucket.head(key);
  if (info === undefined) throw new NotFoundError(`s3://${bucket.name}/${key} is not there`);
  return {
    ...{ revision: wanted, key, info, isBlessed: pointer !== undefined, blessed: pointer?.object },
    pointer: pointer?.etag === undefined ? undefined : { ...pointer, package: packageName },
  };
}

/** A pointer that names no revision does not matter to a revision that was named. */
async function orIgnored<T>(isIgnored: boolean, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isIgnored && error instanceof BrokenPointerError) return undefined;
    throw error;
  }
}

function requirePointer(pointer: StoredPointer | undefined, name: string): StoredPointer {
  if (pointer !== undefined) return pointer;
  throw new NotFoundError(
    `${pointerKey(requirePackageName(name))} is not there, so nothing is signed`,
  );
}

async function checkBytes(
  { config: { concurrency }, signal, report }: Context,
  bucket: Bucket,
  { revision, key, info, blessed }: Target,
): Promise<Pick<VerifiedObject, "sha256" | "checked">> {
  const { size, etag, metadata, checksum } = info;
  const subject: RevisionName = revisionName(revision);
  const url = `s3://${bucket.name}/${key}`;
  const { sha256 } = readRevisionContent(metadata);
  if (blessed?.size !== undefined && blessed.size !== size) {
    throw otherObject(url, `it has ${size} bytes, and ${blessed.size} are blessed`);
  }
  await using download = await openDownload(bucket, key, {
    ...{ size, etag, concurrency, signal },
    onProgress: (done) =>
      report({ type: "progress", subject, work: "checking", done, total: size }),
  });
  const expected = sha256 === undefined ? checksum : { algorithm: "sha256", hex: sha256 } as const;
  const body = new CheckedBody(download.body, expected);
  await body.readToEnd();
  if (body.fits === false) throw otherObject(url, "it does not have the checksum of its metadata");
  if (blessed?.sha256 !== undefined && blessed.sha256 !== body.sha256) {
    throw otherObject(url, "another SHA-256 is blessed");
  }
  if (expected === undefined && blessed?.sha256 === undefined) {
    const message = `${url}: S3 keeps no checksum of it, so only its size was checked`;
    report({ type: "warning", message });
  }
  const checked = blessed?.sha256 === undefined ? expected?.algorithm : "sha256";
  return { sha256: body.sha256, checked };
}

function otherObject(url: string, why: string): IntegrityError {
  return new IntegrityError(`${url} is not what was spooled: ${why}`, {
    hint: "Spool the file again, and purge this revision; find out who changed it",
  });
}

/** A revision that nobody has signed may be blessed by a signed blessing, which names its bytes. */
function refusals({ key, revision }: Target, [own, blessing]: readonly JudgedPart[]): Error[] {
  const ofBlessing = blessing && untrusted(pointerKey(revision.package), blessing);
  const isNamed = blessing?.verdict === "trusted";
  const ofRevision = own === undefined || isNamed ? undefined : untrusted(key, own);
  return [ofBlessing, ofRevision].filter((error) => error !== undefined);
}
