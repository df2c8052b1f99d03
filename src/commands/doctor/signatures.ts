/** Checks the signatures in S3 of each package here, as a sync judges them. */
import type { Bucket } from "../../bucket/bucket.ts";
import { type PointerContent, readPointer } from "../../catalog/pointer.ts";
import { fetchPackageListing, type RemotePackage } from "../../catalog/remote_package.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import { readLink } from "../../machine/links.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { postSyncOf } from "../../machine/state.ts";
import { readKnownBlessing } from "../../machine/trust/state.ts";
import { planSync } from "../../plan/sync.ts";
import { readTrustPolicy } from "../../trust/io/read_policy.ts";
import { judgeBlessing, refusedBlessing } from "../../trust/judge_blessing.ts";
import { judgeRevision } from "../../trust/judge_revision.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import { type Check, fail, finding, type Found, info, ok, once, warn } from "./check.ts";

const NAME = "S3 signatures";
/** Milliseconds. */
const DAY = 24 * 3_600_000;
/** Requests at the same time. */
const CONCURRENCY = 4;

interface Asked {
  readonly context: Context;
  readonly bucket: Bucket;
  readonly policy: TrustPolicy;
}

/** Nothing if `FTL_TRUST` or what a sync needs is not valid: that was reported. */
export async function checkSignatures(
  context: Context,
  bucket: Bucket,
  packages: readonly PackageDir[],
): Promise<Check[]> {
  const policy = await policyOf(context);
  if (policy === undefined) return [];
  const asked = { context, bucket, policy };
  const found: Found[] = [];
  for (const pkg of packages) {
    const checks = await finding(NAME, () => checkPackage(asked, pkg));
    found.push(...checks.map((check) => ({ name: pkg.name, check })));
  }
  const isFine = found.length === 0 && packages.length > 0;
  return isFine ? [ok(NAME, "what is blessed is trusted, and so is each candidate")] : once(found);
}

async function policyOf({ config }: Context): Promise<TrustPolicy | undefined> {
  try {
    config.requireTuning();
    return await readTrustPolicy(config);
  } catch (error) {
    if (error instanceof FtlError) return undefined;
    throw error;
  }
}

async function checkPackage(asked: Asked, pkg: PackageDir): Promise<Check[]> {
  const { bucket, policy, context } = asked;
  const remote = await fetchPackageListing(bucket, pkg.name);
  const pointer = await readPointer(bucket, remote);
  if (pointer === undefined) return await checkCandidates(asked, { pkg, remote, pointer });
  const known = readKnownBlessing(pkg);
  const facts = { package: pkg.name, ...pointer };
  const judged = judgeBlessing(policy, facts, { known, now: context.now() });
  if (judged.verdict !== "trusted") {
    const error = refusedBlessing(facts, judged);
    return [policy.isEnforced ? fail(NAME, error) : warn(NAME, error.message, error.hint ?? "")];
  }
  return [
    ...checkAge(asked, pkg, pointer),
    ...(known === undefined ? [nothingKnown(pkg)] : []),
    ...await checkCandidates(asked, { pkg, remote, pointer }),
  ];
}

function checkAge(
  { policy: { maxAge }, context }: Asked,
  pkg: PackageDir,
  { serial, id }: PointerContent,
): Check[] {
  const days = Math.floor((context.now() - (serial ?? context.now())) / DAY);
  if (maxAge === 0 || days < maxAge) return [];
  const hint =
    `Ask whether there is a newer one, which somebody may withhold. If not, bless it anew: ` +
    `ftl jump --master ${pkg.revisionName(id)} --again`;
  const text = `what is blessed of ${pkg.name} was signed ${days} days ago`;
  return [warn(NAME, `${text}: FTL_TRUST_MAX_AGE is ${maxAge}`, hint)];
}

function nothingKnown({ name }: PackageDir): Check {
  return info(
    NAME,
    `no signed blessing of ${name} was obeyed here yet: an older one would be taken, too`,
    `'ftl sync ${name}' remembers it. FTL_TRUST_SINCE tells new machines how old it may be`,
  );
}

/** What a pointer that is trusted does not name must be signed by who spooled it. */
async function checkCandidates(
  { context: { config, signal }, bucket, policy }: Asked,
  { pkg, remote, pointer }: {
    readonly pkg: PackageDir;
    readonly remote: RemotePackage;
    readonly pointer: PointerContent | undefined;
  },
): Promise<Check[]> {
  const { fetch, prepare } = planSync({
    blessed: pointer?.id,
    replaced: pointer?.replaced,
    candidate: pointer?.next?.id,
    active: readLink(pkg, "current"),
    previous: readLink(pkg, "previous"),
    hold: undefined,
    remote: remote.revisions.map(({ id }) => id),
    local: new Map(pkg.revisions().map((id) => [id, postSyncOf(pkg, id)])),
    keep: config.keep,
  });
  const named = [pointer?.id, pointer?.next?.id];
  const wanted = remote.revisions.filter(({ id }) =>
    (fetch.includes(id) || prepare.includes(id)) && !named.includes(id)
  );
  const judged = await inParallel(
    wanted,
    { concurrency: CONCURRENCY, signal },
    async ({ id, key }) => {
      const found = await bucket.head(key);
      return { id, why: found && judgeRevision(policy, { ...found, key }).why };
    },
  );
  // The newest first, as a sync fetches them.
  const refused = judged.filter(({ why }) => why !== undefined).reverse();
  const [first] = refused;
  if (first === undefined) return [];
  const one = refused.length === 1;
  const count = one ? "1 candidate" : `${refused.length} candidates`;
  const what = policy.isEnforced
    ? one ? "is not fetched" : "are not fetched"
    : "would not be fetched without 'warn:'";
  const name = pkg.revisionName(first.id);
  return [
    warn(
      NAME,
      `${count} of ${pkg.name} ${what}: ${name}: ${first.why}`,
      `Spool it signed, with FTL_SIGN_KEY, or remove it: ftl purge --master ${name}`,
    ),
  ];
}
