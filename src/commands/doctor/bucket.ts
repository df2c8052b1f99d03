/** What S3 says: whether it can be reached, who we are there, and what we may do. */
import { awsProblems } from "../../core/aws_settings.ts";
import { packagePrefix, parseKey, revKey } from "../../core/keys.ts";
import {
  ConflictError,
  FtlError,
  NotFoundError,
  StorageError,
  UsageError,
} from "../../core/errors.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import { type Identity, NEVER, type OpenedBucket } from "../../remote/bucket.ts";
import type { Lack } from "../../remote/store_lacks.ts";
import { type Context, openStore } from "../steps/context.ts";
import { type Check, enumerate, fail, finding, info, ok, warn } from "./check.ts";
import { ClockWatch } from "./clock.ts";

/** Keys that no package has, in the form of the keys that IAM policies are made for. */
const REVISION_PROBE = ".ftl-doctor.ftl-doctor-";
const POINTER_PROBE = ".ftl-doctor.rev";

/** Asks for each package of this machine, as a sync does; without any, for the bucket as a whole. */
export async function checkBucket(
  context: Context,
  packages: readonly PackageDir[],
): Promise<Check[]> {
  const { config, signal } = context;
  try {
    void config.bucket;
  } catch {
    return [info("S3", "not asked: FTL_BUCKET does not say which bucket")];
  }
  // What keeps every request from being sent has been told with the variables.
  if (awsProblems(config.env).length > 0) return [notAsked()];
  const seconds = PATIENCE + packages.length;
  const late = AbortSignal.timeout(seconds * 1000);
  const checks: Check[] = [];
  try {
    for await (const check of ask(context, packages, AbortSignal.any([signal, late]))) {
      checks.push(late.aborted && check.status === "fail" ? tooLate(seconds) : check);
    }
  } catch (error) {
    if (!late.aborted) throw error;
    checks.push(tooLate(seconds));
  }
  signal.throwIfAborted();
  return checks;
}

function tooLate(seconds: number): Check {
  const hint = "Check the network: routes, security groups, proxies, AWS_ENDPOINT_URL_S3";
  const text = `S3 did not answer all that was asked within ${seconds} s`;
  return fail("S3", new StorageError(text, { hint }));
}

/** Seconds for all of it, with one more for each package: the client's own retries go on for longer. */
const PATIENCE = 15;

async function* ask(
  context: Context,
  packages: readonly PackageDir[],
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const clock = new ClockWatch(context.now);
  const onAnswer = (headers: Headers): void => clock.see(headers);
  const lacks: Lacks = new Map();
  const onLack = (lack: Lack, sentence: string): void => void lacks.set(lack, sentence);
  let bucket: OpenedBucket;
  try {
    bucket = await openStore(context, { signal, onAnswer, onLack });
  } catch (error) {
    if (!(error instanceof FtlError)) throw error;
    yield fail("settings", error);
    return yield notAsked();
  }
  const identity = await finding("credentials", async () => {
    return describeIdentity(await bucket.identify(), context);
  });
  yield* identity;
  if (identity.some(({ status }) => status === "fail")) return yield notAsked();
  const { checks, keys, isReached } = await checkList(bucket, packages);
  yield* checks;
  if (isReached) {
    yield* await checkGet(bucket, packages, keys);
    yield* await checkPuts(bucket, lacks);
  }
  yield* clock.check();
  if (!isReached) yield notAsked();
}

function notAsked(): Check {
  return info("S3", "what may be done there was not asked: mend the above first");
}

/** Milliseconds: less is worth a word. */
const SOON = 10 * 60_000;

function describeIdentity(
  { accessKeyId, source, expires, region }: Identity,
  { config: { env }, now }: Context,
): Check[] {
  const text = `${accessKeyId}, from ${source}`;
  const left = expires === undefined ? undefined : expires - now();
  const minutes = Math.round((left ?? 0) / 60_000);
  const credentials = left === undefined
    ? ok("credentials", text)
    : left > SOON
    ? ok("credentials", `${text}, for ${minutes} minutes more`)
    : warn("credentials", `${text}, for ${minutes} minutes more`, "Renew them before long work");
  const where = region === undefined
    ? fail(
      "region",
      new UsageError(env["AWS_REGION"] ? "AWS_REGION names no region" : "AWS_REGION is not set", {
        hint: "export AWS_REGION=<the bucket's region>, as in eu-central-1",
      }),
    )
    : ok("region", region);
  return [credentials, where];
}

interface Listed {
  readonly checks: Check[];
  /** Of FTL's objects, some. */
  readonly keys: readonly string[];
  /** Whether the bucket is there and answers, be it by a refusal. */
  readonly isReached: boolean;
}

async function checkList(bucket: OpenedBucket, packages: readonly PackageDir[]): Promise<Listed> {
  const checks: Check[] = [];
  const keys: string[] = [];
  const empty: string[] = [];
  try {
    for (const name of packages.length === 0 ? [undefined] : packages.map(({ name }) => name)) {
      const objects = await bucket.list(name === undefined ? "" : packagePrefix(name));
      const own = objects.filter(({ key }) => parseKey(key) !== undefined);
      if (own[0] !== undefined) keys.push(own[0].key);
      if (name !== undefined && own.length === 0) empty.push(name);
    }
    const what = packages.length === 0 ? "the whole bucket" : `${count(packages.length)}`;
    checks.push(ok("S3 list", `s3://${bucket.name}, ${what}`));
    if (empty.length > 0) checks.push(nothingThere(bucket, empty));
    return { checks, keys, isReached: true };
  } catch (error) {
    if (!(error instanceof FtlError)) throw error;
    return { checks: [fail("S3 list", error)], keys, isReached: isDenied(error) };
  }
}

function count(packages: number): string {
  return packages === 1 ? "1 package" : `${packages} packages`;
}

function nothingThere({ name: bucket }: OpenedBucket, names: readonly string[]): Check {
  return warn(
    "S3 list",
    `s3://${bucket} has no revision of ${enumerate(names)}`,
    `Spool one, or is the folder's name misspelt? 'ftl list --master' shows the packages there`,
  );
}

async function checkGet(
  bucket: OpenedBucket,
  [first]: readonly PackageDir[],
  [found]: readonly string[],
): Promise<Check[]> {
  const key = found ?? (first === undefined ? POINTER_PROBE : revKey(first.name));
  return await finding("S3 get", async () => {
    await bucket.head(key);
    return [ok("S3 get", "allowed")];
  });
}

/** What the store turned out to lack, with a sentence for people. */
type Lacks = Map<Lack, string>;

/**
 * Asks for two writes that no store carries out which keeps to S3's conditions: of keys that no object has,
 * on condition that they have a certain ETag. A refusal over the condition says that the write is allowed.
 *
 * That is enough for AWS. Of other stores some know no condition, or none that holds: there the two objects,
 * which are empty, are written on conditions that hold, and removed again.
 */
async function checkPuts(bucket: OpenedBucket, lacks: Lacks): Promise<Check[]> {
  const revision = await tryPuts(bucket, REVISION_PROBE);
  const pointer = await tryPuts(bucket, POINTER_PROBE);
  const answers = [revision, pointer];
  return [
    describePut("S3 spool", revision, { may: "may add revisions", need: "those who spool" }),
    describePut("S3 bless", pointer, { may: "may bless", need: "those who bless" }),
    describeConditions(bucket, { answers, lacks }),
    ...describeLacks(lacks),
  ];
}

/**
 * `unmatched`: a condition that held was refused. `ignored`: the store has written in spite of the condition.
 */
type PutAnswer = "allowed" | "denied" | "unmatched" | "ignored" | FtlError;

async function tryPuts(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  const answer = await tryPut(bucket, key);
  return answer === "allowed" && bucket.isForeign ? await tryHoldingPuts(bucket, key) : answer;
}

async function tryPut(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  try {
    await bucket.put(key, "", { metadata: {}, condition: NEVER });
  } catch (error) {
    if (error instanceof ConflictError || error instanceof NotFoundError) return "allowed";
    if (!(error instanceof FtlError)) throw error;
    // Refused over the condition, it looks what is there, which those who may only write must not.
    if (isDenied(error)) return error.action === "s3:PutObject" ? "denied" : "allowed";
    return error;
  }
  await removeProbe(bucket, key);
  return "ignored";
}

/** Creates the object, if it is not there, and replaces it. */
async function tryHoldingPuts(bucket: OpenedBucket, key: string): Promise<PutAnswer> {
  try {
    // Left by somebody who may write and not remove.
    const there = await bucket.head(key);
    const etag = there?.etag ??
      await bucket.put(key, "", { metadata: {}, condition: { absent: true } });
    await bucket.put(key, "tried", { metadata: {}, condition: { etag } });
    return "allowed";
  } catch (error) {
    if (error instanceof ConflictError) return "unmatched";
    if (!(error instanceof FtlError)) throw error;
    if (isDenied(error)) return error.action === "s3:PutObject" ? "denied" : "allowed";
    return error;
  } finally {
    await removeProbe(bucket, key);
  }
}

/** Whether or not it may be taken back, what was found has to be told. */
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
    ? info(name, `not allowed, which only ${need} need; machines do not`)
    : ok(name, may);
}

const RACE_HINT =
  "Use a store that has S3's conditional writes: of two who bless at once, one is lost";

function describeConditions(
  { name: bucket }: OpenedBucket,
  { answers, lacks }: { answers: readonly PutAnswer[]; lacks: Lacks },
): Check {
  const name = "S3 conditions";
  const store = `The store of s3://${bucket}`;
  if (answers.includes("ignored") || lacks.has("heed")) {
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
    : info(name, "not asked: that takes the right to write");
}

/** Those that FTL makes up for. */
function describeLacks(lacks: Lacks): Check[] {
  const [quotes, checksums] = [lacks.get("quotes"), lacks.get("checksums")];
  return [
    ...(quotes === undefined ? [] : [info("S3 ETags", quotes)]),
    ...(checksums === undefined ? [] : [info("S3 checksums", checksums)]),
  ];
}

function isDenied(error: unknown): error is StorageError {
  return error instanceof StorageError && error.reason === "denied";
}
