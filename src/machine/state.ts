/** What FTL remembers of a package on this machine: small JSON files below `.ftl`. */
import { POST_SYNC, type PostSync } from "../plan/sync.ts";
import { isRevisionId, type RevisionId } from "../revision/names.ts";
import type { PointerState } from "../revision/pointer.ts";
import { overwriteDigits, removeFile, replaceFile } from "./disk/durable.ts";
import type { PackageDir } from "./package_dir.ts";
import { readJson, textIn } from "./disk/json_file.ts";
import { hasScript } from "./scripts/file.ts";

/** `.ftl/state/<id>.json`, written after the revision is in its place. */
export interface RevisionState {
  readonly postSync: PostSync;
  /** The source: the key, its ETag, its SHA-256 in hexadecimal, its size in bytes. */
  readonly key?: string | undefined;
  readonly etag?: string | undefined;
  readonly sha256?: string | undefined;
  readonly size?: number | undefined;
  /** ISO 8601, UTC. */
  readonly fetchedAt?: string | undefined;
  /** Its last `post-jump`, if that failed. */
  readonly failedPostJump?: FailedPostJump | undefined;
}

/** A `post-jump` that failed after its revision had become active. */
export interface FailedPostJump {
  /** When it ended: ISO 8601, UTC. */
  readonly at: string;
  /** How it ended: `exit 3`, `ended by SIGKILL`, or why it could not be started. */
  readonly outcome: string;
  /** The path of the file with its output. Undefined if none was kept. */
  readonly log?: string | undefined;
}

/**
 * The result of a revision's `post-sync.sh`. A crash may have come before the state was written. Then the
 * script, if there is one, is still to run.
 */
export function postSyncOf(pkg: PackageDir, id: RevisionId): PostSync {
  const state = readRevisionState(pkg, id);
  if (state !== undefined) return state.postSync;
  return hasScript(pkg.revisionPath(id), "post-sync") ? "pending" : "ok";
}

export function readRevisionState(pkg: PackageDir, id: RevisionId): RevisionState | undefined {
  const value = readJson(pkg.statePath(id));
  const postSync = POST_SYNC.find((state) => state === (value as Partial<RevisionState>)?.postSync);
  if (value === undefined || postSync === undefined) return undefined;
  const { size } = value as Partial<RevisionState>;
  return {
    postSync,
    key: textIn(value, "key"),
    etag: textIn(value, "etag"),
    sha256: textIn(value, "sha256"),
    size: typeof size === "number" ? size : undefined,
    fetchedAt: textIn(value, "fetchedAt"),
    failedPostJump: failedPostJumpIn(value),
  };
}

function failedPostJumpIn({ failedPostJump: found }: Partial<RevisionState>):
  | FailedPostJump
  | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const [at, outcome] = [textIn(found, "at"), textIn(found, "outcome")];
  if (at === undefined || Number.isNaN(Date.parse(at)) || outcome === undefined) return undefined;
  return { at, outcome, log: textIn(found, "log") };
}

export function writeRevisionState(pkg: PackageDir, id: RevisionId, state: RevisionState): void {
  replaceFile(pkg.statePath(id), `${JSON.stringify(state)}\n`);
}

export function forgetRevisionState(pkg: PackageDir, id: RevisionId): void {
  removeFile(pkg.statePath(id), { durable: true });
}

export function readPointerState(pkg: PackageDir): PointerState | undefined {
  const value = readJson(pkg.ownPath("pointer")) as Partial<PointerState> | undefined;
  if (typeof value?.version !== "string" || !isRevisionId(value.blessed)) return undefined;
  return {
    version: value.version,
    blessed: value.blessed,
    replaced: isRevisionId(value.replaced) ? value.replaced : undefined,
  };
}

/** Stores which revision is blessed, or that none is. */
export function writePointerState(pkg: PackageDir, state: PointerState | undefined): void {
  if (state === undefined) removeFile(pkg.ownPath("pointer"), { durable: true });
  else replaceFile(pkg.ownPath("pointer"), `${JSON.stringify(state)}\n`);
}

/** The result of a package's last sync. */
export interface LastSync {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The first failure's message, or undefined if all went well. */
  readonly failure?: string | undefined;
}

export function readLastSync(pkg: PackageDir): LastSync | undefined {
  const value = readJson(pkg.ownPath("lastSync"));
  const at = value && textIn(value, "at");
  if (value === undefined || at === undefined || Number.isNaN(Date.parse(at))) return undefined;
  return { at, failure: textIn(value, "failure") };
}

/**
 * The file is not flushed: every sync writes it, and nothing depends on it. Mostly only the time differs, so it
 * is overwritten in place. If a rename replaced the file, ext4 would write it to the disk at once
 * (`auto_da_alloc` in ext4(5)).
 */
export function writeLastSync(pkg: PackageDir, last: LastSync): void {
  const text = `${JSON.stringify(last)}\n`;
  if (overwriteDigits(pkg.ownPath("lastSync"), text)) return;
  replaceFile(pkg.ownPath("lastSync"), text, { durable: false });
}

/** Paths that cannot be deleted and were reported already. Each is reported once, not with every sync. */
export function readReported(pkg: PackageDir): string[] {
  const value = readJson(pkg.ownPath("reported"));
  return Array.isArray(value) ? value.filter((path) => typeof path === "string") : [];
}

export function writeReported(pkg: PackageDir, paths: readonly string[]): void {
  if (paths.length === 0) removeFile(pkg.ownPath("reported"), { durable: false });
  else replaceFile(pkg.ownPath("reported"), `${JSON.stringify(paths)}\n`, { durable: false });
}
