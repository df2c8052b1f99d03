/** What FTL remembers of a package on this machine: small JSON files below `.ftl`. */
import type { Hold, PostSync } from "../core/plan.ts";
import { isRevisionId } from "../core/names.ts";
import { explainDiskError, systemCode } from "../core/disk_errors.ts";
import { replaceFile, syncDirectory } from "./durable.ts";
import type { PackageDir } from "./package_dir.ts";
import { findScript } from "./scripts.ts";

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
  return findScript(pkg.revisionPath(id), "post-sync") === undefined ? "ok" : "pending";
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
  removeFile(statePath(pkg, id));
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
  if (state === undefined) removeFile(masterPath(pkg));
  else replaceFile(masterPath(pkg), `${JSON.stringify(state)}\n`);
}

export function readHold(pkg: PackageDir): Hold | undefined {
  const value = readJson(holdPath(pkg)) as Partial<Hold> | undefined;
  if (!isId(value?.id)) return undefined;
  return { id: value.id, blessed: isId(value.blessed) ? value.blessed : undefined };
}

export function writeHold(pkg: PackageDir, hold: Hold | undefined): void {
  if (hold === undefined) removeFile(holdPath(pkg));
  else replaceFile(holdPath(pkg), `${JSON.stringify(hold)}\n`);
}

function statePath(pkg: PackageDir, id: string): string {
  return `${pkg.states}/${id}.json`;
}

function masterPath(pkg: PackageDir): string {
  return `${pkg.own}/master.json`;
}

function holdPath(pkg: PackageDir): string {
  return `${pkg.own}/hold.json`;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && isRevisionId(value);
}

/** Undefined where there is no such file, or where it is not FTL's: then it counts as lost. */
function readJson(path: string): unknown {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
    syncDirectory(path.slice(0, path.lastIndexOf("/")));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw explainDiskError(error, `Cannot remove ${path}`);
  }
}
