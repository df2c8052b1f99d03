/** What `ftl status` tells. */
import type { FetchedHow } from "../../events.ts";
import { type PackageName, type RevisionName } from "../../revision/names.ts";
import { type FailedScript, type LastSync } from "../../machine/state.ts";
import { type MachineRollout } from "../../plan/machine_rollout.ts";
import { type JumpPhase } from "../../machine/jump/journal.ts";
import { type Pause } from "../../machine/pause_file.ts";
import type { BlessingVerdict } from "../../revision/blessing_verdict.ts";

export type { FailedScript, JumpPhase, LastSync, Pause };

/** One package on this machine. A value that is unknown or missing is undefined. */
export interface PackageStatus {
  /** Its name. */
  readonly package: PackageName;
  /** The target of `current`. */
  readonly active: RevisionName | undefined;
  /** Whether `current` leads to a revision that is not there. */
  readonly dangling: boolean;
  /** The target of `previous`. */
  readonly previous: RevisionName | undefined;
  /** Whether a local jump keeps the active revision, although another one is blessed. */
  readonly held: boolean;
  /** Complete revisions on this machine. */
  readonly revisions: number;
  /** The revisions whose `post-sync` has not succeeded. */
  readonly unprepared: readonly RevisionName[];
  /** The active revision's last `post-jump`, if that failed. */
  readonly failedPostJump: FailedScript | undefined;
  /** The active revision's health, if that failed and the revision stayed active all the same. */
  readonly failedHealth: FailedScript | undefined;
  /** The blessed revision, if its health failed here under this blessing: it is not activated. */
  readonly quarantine: StatusQuarantine | undefined;
  /** The pause that is in force. */
  readonly pause: Pause | undefined;
  /** A jump that is under way, or that was cut short and not finished yet. */
  readonly jump: StatusJump | undefined;
  /** Bytes on this machine's disk. */
  readonly disk: number;
  /** The result of the last sync. */
  readonly lastSync: LastSync | undefined;
  /** How the active revision was downloaded, if that is known. */
  readonly transfer: StatusTransfer | undefined;
  /** A removed revision that is kept for the next delta. */
  readonly spare: RevisionName | undefined;
  /** The folder with the output of its scripts. */
  readonly logs: string;
  /** The newest log there, if there is one. */
  readonly lastLog: string | undefined;
  /** The blessed revision in S3 now. If S3 cannot be asked: the one at the last sync. */
  readonly blessed: RevisionName | undefined;
  /** The signatures of what is blessed. Undefined without `FTL_TRUST`, or if S3 could not be asked. */
  readonly trust: StatusTrust | undefined;
  /** The staged rollout that is under way. Undefined also if S3 could not be asked. */
  readonly rollout: MachineRollout | undefined;
  /** Undefined if S3 could not be asked. */
  readonly master: MasterStatus | undefined;
  /** Why S3 could not be asked, or why something here could not be read. */
  readonly failures: readonly Error[];
}

/** What was found of signatures. */
export interface StatusTrust {
  /** `trusted`, or why it is not. */
  readonly verdict: BlessingVerdict;
  /** Whether what is not trusted is refused. Otherwise `FTL_TRUST` only warns. */
  readonly isEnforced: boolean;
  /** Who has signed it, as `FTL_TRUST` names them. */
  readonly by: readonly string[];
  /** When it was signed: ISO 8601, UTC. Undefined if it is not trusted. */
  readonly at: string | undefined;
  /** Whether that is longer ago than `FTL_TRUST_MAX_AGE`. */
  readonly isOld: boolean;
  /** The revisions that this machine would fetch if they were signed. */
  readonly untrusted: readonly RevisionName[];
}

/** How a revision was downloaded. */
export interface StatusTransfer {
  /** Whole, by a delta, or by a delta of the spare. */
  readonly how: FetchedHow;
  /** Bytes of its object in S3. */
  readonly bytes: number | undefined;
  /** Bytes that were downloaded for it. */
  readonly moved: number | undefined;
}

/** A revision in quarantine. */
export interface StatusQuarantine {
  /** The revision. */
  readonly revision: RevisionName;
  /** Since when: ISO 8601, UTC. */
  readonly at: string;
  /** What failed, for people. */
  readonly reason: string;
}

/** A jump that is under way. */
export interface StatusJump {
  /** The revision that is to be active. */
  readonly to: RevisionName;
  /** `jump`: links are switched and scripts run. `health`: the health is checked. `rollback`: it failed. */
  readonly phase: JumpPhase;
  /** When the phase began: ISO 8601, UTC. */
  readonly since: string | undefined;
  /** In the phase `health`: the seconds that the revision has to become healthy. */
  readonly seconds: number | undefined;
}

/** A package as it is in S3, and what a sync would do now. */
export interface MasterStatus {
  /** The newest revision. */
  readonly newest: RevisionName | undefined;
  /** How many revisions there are. */
  readonly revisions: number;
  /** The revisions that a sync would download. */
  readonly fetch: readonly RevisionName[];
  /** The revision that it would make active. */
  readonly activate: RevisionName | undefined;
  /** The revisions that it would remove. */
  readonly remove: readonly RevisionName[];
  /** The blessed revision, if it is neither here nor in S3. */
  readonly missing: RevisionName | undefined;
}

/** The result of `status`. */
export interface Status {
  /** In the order of their names. */
  readonly packages: readonly PackageStatus[];
  /** Why S3 could not be asked. The packages still have what is known locally. */
  readonly failures: readonly Error[];
}
