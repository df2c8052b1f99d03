/** `ftl jump`: activates a revision on this machine, or blesses it in S3 for all machines. */
import { type GivenRevision, type Revision, toRevision } from "../revision/names.ts";
import { requirePackage } from "../machine/package_dir.ts";
import { bless, type BlessOptions, type BlessPlace } from "../catalog/bless.ts";
import { type MasterOptions, waitIfAsked } from "../catalog/fleet_wait.ts";
import { readLiving, requireTurns, stage, type Staged } from "../catalog/stage.ts";
import type { StageRequest } from "../plan/blessing.ts";
import type { LivingMachine } from "../plan/fleet.ts";
import type { RolloutSize } from "../plan/rollout.ts";
import type { Rollout } from "../revision/rollout.ts";
import { type Context } from "../context.ts";
import { fetchPackageListing } from "../catalog/remote_package.ts";
import { type Jumped, jumpLocally } from "../machine/jump/local_jump.ts";
import type { OpenedBucket } from "../bucket/bucket.ts";
import { openBucket } from "../bucket/open.ts";
import { openSigning } from "../catalog/open_signing.ts";
import { readOldPointer } from "../catalog/pointer.ts";

export type {
  BlessOptions,
  Jumped,
  LivingMachine,
  MasterOptions,
  Rollout,
  RolloutSize,
  Staged,
  StageRequest,
};

/** Options of a jump on this machine. */
export interface JumpOptions {
  /** Keeps the revision active also if its health fails. */
  readonly stay?: boolean;
}

/**
 * Makes the revision, a name or a parsed one, active on this machine. If its health fails, the machine goes back:
 * then the result has the revision that is active again, and the failure. Throws `NotFoundError` if the revision
 * is not on this machine, `ScriptError` if a script prevents the jump. After an error nothing has changed.
 */
export async function jump(
  context: Context,
  revision: GivenRevision,
  options: JumpOptions = {},
): Promise<Jumped> {
  const wanted = toRevision(revision);
  const pkg = requirePackage(context.config.root, wanted.package);
  return await jumpLocally(context, pkg, {
    action: "jump",
    choose: () => wanted.id,
    onBadHealth: options.stay ? "stay" : "go-back",
  });
}

/**
 * Blesses the revision, a name or a parsed one, in S3: every machine will run it. Throws `NotFoundError` if S3
 * does not have the revision, `ConflictError` if somebody else blessed another one at the same moment. With
 * `FTL_SIGN_KEY` the blessing is signed; then it throws `UntrustedError` if the revision is not, by somebody who is
 * trusted. Without, it throws `UsageError` if what is blessed now is signed.
 */
export async function jumpMaster(
  context: Context,
  revision: GivenRevision,
  { wait, ...options }: MasterOptions = {},
): Promise<Jumped> {
  const place = await placeOf(context, revision);
  const blessed = await bless(context, { ...options, ...place });
  return { ...blessed, ...await waitIfAsked(context, place.bucket, { ...place.wanted, wait }) };
}

/** Options of a step of a rollout. */
export interface StageOptions extends MasterOptions {
  /** What this step is. */
  readonly request: StageRequest;
}

/**
 * Rolls the revision out in stages: only some machines run it, the others stay on the blessed one. Given again, it
 * takes the next step. Throws `UsageError` if nothing is blessed yet, if this revision is, if a number of machines is
 * asked for and none reports, or if the store cannot let machines take turns; and the errors of `jumpMaster`.
 */
export async function stageMaster(
  context: Context,
  revision: GivenRevision,
  { request, wait, ...options }: StageOptions,
): Promise<Staged & { readonly failures: readonly Error[] }> {
  const place = await placeOf(context, revision);
  const { bucket, wanted } = place;
  if (request.atOnce !== undefined) await requireTurns(bucket, wanted.package);
  // Who pauses a rollout is in a hurry, and a pause chooses no machines.
  const living = request.pause ? [] : await readLiving(context, bucket, wanted.package);
  const staged = await stage(context, { ...options, ...place, request, living });
  return { ...staged, ...await waitIfAsked(context, bucket, { ...wanted, wait }) };
}

interface Place extends BlessPlace, Pick<Revision, "id"> {
  readonly bucket: OpenedBucket;
  readonly wanted: Revision;
}

/** What a person wants to change, as it is in S3. */
async function placeOf(context: Context, revision: GivenRevision): Promise<Place> {
  const wanted = toRevision(revision);
  const bucket = await openBucket(context);
  const signing = await openSigning(context);
  const remote = await fetchPackageListing(bucket, wanted.package);
  const old = await readOldPointer(bucket, remote);
  return { bucket, remote, old, signing, id: wanted.id, wanted };
}
