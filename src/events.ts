/**
 * The events that commands report while they work. `src/cli` decides which of them a person sees,
 * and how.
 */
import type { PackageName, RevisionName } from "./revision/names.ts";

/** Progress of long work. The event comes often during the work, and once more at its end. */
export interface ProgressEvent {
  /** The type of this event. */
  readonly type: "progress";
  /** The revision's name. If there is no revision yet, the file's name. */
  readonly subject: string;
  /** The kind of work. */
  readonly work: "checking" | "uploading" | "fetching" | "flushing";
  /** Bytes so far. */
  readonly done: number;
  /** Bytes in all. */
  readonly total: number;
  /** Entries written so far. */
  readonly entries?: number;
}

/** One event of a command. `type` tells its kind. */
export type FtlEvent =
  | ProgressEvent
  | { readonly type: "fetching"; readonly revision: RevisionName; readonly bytes: number }
  | {
    readonly type: "fetched";
    readonly revision: RevisionName;
    /** Bytes downloaded, entries and bytes unpacked, milliseconds taken. */
    readonly bytes: number;
    readonly entries: number;
    readonly unpacked: number;
    readonly ms: number;
  }
  | {
    readonly type: "checked";
    readonly file: string;
    /** Entries and bytes it unpacks to. */
    readonly entries: number;
    readonly bytes: number;
    readonly ms: number;
  }
  | {
    readonly type: "uploaded";
    readonly revision: RevisionName;
    readonly bucket: string;
    readonly bytes: number;
    readonly ms: number;
  }
  | {
    readonly type: "activated";
    readonly revision: RevisionName;
    readonly from: RevisionName | undefined;
  }
  | {
    readonly type: "blessed";
    readonly revision: RevisionName;
    readonly from: RevisionName | undefined;
  }
  | { readonly type: "removed"; readonly revision: RevisionName }
  /** A local jump keeps a revision active although another one is blessed. */
  | { readonly type: "held"; readonly revision: RevisionName; readonly blessed: RevisionName }
  /** A script starts or has ended. The events of its output come in between. */
  | {
    readonly type: "script";
    readonly revision: RevisionName;
    readonly step: string;
    readonly running: boolean;
  }
  /** The sync of one package has ended. */
  | {
    readonly type: "synced";
    readonly package: PackageName;
    readonly active: RevisionName | undefined;
    readonly fetched: number;
    readonly activated: RevisionName | undefined;
    readonly removed: number;
    readonly failures: number;
    readonly ms: number;
  }
  /** One line of a package script's output, without its newline. */
  | {
    readonly type: "script-output";
    readonly revision: RevisionName;
    readonly step: string;
    readonly line: string;
  }
  /** A package gets its first revision. */
  | { readonly type: "new-package"; readonly package: PackageName }
  | { readonly type: "waiting"; readonly what: string; readonly holder: string }
  /** The root contains no package, so there is nothing to do. */
  | { readonly type: "no-packages"; readonly root: string }
  | { readonly type: "warning"; readonly message: string }
  /** A failure that does not end the command. The command's exit code shows it. */
  | { readonly type: "failure"; readonly error: unknown };

/** Called with each event when it happens. An error that this function throws ends the command. */
export type Report = (event: FtlEvent) => void;
