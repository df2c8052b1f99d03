/**
 * The events that commands report while they work. `src/cli` decides which of them a person sees,
 * and how. The file is long because it lists every event in one place.
 */
import type { PackageName, RevisionName } from "./revision/names.ts";
import type { Step } from "./revision/scripts.ts";

/** Progress of long work. The event comes often during the work, and once more at its end. */
export interface ProgressEvent {
  /** The type of this event. */
  readonly type: "progress";
  /** The revision's name. If there is no revision yet, the file's name. */
  readonly subject: string;
  /** The kind of work. */
  readonly work: "packing" | "checking" | "uploading" | "fetching" | "flushing";
  /** Bytes so far. */
  readonly done: number;
  /** Bytes in all. */
  readonly total: number;
  /** Entries written so far. */
  readonly entries?: number;
}

/** The download of a revision begins. */
export interface FetchingEvent {
  /** The type of this event. */
  readonly type: "fetching";
  /** The revision. */
  readonly revision: RevisionName;
  /** Bytes of the object in S3. */
  readonly bytes: number;
}

/** Revisions are in S3 that this machine would fetch if somebody whom it trusts had signed them. */
export interface UntrustedEvent {
  /** The type of this event. */
  readonly type: "untrusted";
  /** The package. */
  readonly package: PackageName;
  /** The revisions. */
  readonly revisions: readonly RevisionName[];
  /** Why the first of them is not trusted. */
  readonly why: string;
}

/**
 * How a revision came to a machine.
 *
 * - `whole`: its object was downloaded and unpacked.
 * - `delta`: a patch was downloaded; what has not changed was copied from another revision here.
 * - `spare`: a patch was downloaded; what has not changed was taken from a revision that had been removed.
 */
export type FetchedHow = "whole" | "delta" | "spare";

/** A revision was downloaded, and is complete here. */
export interface FetchedEvent {
  /** The type of this event. */
  readonly type: "fetched";
  /** The revision. */
  readonly revision: RevisionName;
  /** Bytes of the object in S3. */
  readonly bytes: number;
  /** Bytes downloaded for it, in all. */
  readonly moved: number;
  /** How it came here. */
  readonly how: FetchedHow;
  /** The revision that the delta was for. */
  readonly base?: RevisionName;
  /** Why it came whole, where a delta would have been expected. */
  readonly fallback?: string;
  /** Why no delta was tried, where one could be made but would not be faster. */
  readonly noGain?: string | undefined;
  /** Entries of the revision. */
  readonly entries: number;
  /** Bytes that it unpacks to. */
  readonly unpacked: number;
  /** Milliseconds taken. */
  readonly ms: number;
}

/** A folder to spool was looked through, and is packed now. */
export interface PackingEvent {
  /** The type of this event. */
  readonly type: "packing";
  /** The folder's path, as it was given. */
  readonly folder: string;
  /** The package. */
  readonly package: PackageName;
  /** Files and links. */
  readonly files: number;
  /** Bytes of the files. */
  readonly bytes: number;
  /** Paths that `--exclude` leaves out: files, and folders with all that is in them. */
  readonly excluded: number;
  /** The patterns that leave nothing out. */
  readonly unused: readonly string[];
  /** Whether there is a `.gitignore` in it. */
  readonly hasIgnoreFile: boolean;
}

/** A file to spool was checked, as a machine would unpack it. */
export interface CheckedEvent {
  /** The type of this event. */
  readonly type: "checked";
  /** The file's name. */
  readonly file: string;
  /** Entries that it unpacks to. */
  readonly entries: number;
  /** Bytes that it unpacks to. */
  readonly bytes: number;
  /** Milliseconds taken. */
  readonly ms: number;
}

/** A revision on this machine was compared with what was spooled. */
export interface VerifiedEvent {
  /** The type of this event. */
  readonly type: "verified";
  /** The revision. */
  readonly revision: RevisionName;
  /** Entries of the spooled file. */
  readonly entries: number;
  /** Bytes that it unpacks to. */
  readonly bytes: number;
  /** How many paths are not as they were spooled. */
  readonly changed: number;
  /** How many paths are not there. */
  readonly missing: number;
  /** How many paths the spooled file has not. */
  readonly extra: number;
  /** Who has signed it, as `FTL_TRUST` names them. Empty if nobody is trusted, or none of them has signed it. */
  readonly by: readonly string[];
  /** Milliseconds taken. */
  readonly ms: number;
}

/** A new revision is in S3. Machines need not download all of it, or must. */
export interface DeltasEvent {
  /** The type of this event. */
  readonly type: "deltas";
  /** The new revision. */
  readonly revision: RevisionName;
  /** The patches beside it: the revision that a machine has, and the bytes that it then downloads. */
  readonly deltas: readonly { readonly from: RevisionName; readonly bytes: number }[];
  /** Why there is none. Undefined if there is one, or if there was nothing to make one for. */
  readonly why: string | undefined;
}

/** A new revision is in S3. */
export interface UploadedEvent {
  /** The type of this event. */
  readonly type: "uploaded";
  /** The revision. */
  readonly revision: RevisionName;
  /** The bucket's name. */
  readonly bucket: string;
  /** Bytes of the object. */
  readonly bytes: number;
  /** Those of them that S3 copied from the revision before. */
  readonly copied?: number;
  /** Milliseconds taken. */
  readonly ms: number;
}

/** A revision became active on this machine. */
export interface ActivatedEvent {
  /** The type of this event. */
  readonly type: "activated";
  /** The revision that is active now. */
  readonly revision: RevisionName;
  /** The revision that was active before. */
  readonly from: RevisionName | undefined;
}

/** A revision was blessed in S3. */
export interface BlessedEvent {
  /** The type of this event. */
  readonly type: "blessed";
  /** The revision that is blessed now. */
  readonly revision: RevisionName;
  /** The revision that was blessed before. */
  readonly from: RevisionName | undefined;
}

/** Somebody has signed a pointer in S3 that somebody else had written, and that stays as it is. */
export interface SignedEvent {
  /** The type of this event. */
  readonly type: "signed";
  /** The revision that is blessed, or the candidate. */
  readonly revision: RevisionName;
  /** How many different people have signed it now. */
  readonly people: number;
}

/** A rollout of a revision began in S3, or took its next step. */
export interface RolloutEvent {
  /** The type of this event. */
  readonly type: "rollout";
  /** The candidate. */
  readonly revision: RevisionName;
  /** The revision that the other machines stay on. */
  readonly blessed: RevisionName;
  /** The share of the machines that may take it now, 0 to 100. */
  readonly percent: number;
  /** Whether nobody new takes it for now. */
  readonly isPaused: boolean;
  /** Those of the machines that are known to be alive that may take it now. */
  readonly machines: readonly { readonly machine: string; readonly host: string | undefined }[];
  /** How many machines are known to be alive; undefined if none are. */
  readonly of: number | undefined;
}

/** A rollout in S3 has ended before all machines had taken the revision. */
export interface RolloutEndedEvent {
  /** The type of this event. */
  readonly type: "rollout-ended";
  /** The candidate. */
  readonly revision: RevisionName;
  /** The share of the machines that could take it, 0 to 100. */
  readonly percent: number;
  /** The revision that is blessed now. */
  readonly blessed: RevisionName;
}

/** A revision was removed from this machine or from S3. */
export interface RemovedEvent {
  /** The type of this event. */
  readonly type: "removed";
  /** The revision. */
  readonly revision: RevisionName;
}

/** A local jump keeps a revision active although another one is blessed. */
export interface HeldEvent {
  /** The type of this event. */
  readonly type: "held";
  /** The active revision. */
  readonly revision: RevisionName;
  /** The blessed revision, or the one that this machine would run in a rollout. */
  readonly blessed: RevisionName;
  /** Whether that is the candidate of a rollout. */
  readonly isCandidate?: boolean;
}

/** A script starts or has ended. The events of its output come in between. */
export interface ScriptEvent {
  /** The type of this event. */
  readonly type: "script";
  /** The revision that the script belongs to. */
  readonly revision: RevisionName;
  /** The script's step. */
  readonly step: Step;
  /** True when the script starts, false when it has ended. */
  readonly running: boolean;
}

/** A script printed a line. */
export interface ScriptOutputEvent {
  /** The type of this event. */
  readonly type: "script-output";
  /** The revision that the script belongs to. */
  readonly revision: RevisionName;
  /** The script's step. */
  readonly step: Step;
  /** The line without its newline. */
  readonly line: string;
  /** Whether it is of an attempt of `health` that is neither the first nor the last one. */
  readonly repeated?: boolean;
}

/** The health of a new revision failed, and another revision is active instead. */
export interface RolledBackEvent {
  /** The type of this event. */
  readonly type: "rolled-back";
  /** The revision whose health failed. */
  readonly revision: RevisionName;
  /** The revision that is active. */
  readonly to: RevisionName;
  /** How the health failed. */
  readonly reason: string;
}

/** A pause keeps the blessed revision from being activated. */
export interface PausedEvent {
  /** The type of this event. */
  readonly type: "paused";
  /** The package's name. */
  readonly package: PackageName;
  /** The revision that stays active. */
  readonly active: RevisionName | undefined;
  /** The path of the pause file. */
  readonly path: string;
  /** Why, as the file says. */
  readonly why: string | undefined;
  /** When the pause ends: ISO 8601, UTC. */
  readonly until: string | undefined;
}

/** The sync of one package has ended. */
export interface SyncedEvent {
  /** The type of this event. */
  readonly type: "synced";
  /** The package. */
  readonly package: PackageName;
  /** The revision that is active now. */
  readonly active: RevisionName | undefined;
  /** How many revisions were downloaded. */
  readonly fetched: number;
  /** The revision that became active, if that changed. */
  readonly activated: RevisionName | undefined;
  /** How many revisions were removed. */
  readonly removed: number;
  /** How many failures there were. */
  readonly failures: number;
  /** The candidate of the staged rollout that is under way. */
  readonly candidate?: RevisionName | undefined;
  /** Why the machine waits with the candidate, in words. Undefined if it does not. */
  readonly waiting?: string | undefined;
  /** Milliseconds taken. */
  readonly ms: number;
}

/** A package gets its first revision. */
export interface NewPackageEvent {
  /** The type of this event. */
  readonly type: "new-package";
  /** The package. */
  readonly package: PackageName;
}

/** A command waits for a lock. */
export interface WaitingEvent {
  /** The type of this event. */
  readonly type: "waiting";
  /** What is locked. */
  readonly what: string;
  /** Who holds the lock, in words for people. */
  readonly holder: string;
}

/** Somebody waits until all machines run what they should. Comes first, and when a number changes. */
export interface FleetEvent {
  /** The type of this event. */
  readonly type: "fleet";
  /** The package. */
  readonly package: PackageName;
  /** How many machines that are alive have the package. */
  readonly living: number;
  /** How many of them run what they should, without those that have failed. */
  readonly inLine: number;
}

/** The root contains no package, so there is nothing to do. */
export interface NoPackagesEvent {
  /** The type of this event. */
  readonly type: "no-packages";
  /** The path of the root. */
  readonly root: string;
}

/** Something is probably wrong, but the command goes on. */
export interface WarningEvent {
  /** The type of this event. */
  readonly type: "warning";
  /** The warning for a person. */
  readonly message: string;
}

/** A failure that does not end the command. The command's exit code shows it. */
export interface FailureEvent {
  /** The type of this event. */
  readonly type: "failure";
  /** What failed. */
  readonly error: Error;
}

/** One event of a command. `type` tells which one. */
export type FtlEvent =
  | ProgressEvent
  | FetchingEvent
  | FetchedEvent
  | UntrustedEvent
  | PackingEvent
  | CheckedEvent
  | VerifiedEvent
  | DeltasEvent
  | UploadedEvent
  | ActivatedEvent
  | BlessedEvent
  | SignedEvent
  | RolloutEvent
  | RolloutEndedEvent
  | RemovedEvent
  | HeldEvent
  | ScriptEvent
  | ScriptOutputEvent
  | RolledBackEvent
  | PausedEvent
  | SyncedEvent
  | NewPackageEvent
  | WaitingEvent
  | FleetEvent
  | NoPackagesEvent
  | WarningEvent
  | FailureEvent;

/** Called with each event. An error that this function throws ends the command. */
export type Report = (event: FtlEvent) => void;
