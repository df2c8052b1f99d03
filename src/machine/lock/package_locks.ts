/**
 * The three locks of a package. They are taken in this order: candidates, sync, package.
 *
 *     package       every change to the package: publish, jump, remove
 *     sync          a sync, so that two of them never download the same. It is let go while `post-sync` of a candidate
 *                   runs: what is blessed meanwhile does not wait for that
 *     candidates    whoever runs the `post-sync` of candidates, or removes revisions: so that no script is run twice at
 *                   the same time, nor loses its revision. To be taken before the sync lock, or without waiting
 */
import type { Environment } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { BusyError } from "../../errors.ts";
import type { PackageDir } from "../package_dir.ts";
import { acquireLock, type HeldLock, holderOf, type LockOptions, tryLock } from "./lock.ts";

export type LockName = "package" | "sync" | "candidates";

export interface PackageLock {
  readonly path: string;
  /** As people read of it. */
  readonly what: string;
}

/** Each lock of a package: its file, and what it is called. */
export function locksOf(pkg: PackageDir): Readonly<Record<LockName, PackageLock>> {
  return {
    package: { path: pkg.lock, what: pkg.name },
    sync: { path: pkg.syncLock, what: `the sync of ${pkg.name}` },
    candidates: { path: pkg.candidatesLock, what: `the preparation of ${pkg.name}` },
  };
}

/** The locks of one package as one command takes them. */
export class PackageLocks {
  readonly #context: Context;
  readonly #pkg: PackageDir;
  readonly #command: string;
  #isNoScript = false;

  /** @param command shown to those who wait, e.g. `ftl sync` */
  constructor(context: Context, pkg: PackageDir, command: string) {
    this.#context = context;
    this.#pkg = pkg;
    this.#command = command;
  }

  /** Waits for it as long as `FTL_LOCK_WAIT` says. Throws `BusyError`. */
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

  /** Takes it where nobody has it now; the error that names its holder where somebody has. */
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

  /** Asked once: whoever waits for this command's end has had one of the locks since before it began. */
  #deadlock(): string | undefined {
    if (this.#isNoScript) return undefined;
    const { env } = this.#context.config;
    this.#isNoScript = !isOwnScript(env, this.#pkg);
    if (this.#isNoScript) return undefined;
    return `this is its own ${env["FTL_HOOK"]} script, which must end first`;
  }
}

/**
 * Whether this command runs in a script of the package that some `ftl` waits for. A daemon that a script
 * left behind has its variables too, but nobody waits for it: so the lock has to be that `ftl`'s.
 */
function isOwnScript({ FTL_HOOK, FTL_PACKAGE, FTL_PID }: Environment, pkg: PackageDir): boolean {
  if (FTL_HOOK === undefined || FTL_PACKAGE !== pkg.name) return false;
  return Object.values(locksOf(pkg))
    .some(({ path }) => holderOf(path)?.startsWith(`pid ${FTL_PID}, `));
}
