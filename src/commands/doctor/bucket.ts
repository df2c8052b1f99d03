/** Checks S3: whether it answers, which identity is in use, and what that identity may do. */
import { awsProblems } from "../../bucket/aws/settings.ts";
import { readPackageListing, type RemoteRevision } from "../../catalog/remote_package.ts";
import { packagePrefix, parseKey, pointerKey } from "../../revision/keys.ts";
import { FtlError, StorageError, UsageError } from "../../errors.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { Identity, Lack, OpenedBucket } from "../../bucket/bucket.ts";
import { type Context } from "../../context.ts";
import { type Check, enumerate, fail, finding, info, ok, warn } from "./check.ts";
import { ClockWatch } from "./clock.ts";
import { checkDeltas } from "./deltas.ts";
import { checkExpiry, checkMarks, checkReport } from "./report.ts";
import { checkPuts, isDenied, type Lacks, mayTryMore, POINTER_PROBE } from "./writes.ts";

/**
 * Asks for each package of this machine, as a sync does. If there is no package, asks for the bucket as a
 * whole.
 */
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
  // `checkVariables` has reported what prevents every request.
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
  const text = `S3 did not answer every request within ${seconds} s`;
  return fail("S3", new StorageError(text, { hint }));
}

/** Seconds for all requests, plus one for each package. The client's own retries would take longer. */
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
    bucket = await context.openBucket({ signal, onAnswer, onLack });
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
  const { checks, keys, newest, isReached } = await checkList(bucket, packages);
  yield* checks;
  if (isReached) {
    yield* await checkGet(bucket, packages, keys);
    yield* await checkExpiry(bucket, keys);
    const puts = await checkPuts(bucket, lacks);
    yield* puts;
    yield* await checkReport(context, bucket, lacks);
    yield* await checkDeltas(context, bucket, { newest, maySpool: mayTryMore(puts) });
    yield* await checkMarks(bucket, packages.map(({ name }) => name));
    if (context.config.env["FTL_TRUST"]) {
      const { checkSignatures } = await import("./signatures.ts");
      yield* await checkSignatures(context, bucket, packages);
    }
  }
  yield* clock.check();
  if (!isReached) yield notAsked();
}

function notAsked(): Check {
  return info("S3", "permissions were not checked: fix the failures above first");
}

/** Milliseconds. Credentials that expire sooner give a warning. */
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
  /** Keys of some of FTL's objects. */
  readonly keys: readonly string[];
  /** The newest revision of each package. */
  readonly newest: readonly RemoteRevision[];
  /** Whether the bucket exists and answers, even with a refusal. */
  readonly isReached: boolean;
}

async function checkList(bucket: OpenedBucket, packages: readonly PackageDir[]): Promise<Listed> {
  const checks: Check[] = [];
  const keys: string[] = [];
  const newest: RemoteRevision[] = [];
  const empty: string[] = [];
  try {
    for (const name of packages.length === 0 ? [undefined] : packages.map(({ name }) => name)) {
      const prefix = name === undefined ? "" : packagePrefix(name);
      const objects = await bucket.list(prefix, { delimiter: "/" });
      const own = objects.filter(({ key }) => parseKey(key) !== undefined);
      if (own[0] !== undefined) keys.push(own[0].key);
      if (name === undefined) continue;
      newest.push(...readPackageListing(name, objects).revisions.slice(-1));
      if (own.length === 0) empty.push(name);
    }
    const what = packages.length === 0 ? "the whole bucket" : `${count(packages.length)}`;
    checks.push(ok("S3 list", `s3://${bucket.name}, ${what}`));
    if (empty.length > 0) checks.push(nothingThere(bucket, empty));
    return { checks, keys, newest, isReached: true };
  } catch (error) {
    if (!(error instanceof FtlError)) throw error;
    return { checks: [fail("S3 list", error)], keys, newest, isReached: isDenied(error) };
  }
}

function count(packages: number): string {
  return packages === 1 ? "1 package" : `${packages} packages`;
}

function nothingThere({ name: bucket }: OpenedBucket, names: readonly string[]): Check {
  return warn(
    "S3 list",
    `s3://${bucket} has no revision of ${enumerate(names)}`,
    "Spool one, or check the spelling of the folder's name: 'ftl list --master' shows the packages there",
  );
}

async function checkGet(
  bucket: OpenedBucket,
  [first]: readonly PackageDir[],
  [found]: readonly string[],
): Promise<Check[]> {
  const key = found ?? (first === undefined ? POINTER_PROBE : pointerKey(first.name));
  return await finding("S3 get", async () => {
    await bucket.head(key);
    return [ok("S3 get", "allowed")];
  });
}
