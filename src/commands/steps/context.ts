/** What every command works with. `mod.ts` makes it; nothing below looks elsewhere. */
import type { Config, Environment } from "../../core/config.ts";
import { BusyError } from "../../core/errors.ts";
import type { Report } from "../../core/events.ts";
import { acquireLock, type HeldLock, holderOf } from "../../local/lock.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import type { Action } from "../../core/scripts.ts";
import type { ScriptSetting } from "../../local/scripts.ts";
import type { Bucket, OpenedBucket } from "../../remote/bucket.ts";
import type { S3BucketOptions } from "../../remote/s3.ts";

/** What every command works with: see `createContext` of `mod.ts`. */
export interface Context {
  /** Configuration, read when a command asks for it. */
  readonly config: Config;
  /** Told what happens. */
  readonly report: Report;
  /** Aborted with an `InterruptedError` by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** `user@host`, for the notes in S3. */
  readonly author: () => string;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Of FTL. */
  readonly version: string;
  /** Called before the first connection: TLS is to trust the certificates of this system. */
  readonly trustCertificates: () => void;
}

/**
 * Opens the bucket of `FTL_BUCKET`. The client is loaded only here: local commands start without. `onAnswer` is
 * told the headers of each answer.
 */
export async function openBucket(
  context: Context,
  onAnswer?: (headers: Headers) => void,
): Promise<Bucket> {
  const { signal, report } = context;
  return await openStore(context, {
    signal,
    ...(onAnswer === undefined ? {} : { onAnswer }),
    // Made up for whole: nothing that a person should know at each blessing. `ftl doctor` tells it.
    onLack: (lack, message) => lack === "quotes" || report({ type: "warning", message }),
  });
}

/** The bucket as the store has it, by the certificates and the client of every command. */
export async function openStore(
  { config, trustCertificates }: Context,
  options: S3BucketOptions,
): Promise<OpenedBucket> {
  const name = config.bucket;
  trustCertificates();
  const { openS3Bucket } = await import("../../remote/s3.ts");
  return openS3Bucket(name, config.env, options);
}

/**
 * The package's lock, which guards every change to it: publish, jump, remove. `command` is shown to
 * those who wait.
 */
export function lockPackage(
  context: Context,
  pkg: PackageDir,
  command: string,
): Promise<HeldLock> {
  pkg.prepare();
  return lock(context, { pkg, command, path: pkg.lock, what: pkg.name });
}

/**
 * The lock of a sync, so that two of them never download the same. It is let go while `post-sync` of a candidate
 * runs: what is blessed meanwhile does not wait for that.
 */
export function lockSync(
  context: Context,
  pkg: PackageDir,
  command: string,
  { wait = context.config.lockWait } = {},
): Promise<HeldLock> {
  pkg.prepare();
  const what = `the sync of ${pkg.name}`;
  return lock(context, { pkg, command, path: pkg.syncLock, what, wait });
}

/**
 * The lock of whoever runs the `post-sync` of candidates, or removes revisions: so that no script is run twice at
 * the same time, nor loses its revision. To be taken before the sync lock, or without waiting.
 */
export function lockCandidates(
  context: Context,
  pkg: PackageDir,
  command: string,
  { wait = context.config.lockWait } = {},
): Promise<HeldLock> {
  pkg.prepare();
  const what = `the preparation of ${pkg.name}`;
  return lock(context, { pkg, command, path: pkg.candidatesLock, what, wait });
}

/** The lock of a sync where nobody else has it now; undefined where somebody has. */
export async function tryLockSync(
  context: Context,
  pkg: PackageDir,
  command: string,
): Promise<HeldLock | undefined> {
  try {
    return await lockSync(context, pkg, command, { wait: 0 });
  } catch (error) {
    if (error instanceof BusyError) return undefined;
    throw error;
  }
}

interface LockSetting {
  readonly pkg: PackageDir;
  readonly command: string;
  readonly path: string;
  readonly what: string;
  /** Seconds. */
  readonly wait?: number;
}

function lock(
  context: Context,
  { pkg, command, path, what, wait = context.config.lockWait }: LockSetting,
): Promise<HeldLock> {
  const { config, report, signal } = context;
  const { FTL_HOOK } = config.env;
  return acquireLock(path, {
    what,
    command,
    wait,
    signal,
    onWait: (holder) => report({ type: "waiting", what, holder }),
    deadlock: () =>
      isOwnScript(config.env, pkg)
        ? `this is its own ${FTL_HOOK} script, which must end first`
        : undefined,
  });
}

/**
 * Whether this command runs in a script of the package that some `ftl` waits for. A daemon that a script
 * left behind has its variables too, but nobody waits for it: so the lock has to be that `ftl`'s.
 */
function isOwnScript({ FTL_HOOK, FTL_PACKAGE, FTL_PID }: Environment, pkg: PackageDir): boolean {
  if (FTL_HOOK === undefined || FTL_PACKAGE !== pkg.name) return false;
  return [pkg.lock, pkg.syncLock, pkg.candidatesLock]
    .some((path) => holderOf(path)?.startsWith(`pid ${FTL_PID}, `));
}

/** What the scripts of one command have in common. */
export function scriptSetting(
  context: Context,
  pkg: PackageDir,
  action: Action,
): Omit<ScriptSetting, "from" | "to"> {
  const { config, report, signal } = context;
  return {
    pkg,
    action,
    timeout: config.hookTimeout,
    signal,
    onLine: ({ id, hook, text }) =>
      report({ type: "script-output", revision: pkg.revisionName(id), hook, line: text }),
    onWarning: (message) => report({ type: "warning", message }),
    onRunning: ({ id, hook, running }) =>
      report({ type: "script", revision: pkg.revisionName(id), hook, running }),
  };
}
