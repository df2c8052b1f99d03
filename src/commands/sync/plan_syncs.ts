/** `ftl sync --dry-run`: what a sync would do now. */
import { asError } from "../../errors.ts";
import { inParallel } from "../../concurrency/parallel.ts";
import { NO_PLAN, planSync, type SyncPlan } from "../../plan/sync.ts";
import { type PackageName, type RevisionId, type RevisionName } from "../../revision/names.ts";
import { type PackageDir } from "../../machine/package_dir.ts";
import { type Context } from "../../context.ts";
import { readOwner, readPointerState } from "../../machine/state.ts";
import { identifyOnce } from "../../machine/identity.ts";
import { originOf } from "../../plan/clone.ts";
import { gatherFactsAsking } from "../../machine/facts.ts";
import { shareListings } from "../../catalog/shared_listing.ts";
import type { SyncOptions } from "./sync.ts";
import { choosePackages } from "./choose_packages.ts";
import { openBucket } from "../../bucket/open.ts";
import { openTrust } from "../../machine/trust/open.ts";
import { fetchMarksIfAllowed } from "../../catalog/marks.ts";
import { fetchPointerState } from "../../catalog/pointer.ts";
import { type MachineRollout, machineRollout } from "../../plan/machine_rollout.ts";

/** What a sync would do to one package now. */
export interface PlannedSync {
  /** The package's name. */
  readonly package: PackageName;
  /** The revisions that it would download. */
  readonly fetch: readonly RevisionName[];
  /** The revision that would become active. */
  readonly activate: RevisionName | undefined;
  /** The revisions that it would remove. */
  readonly remove: readonly RevisionName[];
  /** The active revision, if a hold keeps the blessed one from being activated. */
  readonly held: RevisionName | undefined;
  /** The blessed revision, if it is neither here nor in S3. */
  readonly missing: RevisionName | undefined;
  /** The blessed revision, if its health failed on this machine. */
  readonly quarantined: RevisionName | undefined;
  /** The blessed revision, if only a pause keeps it from being activated. */
  readonly paused: RevisionName | undefined;
  /** The staged rollout that is under way. */
  readonly rollout: MachineRollout | undefined;
  /** Why there is no plan, or not the whole one. One package's failure does not stop the others. */
  readonly failures: readonly Error[];
}

/** The plan of each package. It acts on nothing: it writes nothing and locks nothing. */
export async function planSyncs(
  context: Context,
  options: Pick<SyncOptions, "packages" | "follow"> = {},
): Promise<PlannedSync[]> {
  const { packages, follow = false } = options;
  const chosen = choosePackages(context, packages);
  const { concurrency } = context.config;
  const trust = await openTrust(context);
  const bucket = await openBucket(context);
  const listings = shareListings(bucket, chosen.map(({ name }) => name));
  const identity = identifyOnce(context.config, bucket);
  return await inParallel(chosen, { concurrency, signal: context.signal }, async (pkg) => {
    try {
      const remote = await listings.of(pkg.name);
      const trusted = trust?.of(pkg, bucket);
      const known = readPointerState(pkg);
      const pointer = await fetchPointerState(bucket, remote, known, trusted?.judge);
      const now = context.now();
      const me = await identity();
      const isCopy = originOf(readOwner(pkg), me) === "copy";
      const source = { remote, pointer, me, config: context.config, follow, isCopy, now };
      const failures: Error[] = [];
      const onError = (error: Error): void => {
        failures.push(error);
        context.report({ type: "failure", error });
      };
      const { facts, effective } = await gatherFactsAsking(pkg, source, (id) => {
        return fetchMarksIfAllowed(context, { bucket, place: { package: pkg.name, id }, onError });
      });
      const rollout = machineRollout(pointer, { package: pkg.name, effective, now });
      const plan = planSync(facts);
      const seen = { listed: remote.revisions, pointer };
      await trusted?.look(plan, seen, context.signal);
      return { ...nameRevisions(pkg, trusted?.restrict(plan, seen) ?? plan), rollout, failures };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const error = asError(thrown);
      context.report({ type: "failure", error });
      return { ...nameRevisions(pkg, NO_PLAN), failures: [error] };
    }
  });
}

function nameRevisions(pkg: PackageDir, plan: SyncPlan): PlannedSync {
  const name = (id: RevisionId | undefined): RevisionName | undefined =>
    id === undefined ? undefined : pkg.revisionName(id);
  return {
    package: pkg.name,
    fetch: plan.fetch.map((id) => pkg.revisionName(id)),
    activate: name(plan.activate),
    remove: plan.remove.map((id) => pkg.revisionName(id)),
    held: name(plan.heldBy?.id),
    missing: name(plan.missing),
    quarantined: name(plan.quarantined),
    paused: name(plan.paused),
    rollout: undefined,
    failures: [],
  };
}
