/** The three locks of a package. They are taken in this order: candidates, sync, package. */
import type { Environment } from "../../config.ts";
import type { Context } from "../../context.ts";
import { BusyError } from "../../errors.ts";
import type { PackageDir } from "../package_dir.ts";
import { acquireLock, type HeldLock, holderOf } from "./lock.ts";

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
