/** Gathers the facts that `planSync` decides by, from the machine and from S3. */
import type { SyncFacts } from "../plan/sync.ts";
import type { PointerState } from "../revision/pointer.ts";
import type { RevisionId } from "../revision/names.ts";
import { readLink } from "./links.ts";
import { OWN_NAMES, type PackageDir } from "./package_dir.ts";
import { postSyncOf } from "./state.ts";
import { readHold } from "./jump/hold.ts";

export interface FactsSource {
  /** The package as it is in S3. */
  readonly remote: { readonly revisions: readonly { readonly id: RevisionId }[] };
  readonly pointer: PointerState | undefined;
  /** `FTL_KEEP`. */
  readonly keep: number;
  /** Treats a hold as dropped. */
  readonly follow: boolean;
  /**
   * The names in FTL's own folder at this moment, if known. With them, missing files need no look at the disk.
   */
  readonly own?: ReadonlySet<string>;
}

export function gatherFacts(
  pkg: PackageDir,
  { remote, pointer, keep, follow, own }: FactsSource,
): SyncFacts {
  const active = readLink(pkg, "current");
  const mayHold = !follow && (own === undefined || own.has(OWN_NAMES.hold));
  return {
    remote: remote.revisions.map(({ id }) => id),
    local: new Map(pkg.revisions(own).map((id) => [id, postSyncOf(pkg, id)])),
    blessed: pointer?.blessed,
    version: pointer?.version,
    replaced: pointer?.replaced,
    active,
    previous: readLink(pkg, "previous"),
    hold: mayHold ? readHold(pkg, active) : undefined,
    keep,
  };
}
