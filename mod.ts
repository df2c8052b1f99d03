/**
 * FTL, "faster than light": deploys packages to machines, with S3 as the only server.
 *
 * This file is the interface for programs. Run as a program, this file is the command line, `ftl`. To
 * see how FTL works, read `src/commands/sync/sync.ts` next; docs/architecture.md shows the rooms of `src`.
 *
 * Your own program imports this file by its path in a clone, or by a name that your `deno.json` gives to
 * that path: `"imports": { "@ftl/ftl": "../ftl/mod.ts" }`. The import only defines things; it does no work.
 * docs/programs.md tells more: the events, the errors and what each carries.
 *
 * @example A program that spools a file, blesses it, and syncs this machine
 * ```ts
 * import { createContext, jumpMaster, spool, sync } from "@ftl/ftl";
 *
 * async function release(file: string): Promise<void> {
 *   // The program needs only FTL_BUCKET, FTL_ROOT and the usual AWS variables.
 *   const context = createContext(Deno.env.toObject());
 *   const { revision } = await spool(context, file, { message: "nightly" });
 *   await jumpMaster(context, revision);
 *   for (const { activated, failures } of await sync(context)) {
 *     for (const failure of failures) console.error(failure);
 *     if (activated !== undefined) console.log(`${activated} is active`);
 *   }
 * }
 *
 * // deno run --allow-all release.ts my_site.tgz
 * for (const file of Deno.args) await release(file);
 * ```
 *
 * @example A program that activates a revision on this machine, and receives the events
 * ```ts
 * import { createContext, jump, listLocalRevisions } from "@ftl/ftl";
 * import assert from "node:assert/strict";
 *
 * // A machine's root with one package and one revision of that package.
 * const root = await Deno.makeTempDir();
 * await Deno.mkdir(`${root}/my_site/revs/VZ5vQk8aR4G`, { recursive: true });
 *
 * const events: string[] = [];
 * const context = createContext({ FTL_ROOT: root }, { report: ({ type }) => events.push(type) });
 * await jump(context, "my_site.VZ5vQk8aR4G");
 *
 * const [revision] = listLocalRevisions(context, "my_site");
 * assert.deepEqual([revision?.revision, revision?.active], ["my_site.VZ5vQk8aR4G", true]);
 * assert.deepEqual(events, ["activated"]);
 *
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * ## Errors
 *
 * A command throws an error of these classes if it cannot do what it was asked to. A command that goes on
 * with other things after a failure, such as `sync`, returns the errors as `failures`. Any other error is a
 * fault of FTL's own, or the reason of the context's signal.
 *
 * - `FtlError` is the class of all. It has a message for the user, a `hint` what to do, the `exitCode` of
 *   `ftl`, and the `requestId` of S3's answer if there was one.
 * - `UsageError`: a wrong argument, a missing or malformed variable, or a name that is not valid.
 * - `NotFoundError`: no such package, revision, bucket or file.
 * - `ConflictError`: somebody else was faster. `winner` is the blessing that came first, if it is known.
 *   `BusyError`: a lock stayed busy. `holder` is the process that holds it, if it is known.
 *   `LateError`: machines did not do something in the time that somebody waited for it.
 * - `IntegrityError`: the bytes are not as they should be, or the archive must not be unpacked.
 *   `BrokenPointerError`: a pointer names no revision. `etag` is its ETag.
 *   `UntrustedError`: a pointer or a revision is not signed as `FTL_TRUST` demands. `verdict` says why not.
 * - `ScriptError`: a package script failed. `revision` and `step` say which one, `exit` how it ended, and
 *   `log` where its output is.
 * - `StorageError`: S3 or the disk. `reason` says why, `retryable` whether to try again; `action`, `code` and
 *   `said` tell the request and S3's answer.
 * - `OutcomeUnknownError`: the command was ended before S3 answered a write, so the write may have succeeded.
 *   `what` names the object, `cause` is what ended the command.
 * - `InterruptedError`: a signal ended `ftl`. It is thrown only in the program `ftl`.
 *
 * What is absent is undefined here. In the JSON documents of `ftl --json` it is null.
 *
 * The file is long because it names all that programs can import.
 *
 * @module
 */
import { userInfo } from "node:os";
import { runProgram } from "./src/cli/process.ts";
import type { Context } from "./src/context.ts";
import { Config, type Environment } from "./src/config.ts";
import type { Report } from "./src/events.ts";
import { trustSystemCertificates } from "./src/bucket/aws/certificates.ts";
import manifest from "./deno.json" with { type: "json" };

export {
  type Check,
  type CheckStatus,
  type Diagnosis,
  doctor,
} from "./src/commands/doctor/doctor.ts";
export {
  type Fleet,
  fleet,
  type FleetMachine,
  type FleetOptions,
  type FleetRollout,
  fleets,
  type FleetsView,
  type FleetView,
  type MachineError,
  type MachineState,
  type PrunedFleet,
  pruneFleet,
  type REPORTED_STATES,
  type ReportedState,
} from "./src/commands/fleet.ts";
export {
  type History,
  history,
  type HISTORY_ACTIONS,
  type HistoryAction,
  type HistoryChange,
  type HistoryOptions,
} from "./src/commands/history.ts";
export {
  jump,
  jumpMaster,
  type JumpOptions,
  type LivingMachine,
  type MasterOptions,
  type Rollout,
  type RolloutSize,
  type Staged,
  stageMaster,
  type StageOptions,
  type StageRequest,
} from "./src/commands/jump.ts";
export { jumpBack, jumpBackMaster } from "./src/commands/jump_back.ts";
export {
  type ListedPackage,
  type ListedRevision,
  type ListedSignatures,
  type ListedTrust,
  listLocalPackages,
  listLocalRevisions,
  listMasterPackages,
  listMasterRevisions,
  type ListOptions,
  type LocalPackage,
  type LocalRevision,
  type MasterPackage,
  type MasterRevision,
  type RevisionBlessing,
  type RevisionDetails,
} from "./src/commands/list/list.ts";
export {
  purge,
  type Purged,
  purgeMaster,
  type PurgeOptions,
  type PurgeTarget,
} from "./src/commands/purge.ts";
export { spool, type Spooled, type SpoolOptions } from "./src/commands/spool/spool.ts";
export type { SpooledDelta } from "./src/commands/spool/deltas/deltas.ts";
export type { IamPolicy, IamRole, IamStatement, RolePolicy } from "./src/commands/setup/iam.ts";
export type { LifecycleConfiguration, LifecycleRule } from "./src/commands/setup/lifecycle.ts";
export {
  setup,
  type SetupData,
  type SetupKind,
  type SetupOptions,
  type SetupText,
} from "./src/commands/setup/setup.ts";
export type { SetupFile } from "./src/commands/setup/values.ts";
export {
  type FailedScript,
  type JumpPhase,
  type LastSync,
  type MasterStatus,
  type PackageStatus,
  type Pause,
  type Status,
  status,
  type StatusJump,
  type StatusQuarantine,
  type StatusTransfer,
  type StatusTrust,
} from "./src/commands/status/status.ts";
export type { BlessOptions } from "./src/catalog/bless.ts";
export type { Jumped } from "./src/machine/jump/local_jump.ts";
export {
  type PackageSync,
  sync,
  type SyncOptions,
  type Transfer,
} from "./src/commands/sync/sync.ts";
export { type PlannedSync, planSyncs } from "./src/commands/sync/plan_syncs.ts";
export type { BLESSING_VERDICTS, BlessingVerdict } from "./src/revision/blessing_verdict.ts";
export {
  type Difference,
  type DIFFERENCES,
  type Finding,
  type JudgedPart,
  type ListedSigner,
  type PartVerdict,
  readTrustedSigners,
  type RefusedSignature,
  type ShownStatement,
  type SignedBy,
  type TrustedSigners,
  type TrustOptions,
  type VerifiedObject,
  type VerifiedRevision,
  verify,
  verifyMaster,
  type VerifyMasterOptions,
  type VerifyOptions,
} from "./src/commands/verify/verify.ts";
export {
  BrokenPointerError,
  BusyError,
  type BusyErrorOptions,
  ConflictError,
  type ConflictErrorOptions,
  EXIT,
  FtlError,
  type FtlErrorOptions,
  IntegrityError,
  InterruptedError,
  type INTERRUPTIONS,
  LateError,
  type LockHolder,
  NotFoundError,
  OutcomeUnknownError,
  type OutcomeUnknownErrorOptions,
  ScriptError,
  type ScriptErrorOptions,
  type ScriptExit,
  StorageError,
  type StorageErrorOptions,
  type StorageReason,
  UntrustedError,
  UsageError,
  type Winner,
} from "./src/errors.ts";
export type { Note } from "./src/revision/metadata.ts";
export type { Config, DeltaSetting, VerifySetting } from "./src/config.ts";
export type {
  ActivatedEvent,
  BlessedEvent,
  CheckedEvent,
  DeltasEvent,
  FailureEvent,
  FetchedEvent,
  FetchedHow,
  FetchingEvent,
  FleetEvent,
  FtlEvent,
  HeldEvent,
  NewPackageEvent,
  NoPackagesEvent,
  PackingEvent,
  PausedEvent,
  ProgressEvent,
  RemovedEvent,
  Report,
  RolledBackEvent,
  RolloutEndedEvent,
  RolloutEvent,
  ScriptEvent,
  ScriptOutputEvent,
  SignedEvent,
  SyncedEvent,
  UntrustedEvent,
  UploadedEvent,
  VerifiedEvent,
  WaitingEvent,
  WarningEvent,
} from "./src/events.ts";
export type { Step } from "./src/revision/scripts.ts";
export type { PostSync } from "./src/plan/sync.ts";
export type { MachineRollout, WaitingReason } from "./src/plan/machine_rollout.ts";
export {
  type GivenRevision,
  type kindOfName,
  type PackageName,
  parseRevisionName,
  type Revision,
  type RevisionId,
  type RevisionName,
  revisionName,
  toRevision,
} from "./src/revision/names.ts";
export type { Context, Environment };

/** How a program follows a command, and how it ends a command early. */
export interface ContextOptions {
  /** Called with each event while a command works. By default, nothing is called. */
  readonly report?: Report;
  /** Ends a command early: the command cleans up and throws the reason of the signal. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the context of the commands. `env` is the configuration; `ftl` takes it from its process.
 *
 * The AWS SDK finds the credentials and the region. The SDK also reads the environment of the
 * process itself. Which certificates TLS trusts is settled once for the whole process, when the first
 * bucket is opened, or by an earlier connection of the program.
 */
export function createContext(env: Environment, options: ContextOptions = {}): Context {
  const config = new Config(env);
  return {
    config,
    report: options.report ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
    author: () => `${userName(env)}@${Deno.hostname()}`,
    now: () => Date.now(),
    version: manifest.version,
    openBucket: async (options) => {
      const name = config.bucket;
      trustSystemCertificates(env, Deno.env);
      const { openS3Bucket } = await import("./src/bucket/s3/s3_bucket.ts");
      return openS3Bucket(name, env, options);
    },
  };
}

/**
 * The name of the user. With `sudo`, this is the user who called it; else the user that the system
 * names.
 */
function userName(env: Environment): string {
  const named = env["SUDO_USER"] || env["USER"] || env["LOGNAME"];
  if (named) return named;
  try {
    return userInfo().username;
  } catch {
    return `uid ${Deno.uid()}`;
  }
}

if (import.meta.main) await runProgram(createContext);
