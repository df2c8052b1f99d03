/**
 * What FTL remembers of a package on this machine: small JSON files below `.ftl`. The file is long because it reads and
 * writes each of them.
 */
import type { FetchedHow } from "../events.ts";
import { IDENTITY_SOURCES, type MachineIdentity } from "../plan/clone.ts";
import { POST_SYNC, type PostSync } from "../plan/sync.ts";
import { readBlessingVerdict } from "../revision/blessing_verdict.ts";
import { isRevisionId, type RevisionId } from "../revision/names.ts";
import {
  type BlessedObject,
  type Candidate,
  type PointerState,
  type PointerTrust,
  wholeSeconds,
} from "../revision/pointer.ts";
import { formatRollout, parseRollout } from "../revision/rollout.ts";
import { overwriteDigits, removeFile, replaceFile } from "./disk/durable.ts";
import type { PackageDir } from "./package_dir.ts";
import { numberIn, readJson, textIn } from "./disk/json_file.ts";
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
  /** SHA-256 of its tree in hexadecimal, if it was known and believed when the revision was fetched. */
  readonly tree?: string | undefined;
  /** Whether somebody whom the machine trusts has named that tree, and what it was made of was trusted, too. */
  readonly treeSigned?: true | undefined;
  /** How it came here. Undefined before FTL had deltas: whole. */
  readonly how?: FetchedHow | undefined;
  /** Bytes that were downloaded for it. */
  readonly moved?: number | undefined;
  /** Its last `post-jump`, if that failed. */
  readonly failedPostJump?: FailedScript | undefined;
  /** Its health, if that failed and the machine had nothing to go back to, or was told to stay. */
  readonly failedHealth?: FailedScript | undefined;
}

/** A `post-jump` or a health that failed after its revision had become active. */
export interface FailedScript {
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

const HOW: readonly FetchedHow[] = ["whole", "delta", "spare"];

export function readRevisionState(pkg: PackageDir, id: RevisionId): RevisionState | undefined {
  return readStateAt(pkg.statePath(id));
}

/** What FTL remembers of a revision, which a removal may have moved. */
export function readStateAt(path: string): RevisionState | undefined {
  const value = readJson(path);
  const postSync = POST_SYNC.find((state) => state === (value as Partial<RevisionState>)?.postSync);
  if (value === undefined || postSync === undefined) return undefined;
  return {
    postSync,
    key: textIn(value, "key"),
    etag: textIn(value, "etag"),
    sha256: textIn(value, "sha256"),
    size: numberIn(value, "size"),
    fetchedAt: textIn(value, "fetchedAt"),
    tree: textIn(value, "tree"),
    how: HOW.find((how) => how === textIn(value, "how")),
    treeSigned: (value as Partial<RevisionState>).treeSigned === true ? true : undefined,
    moved: numberIn(value, "moved"),
    failedPostJump: failedScriptIn(value, "failedPostJump"),
    failedHealth: failedScriptIn(value, "failedHealth"),
  };
}

function failedScriptIn(
  value: object,
  name: "failedPostJump" | "failedHealth",
): FailedScript | undefined {
  const found = (value as Partial<RevisionState>)[name];
  if (typeof found !== "object" || found === null) return undefined;
  const [at, outcome] = [textIn(found, "at"), textIn(found, "outcome")];
  if (at === undefined || Number.isNaN(Date.parse(at)) || outcome === undefined) return undefined;
  return { at, outcome, log: textIn(found, "log") };
}

export function writeRevisionState(pkg: PackageDir, id: RevisionId, state: RevisionState): void {
  replaceFile(pkg.statePath(id), `${JSON.stringify(state)}\n`);
}

export function forgetRevisionState(pkg: PackageDir, id: RevisionId): void {
  forgetRecords(pkg, id);
  removeFile(pkg.statePath(id), { durable: true });
}

/** Forgets what the revision holds, and how its files were. It is only made good use of, and never needed. */
export function forgetRecords(pkg: PackageDir, id: RevisionId): void {
  removeFile(pkg.statRecordPath(id), { durable: false });
  removeFile(pkg.treePath(id), { durable: false });
}

export function readPointerState(pkg: PackageDir): PointerState | undefined {
  const value = readJson(pkg.ownPath("pointer")) as Partial<StoredPointer> | undefined;
  if (typeof value?.version !== "string" || !isRevisionId(value.blessed)) return undefined;
  const base = {
    version: wholeSeconds(value.version),
    blessed: value.blessed,
    replaced: isRevisionId(value.replaced) ? value.replaced : undefined,
  };
  const blessing = textIn(value, "blessing");
  // Without its name a quarantine would never be in force.
  if (value.schema !== 2 || blessing === undefined) return { ...base, schema: 1 };
  const rollout = textIn(value, "rollout");
  return {
    ...base,
    schema: 2,
    serial: numberIn(value, "serial"),
    blessing,
    object: objectIn(value),
    next: candidateIn(value.next),
    rollout: rollout === undefined ? undefined : parseRollout(rollout),
    trust: trustIn(value.trust),
  };
}

function trustIn(value: unknown): PointerTrust | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const [verdict, policy] = [
    readBlessingVerdict(textIn(value, "verdict")),
    textIn(value, "policy"),
  ];
  if (verdict === undefined || policy === undefined) return undefined;
  const { by } = value as { by?: unknown };
  const names = Array.isArray(by) ? by.filter((name) => typeof name === "string") : [];
  return { verdict, policy, by: names, statement: textIn(value, "statement") };
}

function objectIn(value: object): BlessedObject | undefined {
  const key = textIn(value, "key");
  if (key === undefined) return undefined;
  const tree = textIn(value, "tree");
  return {
    ...{ key, sha256: textIn(value, "sha256"), size: numberIn(value, "size") },
    ...(tree === undefined ? {} : { tree }),
  };
}

function candidateIn(value: unknown): Candidate | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const id = textIn(value, "id");
  return isRevisionId(id) ? { id, object: objectIn(value) } : undefined;
}

/** The file's fields. FTL 0.1.0 reads and writes the first three. */
interface StoredPointer
  extends Omit<PointerState, "object" | "next" | "rollout">, Partial<BlessedObject> {
  readonly next?: { readonly id: RevisionId } & Partial<BlessedObject>;
  /** The words of `src/revision/rollout.ts`. */
  readonly rollout?: string;
}

/** Stores which revision is blessed, or that none is. */
export function writePointerState(pkg: PackageDir, state: PointerState | undefined): void {
  if (state === undefined) removeFile(pkg.ownPath("pointer"), { durable: true });
  else {
    const { object, next, rollout, ...rest } = state;
    const stored: StoredPointer = {
      ...rest,
      ...object,
      ...(next && { next: { id: next.id, ...next.object } }),
      ...(rollout && { rollout: formatRollout(rollout) }),
    };
    replaceFile(pkg.ownPath("pointer"), `${JSON.stringify(stored)}\n`);
  }
}

/**
 * What S3 had when the package was listed last, `.ftl/listing.json`. Syncs with `--list-every` plan by it. It has
 * another life than the pointer: listings write it, and a failed sync forgets it.
 */
export interface LastListing {
  /** Unix milliseconds. S3 was asked at this time or later. */
  readonly at: number;
  /** The ids of all revisions. */
  readonly ids: readonly RevisionId[];
  /** Whether the listing served other packages as well. */
  readonly isShared: boolean;
}

/** Where S3 has more revisions, every sync lists. */
const MOST_IDS = 1000;

export function readLastListing(pkg: PackageDir): LastListing | undefined {
  const value = readJson(pkg.ownPath("listing")) as
    | Partial<Record<"ids" | "shared", unknown>>
    | undefined;
  const at = Date.parse((value && textIn(value, "at")) ?? "");
  if (!Array.isArray(value?.ids) || Number.isNaN(at)) return undefined;
  return { at, ids: value.ids.filter(isRevisionId), isShared: value.shared === true };
}

/** Stores the listing, or that there is none to plan by. Without the file, the next sync lists. */
export function writeLastListing(pkg: PackageDir, listing: LastListing | undefined): void {
  if (listing === undefined || listing.ids.length > MOST_IDS) {
    removeFile(pkg.ownPath("listing"), { durable: false });
  } else {
    const { at, ids, isShared: shared } = listing;
    writeDigits(pkg.ownPath("listing"), { at: new Date(at).toISOString(), shared, ids });
  }
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

export function writeLastSync(pkg: PackageDir, last: LastSync): void {
  writeDigits(pkg.ownPath("lastSync"), last);
}

/**
 * For a file that syncs write again and again, and whose loss does no harm: it is not flushed. Mostly only the time
 * differs, so it is overwritten in place. If a rename replaced the file, ext4 would write it to the disk at once
 * (`auto_da_alloc` in ext4(5)).
 */
function writeDigits(path: string, value: object): void {
  const text = `${JSON.stringify(value)}\n`;
  if (overwriteDigits(path, text)) return;
  replaceFile(path, text, { durable: false });
}

/** The machine that the package belongs to, `.ftl/machine.json`. Undefined after a sync of FTL 0.1.0. */
export function readOwner(pkg: PackageDir): MachineIdentity | undefined {
  const value = readJson(pkg.ownPath("machine"));
  if (value === undefined) return undefined;
  const [machine, host] = [textIn(value, "machine"), textIn(value, "host")];
  const source = IDENTITY_SOURCES.find((source) => source === textIn(value, "source"));
  if (machine === undefined || host === undefined || source === undefined) return undefined;
  return { machine, source, host };
}

export function writeOwner(pkg: PackageDir, owner: MachineIdentity): void {
  replaceFile(pkg.ownPath("machine"), `${JSON.stringify(owner)}\n`);
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
