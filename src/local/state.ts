/** What FTL remembers of a package on this machine: small JSON files below `.ftl`. */
import type { Hold, PostSync } from "../core/plan.ts";
import { isRevisionId } from "../core/names.ts";
import { replaceFile } from "./durable.ts";
import type { PackageDir } from "./package_dir.ts";
import { hasScript } from "./scripts.ts";
import { readJson, removeFile } from "./small_files.ts";

/** `.ftl/state/<id>.json`, written after the revision is in its place. */
export interface RevisionState {
  readonly postSync: PostSync;
  /** Where it came from: the key, its ETag, its SHA-256 in hexadecimal, its size in bytes. */
  readonly key?: string | undefined;
  readonly etag?: string | undefined;
  readonly sha256?: string | undefined;
  readonly size?: number | undefined;
  /** ISO 8601, UTC. */
  readonly fetchedAt?: string | undefined;
}

/** `.ftl/master.json`: what S3 said at the last sync. */
export interface MasterState {
  /** Tells whether the pointer in S3 has changed since: key, ETag and time of the object. */
  readonly version: string;
  readonly blessed: string;
  readonly replaced?: string | undefined;
}

/**
 * How a revision's `post-sync.sh` went. A crash may have come before the state was written: then the
 * script, if there is one, has yet to run.
 */
export function postSyncOf(pkg: PackageDir, id: string): PostSync {
  const state = readRevisionState(pkg, id);
  if (state !== undefined) return state.postSync;
  return hasScript(pkg.revisionPath(id), "post-sync") ? "pending" : "ok";
}

export function readRevisionState(pkg: PackageDir, id: string): RevisionState | undefined {
  const value = readJson(statePath(pkg, id)) as Partial<RevisionState> | undefined;
  const known = value?.postSync === "pending" || value?.postSync === "ok" ||
    value?.postSync === "failed";
  return known ? value as RevisionState : undefined;
}

export function writeRevisionState(pkg: PackageDir, id: string, state: RevisionState): void {
  replaceFile(statePath(pkg, id), `${JSON.stringify(state)}\n`);
}

export function forgetRevisionState(pkg: PackageDir, id: string): void {
  removeFile(statePath(pkg, id), { durable: true });
}

export function readMaster(pkg: PackageDir): MasterState | undefined {
  const value = readJson(masterPath(pkg)) as Partial<MasterState> | undefined;
  if (typeof value?.version !== "string" || !isId(value.blessed)) return undefined;
  return {
    version: value.version,
    blessed: value.blessed,
    replaced: isId(value.replaced) ? value.replaced : undefined,
  };
}

/** Remembers what is blessed, or that nothing is. */
export function writeMaster(pkg: PackageDir, state: MasterState | undefined): void {
  if (state === undefined) removeFile(masterPath(pkg), { durable: true });
  else replaceFile(masterPath(pkg), `${JSON.stringify(state)}\n`);
}

/** The hold on the revision that is active, if there is one. */
export function readHold(pkg: PackageDir, active: string | undefined): Hold | undefined {
  return readHolds(pkg).find(({ id }) => id === active);
}

/**
 * Remembers a hold, or that there is none. While a jump is under way there may be two, the old one and the
 * new one: whichever revision a crash leaves active, its hold is there.
 */
export function writeHolds(pkg: PackageDir, holds: readonly (Hold | undefined)[]): void {
  const known = holds.filter((hold) => hold !== undefined);
  if (known.length > 0) replaceFile(holdPath(pkg), `${JSON.stringify(known)}\n`);
  else removeFile(holdPath(pkg), { durable: true });
}

function readHolds(pkg: PackageDir): Hold[] {
  const value = readJson(holdPath(pkg));
  if (!Array.isArray(value)) return [];
  return (value as Partial<Hold>[]).flatMap(({ id, blessed, version }) =>
    isId(id)
      ? [{
        id,
        blessed: isId(blessed) ? blessed : undefined,
        version: typeof version === "string" ? version : undefined,
      }]
      : []
  );
}

/** How the last sync of a package went. */
export interface LastSync {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The first failure's message, or undefined where all was well. */
  readonly failure?: string | undefined;
}

export function readLastSync(pkg: PackageDir): LastSync | undefined {
  const value = readJson(lastSyncPath(pkg)) as Partial<LastSync> | undefined;
  if (typeof value?.at !== "string") return undefined;
  return { at: value.at, failure: typeof value.failure === "string" ? value.failure : undefined };
}

/** Not flushed: every sync writes it, and nothing depends on it. */
export function writeLastSync(pkg: PackageDir, last: LastSync): void {
  replaceFile(lastSyncPath(pkg), `${JSON.stringify(last)}\n`, { durable: false });
}

function statePath(pkg: PackageDir, id: string): string {
  return `${pkg.states}/${id}.json`;
}

function masterPath(pkg: PackageDir): string {
  return `${pkg.own}/master.json`;
}

function lastSyncPath(pkg: PackageDir): string {
  return `${pkg.own}/last-sync.json`;
}

function holdPath(pkg: PackageDir): string {
  return `${pkg.own}/hold.json`;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && isRevisionId(value);
}
