/** `ftl history`: who blessed, rolled out and stopped what, when and why. */
import { openBucket } from "../bucket/open.ts";
import { readHistory } from "../catalog/history.ts";
import { fetchPackageListing, requireRevisions } from "../catalog/remote_package.ts";
import { readOldPointer } from "../catalog/pointer.ts";
import type { Context } from "../context.ts";
import { percentAt } from "../plan/machine_rollout.ts";
import type { HISTORY_ACTIONS, HistoryAction } from "../revision/history.ts";
import {
  type PackageName,
  requirePackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../revision/names.ts";
import { parseRollout } from "../revision/rollout.ts";

export type { HISTORY_ACTIONS, HistoryAction };

/** A change that somebody made in S3. */
export interface HistoryChange {
  /**
   * What it was: `blessed` for all machines, a step of a `rollout`, a rollout that was `stopped`, or the pointer
   * that was `restored`, as the revision had been removed meanwhile.
   */
  readonly action: HistoryAction;
  /** When: ISO 8601, UTC, by the clock of whoever made it. */
  readonly at: string | undefined;
  /** By whom: `user@host`. */
  readonly by: string | undefined;
  /** Why. */
  readonly message: string | undefined;
  /** The revision that is blessed since. */
  readonly blessed: RevisionName;
  /** The revision that was blessed before. */
  readonly before: RevisionName | undefined;
  /** The revision that was rolled out, or whose rollout was stopped. */
  readonly next: RevisionName | undefined;
  /** Of a rollout: the share of the machines that could take it at that moment, 0 to 100. */
  readonly percent: number | undefined;
  /** Of a rollout: the groups whose machines may take it, too. */
  readonly groups: readonly string[];
  /** Of a rollout: the seconds in which the share was to grow to all. */
  readonly over: number | undefined;
  /** Of a rollout: whether nobody new could take it. */
  readonly paused: boolean;
  /**
   * Whether it was really made. If not, whoever made it was killed in between, or is about to make it.
   */
  readonly done: boolean;
}

/** The history of a package. */
export interface History {
  /** Its name. */
  readonly package: PackageName;
  /** The newest first. */
  readonly changes: readonly HistoryChange[];
}

/** How much of a history to read. */
export interface HistoryOptions {
  /** How many changes. Without it: 20. */
  readonly most?: number;
}

const STANDARD_MOST = 20;

/**
 * Reads the history of a package. Changes by FTL 0.1.0 and by other tools are not in it. Throws `NotFoundError` if
 * S3 has no such package.
 */
export async function history(
  context: Context,
  packageName: string,
  { most = STANDARD_MOST }: HistoryOptions = {},
): Promise<History> {
  const name = requirePackageName(packageName);
  const bucket = await openBucket(context);
  const remote = await fetchPackageListing(bucket, name);
  requireRevisions(remote, bucket);
  const { content } = await readOldPointer(bucket, remote);
  // As entries name what they follow. A pointer of the Go original is followed as if there were none.
  const present = content?.etag === undefined ? undefined : content.serial ?? content.modified;
  const entries = await readHistory(bucket, name, { most, signal: context.signal });
  const nameOf = (id: RevisionId | undefined): RevisionName | undefined =>
    id && revisionName({ package: name, id });
  const changes = entries.map(
    ({ action, serial, blessed, before, next, note, rollout, ...entry }) => {
      const words = rollout === undefined ? undefined : parseRollout(rollout);
      return {
        ...{ action, at: note.at, by: note.by, message: note.message },
        blessed: revisionName({ package: name, id: blessed }),
        ...{ before: nameOf(before), next: nameOf(next) },
        percent: words && percentAt(words, serial),
        groups: words?.groups ?? [],
        over: words?.over,
        paused: words?.state === "paused",
        done: content === undefined || entry.follows !== present,
      };
    },
  );
  return { package: name, changes };
}
