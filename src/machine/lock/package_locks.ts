/**
 * The three locks of a package. Take them in this order: candidates, sync, package.
 *
 *     package       Guards every change to the package: publish, jump, remove.
 *     sync          Guards a sync, so that two of them never download the same revision. It is released while the
 *                   `post-sync` of a candidate runs, so that a newly blessed revision does not wait for that script.
 *     candidates    Guards the `post-sync` of candidates and the removal of revisions: no script runs twice at the
 *                   same time, and none loses its revision. Take it before the sync lock, or without waiting.
 */
import type { Environment } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { BusyError } from "../../errors.ts";
import type { PackageDir } from "../package_dir.ts";
import { acquireLock, type HeldLock, holderOf, type LockOptions, tryLock } from "./lock.ts";

export type LockName = "package" | "sync" | "candidates";

export interface PackageLock {
  readonly path: string;
  /** The name that people read. */
  readonly what: string;
}

/** Each lock of a package: its file and its name. */
export function locksOf(pkg: PackageDir): Readonly<Record<LockName, PackageLock>> {
  return {
    package: { path: pkg.lock, what: pkg.name },
    sync: { path: pkg.syncLock, what: `the sync of ${pkg.name}` },
    candidates: { path: pkg.candidatesLock, what: `the preparation of ${pkg.name}` },
  };
}

/** The locks of one package, for one command. */
export class PackageLocks {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #command: string;
  #isNoScript = false;

  /** @param command the name that those who wait see, e.g. `ftl sync` */
  constructor(context: Context, pkg: PackageDir, command: string) {
    this.#context = context;
    this.#pkg = pkg;
    this.#command = command;
  }

  /** Waits for the lock as long as `FTL_LOCK_WAIT` says. Throws `BusyError`. */
  async take(name: LockName): Promise<HeldLock> {
    const { config, report } = this.#context;
    const wait = config.lockWait;
    const { path, ...options } = this.#prepare(name);
    const { what } = options;
    return await acquireLock(path, {
      ...options,
      wait,
      onWait: (holder) => report({ type: "waiting", what, holder }),
    });
  }

  /** Takes the lock if it is free. Returns the error that names its holder if it is busy. */
  async try(name: LockName): Promise<HeldLock | BusyError> {
    const { path, ...options } = this.#prepare(name);
    return await tryLock(path, options);
  }

  #prepare(name: LockName): PackageLock & Omit<LockOptions, "wait" | "onWait"> {
    const pkg = this.#pkg;
    pkg.prepare();
    const { signal } = this.#context;
    const deadlock = (): string | undefined => this.#deadlock();
    return { ...locksOf(pkg)[name], command: this.#command, signal, deadlock };
  }

  /**
   * After the first no it is not checked again: an `ftl` that waits for this command took its lock before this
   * command began.
   */
  #deadlock(): string | undefined {
    if (this.#isNoScript) return undefined;
    const { env } = this.#context.config;
    this.#isNoScript = !isOwnScript(env, this.#pkg);
    if (this.#isNoScript) return undefined;
    return `this is its own ${env["FTL_HOOK"]} script, which must end first`;
  }
}

/**
 * Whether this command runs in a script of the package, and an `ftl` waits for that script. A daemon that a
 * script left behind has the script's variables too, but nobody waits for it. So the lock must be held by that
 * `ftl`.
 */
function isOwnScript({ FTL_HOOK, FTL_PACKAGE, FTL_PID }: Environment, pkg: PackageDir): boolean {
  if (FTL_HOOK === undefined || FTL_PACKAGE !== pkg.name) return false;
  return Object.values(locksOf(pkg))
    .some(({ path }) => holderOf(path)?.startsWith(`pid ${FTL_PID}, `));
}
