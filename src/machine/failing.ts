/**
 * Since when the syncs of a package fail for the same reason, and how often. It lies beside the last sync's result, in
 * `.ftl/last-sync.json`. FTL 0.1.0 ignores it, and drops it with its next sync.
 */
import { EXIT, FtlError, ScriptError, UntrustedError } from "../errors.ts";
import { isSameFailure } from "../plan/sync_event.ts";
import { type BlessingVerdict, readBlessingVerdict } from "../revision/blessing_verdict.ts";
import { numberIn, readJson, textIn } from "./disk/json_file.ts";
import type { PackageDir } from "./package_dir.ts";
import { type LastSync, readLastSync } from "./state.ts";

export interface Failing {
  /** The exit code of the sync. */
  readonly code: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** How many syncs in a row. */
  readonly count: number;
  /** Whether nothing but a revision's health has failed. */
  readonly isHealth: boolean;
  /** What was found of the pointer's signatures, if the sync has refused it. */
  readonly trust?: BlessingVerdict | undefined;
}

/** Undefined if the last sync did not fail, or if it was one of FTL 0.1.0. */
export function readFailing(pkg: PackageDir): Failing | undefined {
  const value = readJson(pkg.ownPath("lastSync")) as { readonly isHealth?: unknown } | undefined;
  if (value === undefined) return undefined;
  const [code, count] = [numberIn(value, "code"), numberIn(value, "count")];
  const since = textIn(value, "since");
  if (code === undefined || count === undefined || since === undefined) return undefined;
  if (Number.isNaN(Date.parse(since))) return undefined;
  const trust = readBlessingVerdict(textIn(value, "trust"));
  return { code, since, count, isHealth: value.isHealth === true, trust };
}

/**
 * What a sync that has ended is to remember.
 *
 * @param now Unix milliseconds
 */
export function lastSyncOf(
  pkg: PackageDir,
  failures: readonly Error[],
  now: number,
): LastSync & Partial<Failing> {
  const at = new Date(now).toISOString();
  const [first] = failures;
  if (first === undefined) return { at };
  const failure = first.message;
  const before = readFailing(pkg);
  const isSame = isSameFailure(failure, readLastSync(pkg)?.failure);
  const [since, count] = before !== undefined && isSame
    ? [before.since, before.count + 1]
    : [at, 1];
  const isHealth = failures.every(isHealthFailure);
  const trust = first instanceof UntrustedError ? first.verdict : undefined;
  return { at, failure, code: codeOf(failures, first), since, count, isHealth, trust };
}

/** Whether only the health of a revision has failed. Such a machine waits for the next blessing. */
export function isHealthFailure(error: Error): boolean {
  return error instanceof ScriptError && error.step === "health";
}

function codeOf(failures: readonly Error[], first: Error): number {
  if (failures.some((error) => error instanceof ScriptError)) return EXIT.script;
  return first instanceof FtlError ? first.exitCode : EXIT.internal;
}
