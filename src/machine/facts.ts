/** Gathers the facts that `planSync` decides by, from the machine and from S3. */
import type { SyncFacts } from "../plan/sync.ts";
import type { PointerState } from "../revision/pointer.ts";
import type { RevisionId } from "../revision/names.ts";
import { readLink } from "./links.ts";
import { OWN_NAMES, type PackageDir } from "./package_dir.ts";
import { postSyncOf } from "./state.ts";
import { blessingOf, readHold } from "./jump/hold.ts";
import { readJournal, revisionsOf } from "./jump/journal.ts";
import { quarantinedUnder } from "./jump/quarantine.ts";
import { readPause } from "./pause_file.ts";

export interface FactsSource {
  /** The package as it is in S3. */
  readonly remote: { readonly revisions: readonly { readonly id: RevisionId }[] };
  readonly pointer: PointerState | undefined;
  /** `FTL_KEEP`. */
  readonly keep: number;
  /** Treats a hold as dropped, and a quarantine as ended. */
  readonly follow: boolean;
  /** Whether the package is a copy from another machine: its holds and quarantines do not count here. */
  readonly isCopy?: boolean;
  /** Unix milliseconds. A pause may end by itself. */
  readonly now: number;
  /**
   * The names in FTL's own folder at this moment, if known. With them, missing files need no look at the disk.
   */
  readonly own?: ReadonlySet<string>;
}

export function gatherFacts(
  pkg: PackageDir,
  { remote, pointer, keep, follow, isCopy = false, now, own }: FactsSource,
): SyncFacts {
  const active = readLink(pkg, "current");
  const has = (name: keyof typeof OWN_NAMES): boolean =>
    !isCopy && (own?.has(OWN_NAMES[name]) ?? true);
  const jump = has("journal") ? readJournal(pkg) : undefined;
  return {
    remote: remote.revisions.map(({ id }) => id),
    local: new Map(pkg.revisions(own).map((id) => [id, postSyncOf(pkg, id)])),
    ...blessingOf(pointer),
    replaced: pointer?.replaced,
    active,
    previous: readLink(pkg, "previous"),
    hold: !follow && has("hold") ? readHold(pkg, active) : undefined,
    quarantined: !follow && has("quarantine") ? quarantinedUnder(pkg, pointer?.blessing) : NONE,
    isPaused: readPause(pkg, now) !== undefined,
    jumping: jump === undefined ? [] : revisionsOf(jump),
    keep,
  };
}

const NONE: ReadonlySet<RevisionId> = new Set();
