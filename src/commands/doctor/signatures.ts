/** Checks the signatures in S3 of each package here: by what a sync does, also if `FTL_TRUST` only warns. */
import type { Bucket, OpenedBucket } from "../../bucket/bucket.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import { fetchPackageListing } from "../../catalog/remote_package.ts";
import type { Context } from "../../context.ts";
import { FtlError, UntrustedError } from "../../errors.ts";
import { gatherFacts } from "../../machine/facts.ts";
import { identifyOnce } from "../../machine/identity.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readPointerState } from "../../machine/state.ts";
import { MachineTrust } from "../../machine/trust/machine_trust.ts";
import type { Untrusted } from "../../machine/trust/package_trust.ts";
import { readKnownBlessing } from "../../machine/trust/state.ts";
import type { MachineIdentity } from "../../plan/clone.ts";
import { planSync } from "../../plan/sync.ts";
import type { PointerState } from "../../revision/pointer.ts";
import type { TrustPolicy } from "../../trust/policy.ts";
import { type Check, fail, finding, type Found, info, ok, once, warn } from "./check.ts";
import { readTrustPolicy } from "../../trust/trust.ts";

const NAME = "S3 signatures";
/** Milliseconds. */
const DAY = 24 * 3_600_000;

interface Asked {
  readonly context: Context;
  readonly bucket: Bucket;
  readonly policy: TrustPolicy;
  readonly me: MachineIdentity;
}

/** Nothing if `FTL_TRUST` or what a sync needs is not valid: that was reported. */
export async function checkSignatures(
  context: Context,
  bucket: OpenedBucket,
  packages: readonly PackageDir[],
): Promise<Check[]> {
  const policy = await policyOf(context);
  if (policy === undefined || packages.length === 0) return [];
  const asked = { context, bucket, policy, me: await identifyOnce(context.config, bucket)() };
  const found: Found[] = [];
  for (const pkg of packages) {
    for (const check of await finding(NAME, () => checkPackage(asked, pkg))) {
      found.push({ name: pkg.name, check });
    }
  }
  const fine = "what is blessed is trusted, and so is each candidate";
  return found.length === 0 ? [ok(NAME, fine)] : once(found);
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
  const { bucket, policy, context, me } = asked;
  const trust = new MachineTrust(context, { ...policy, isEnforced: true }).of(pkg, bucket);
  const remote = await fetchPackageListing(bucket, pkg.name);
  // What this machine remembers was judged before. It counts only if S3 has no pointer.
  const known = remote.pointer === undefined ? readPointerState(pkg) : undefined;
  let pointer: PointerState | undefined;
  try {
    pointer = await fetchPointerState(bucket, remote, known, trust.judge);
  } catch (error) {
    if (!(error instanceof UntrustedError)) throw error;
    const hint =
      `Without 'warn:' a sync would refuse it. Look at it: ftl verify --master ${pkg.name}`;
    return [policy.isEnforced ? fail(NAME, error) : warn(NAME, error.message, hint)];
  }
  const { config, now, signal } = context;
  const source = { remote, pointer, me, config, follow: false, now: now() };
  const plan = planSync(gatherFacts(pkg, source).facts);
  const seen = { listed: remote.revisions, pointer };
  await trust.look(plan, seen, signal);
  return [
    ...(pointer === undefined ? [] : checkPointer(asked, pkg, pointer)),
    ...describeUntrusted(trust.untrustedIn(plan, seen), pkg, policy),
  ];
}

/** Of a pointer that is trusted. */
function checkPointer(
  { policy: { maxAge }, context }: Asked,
  pkg: PackageDir,
  { serial, blessed }: PointerState,
): Check[] {
  const age = context.now() - (serial ?? context.now());
  const old = warn(
    NAME,
    `what is blessed of ${pkg.name} was signed ${Math.floor(age / DAY)} days ago: ` +
      `FTL_TRUST_MAX_AGE is ${maxAge}`,
    "Ask whether there is a newer one, which somebody may withhold. If not, bless it anew: " +
      `ftl jump --master ${pkg.revisionName(blessed)} --again`,
  );
  const unknown = info(
    NAME,
    `no signed blessing of ${pkg.name} was obeyed here yet: an older one would be taken, too`,
    `'ftl sync ${pkg.name}' remembers it. FTL_TRUST_SINCE tells new machines how old it may be`,
  );
  return [
    ...(maxAge > 0 && age > maxAge * DAY ? [old] : []),
    ...(readKnownBlessing(pkg) === undefined ? [unknown] : []),
  ];
}

function describeUntrusted(
  untrusted: readonly Untrusted[],
  { name }: PackageDir,
  { isEnforced }: TrustPolicy,
): Check[] {
  const [first] = untrusted;
  if (first === undefined) return [];
  const { revision, why } = first;
  const isOne = untrusted.length === 1;
  const count = isOne ? "1 candidate" : `${untrusted.length} candidates`;
  const verb = isOne ? "is" : "are";
  const what = isEnforced ? `${verb} not fetched` : "would not be fetched without 'warn:'";
  return [
    warn(
      NAME,
      `${count} of ${name} ${what}: ${revision}: ${why}`,
      `Spool it signed, with FTL_SIGN_KEY, or remove it: ftl purge --master ${revision}`,
    ),
  ];
}
