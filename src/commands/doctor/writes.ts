/** Checks what may be written to S3, and whether the store obeys the conditions of writes. */
import { ConflictError, FtlError, NotFoundError, StorageError } from "../../errors.ts";
import { type Lack, NEVER, type OpenedBucket } from "../../bucket/bucket.ts";
import { type Check, fail, finding, info, ok, warn } from "./check.ts";

/** Keys that no package has. Their form is that of the keys in IAM policies. */
const REVISION_PROBE = ".ftl-doctor.ftl-doctor-";
const SPOOL = "S3 spool";
const CONDITIONS = "S3 conditions";
export const POINTER_PROBE = ".ftl-doctor.rev";

/** The features that the store lacks, each with a sentence for people. */
export type Lacks = Map<Lack, string>;

/**
 * Tries two writes that a correct store never performs. Their keys have no object, and their condition demands
 * a certain ETag. A refusal because of the condition means that the write is allowed.
 *
 * That is enough for AWS. Some other stores know no conditions, or refuse conditions that hold. There the two
 * objects, which are empty, are written with conditions that hold, and removed again.
 */
export async function checkPuts(bucket: OpenedBucket, lacks: Lacks): Promise<Check[]> {
  const revision = await tryPuts(bucket, REVISION_PROBE);
  const pointer = await tryPuts(bucket, POINTER_PROBE);
  const answers = [revision, pointer];
  return [
    describePut(SPOOL, revision, { may: "may add revisions", need: "those who spool" }),
    describePut("S3 bless", pointer, { may: "may bless", need: "those who bless" }),
    describeConditions(bucket, { answers, lacks }),
    ...describeLacks(lacks),
  ];
}

/**
 * `unmatched`: the store refused a condition that held. `ignored`: the store wrote in spite of the condition.
 */
export type PutAnswer = "allowed" | "denied" | "unmatched" | "ignored" | FtlError;

async function tryPuts(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  const answer = await tryPut(bucket, key);
  return answer === "allowed" && bucket.isForeign ? await tryHoldingPuts(bucket, key) : answer;
}

export async function tryPut(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  try {
    await bucket.put(key, "", { metadata: {}, condition: NEVER });
  } catch (error) {
    if (error instanceof ConflictError || error instanceof NotFoundError) return "allowed";
    if (!(error instanceof FtlError)) throw error;
    // After the refusal the bucket looks at the object, which a caller who may only write must not read.
    if (isDenied(error)) return error.action === "s3:PutObject" ? "denied" : "allowed";
    return error;
  }
  await removeProbe(bucket, key);
  return "ignored";
}

/** So many refusals of conditions that held tell of the store. One may be of an object that others have changed since. */
const REFUSALS = 3;
const MOST_TRIES = 10;

/**
 * Writes whose conditions hold, unless somebody else runs `ftl doctor` at this moment: then the same objects come and
 * go, and a refusal says nothing of the store.
 */
async function tryHoldingPuts(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  try {
    let refusals = 0;
    for (let i = 0; i < MOST_TRIES && refusals < REFUSALS; i++) {
      const answer = await tryHoldingPut(bucket, key);
      if (answer === "allowed") return answer;
      if (answer === "unmatched") refusals++;
    }
    return refusals < REFUSALS ? "allowed" : "unmatched";
  } catch (error) {
    if (!(error instanceof FtlError)) throw error;
    if (isDenied(error)) return error.action === "s3:PutObject" ? "denied" : "allowed";
    return error;
  } finally {
    await removeProbe(bucket, key);
  }
}

/** Creates the object if it is missing, then replaces it. `changed`: not by us alone. */
async function tryHoldingPut(
  bucket: OpenedBucket,
  key: string,
): Promise<"allowed" | "unmatched" | "changed"> {
  // Who may write but not remove has left it, or another one tries the same now.
  let etag = (await bucket.head(key))?.etag;
  try {
    etag ??= await bucket.put(key, "", { metadata: {}, condition: { absent: true } });
    await bucket.put(key, "tried", { metadata: {}, condition: { etag } });
    return "allowed";
  } catch (error) {
    if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
    return (await bucket.head(key))?.etag === etag ? "unmatched" : "changed";
  }
}

/** Removes the probe. A failure is ignored, because the finding must be reported in any case. */
async function removeProbe(bucket: OpenedBucket, key: string): Promise<void> {
  await finding(key, async () => {
    await bucket.remove(key);
    return [];
  });
}

function describePut(
  name: string,
  answer: PutAnswer,
  { may, need }: { may: string; need: string },
): Check {
  if (answer instanceof FtlError) return fail(name, answer);
  return answer === "denied"
    ? info(name, `not allowed; only ${need} need it, machines do not`)
    : ok(name, may);
}

/** By what `checkPuts` has found: whether revisions may be added, and another such try writes nothing. */
export function mayTryMore(checks: readonly Check[]): boolean {
  const isOk = (wanted: string): boolean =>
    checks.some(({ name, status }) => name === wanted && status === "ok");
  return isOk(SPOOL) && isOk(CONDITIONS);
}

const RACE_HINT =
  "Use a store that has S3's conditional writes: if two bless at once, one blessing is lost";

function describeConditions(
  { name: bucket }: OpenedBucket,
  { answers, lacks }: { answers: readonly PutAnswer[]; lacks: Lacks },
): Check {
  const name = CONDITIONS;
  const store = `The store of s3://${bucket}`;
  if (answers.includes("ignored") || lacks.has("condition-checks")) {
    return fail(
      name,
      new StorageError(`${store} ignores conditions on writes`, { hint: RACE_HINT }),
    );
  }
  const unknown = lacks.get("conditions");
  if (unknown !== undefined) return warn(name, unknown, RACE_HINT);
  if (answers.includes("unmatched")) {
    const text =
      `${store} refuses a write whose condition holds (If-Match): nothing can be blessed`;
    const hint = "Use a store that has S3's conditional writes, or a newer version of this one";
    return fail(name, new StorageError(text, { hint }));
  }
  return answers.includes("allowed")
    ? ok(name, "writes are conditional")
    : info(name, "not checked: that needs the right to write");
}

/** Missing features that FTL replaces by its own means. */
function describeLacks(lacks: Lacks): Check[] {
  const [quotes, checksums] = [lacks.get("quotes"), lacks.get("checksums")];
  return [
    ...(quotes === undefined ? [] : [info("S3 ETags", quotes)]),
    ...(checksums === undefined ? [] : [info("S3 checksums", checksums)]),
  ];
}

export function isDenied(error: unknown): error is StorageError {
  return error instanceof StorageError && error.reason === "denied";
}
