/** What `planSync` decides by, gathered from the machine and from S3. */
import { holdInForce, type SyncFacts } from "../../core/plan.ts";
import { readLink } from "../../local/links.ts";
import type { PackageDir } from "../../local/package_dir.ts";
import {
  HOLD_FILE,
  type MasterState,
  postSyncOf,
  readHold,
  readMaster,
} from "../../local/state.ts";
import type { Bucket } from "../../remote/bucket.ts";
import { pointerVersion, readPointer, type RemotePackage } from "./listing.ts";

/**
 * What is blessed, read from S3 only where the listing shows that the pointer changed since the last sync.
 * Undefined where nothing is.
 */
export async function readMasterState(
  bucket: Bucket,
  pkg: PackageDir,
  remote: RemotePackage,
): Promise<MasterState | undefined> {
  const known = readMaster(pkg);
  // An empty listing may be that of a wrong bucket: what was blessed is not forgotten over it.
  if (remote.pointer === undefined) return remote.revisions.length === 0 ? known : undefined;
  const version = pointerVersion(remote);
  if (known?.version === version) return known;
  const pointer = await readPointer(bucket, remote);
  if (pointer === undefined) return undefined;
  return { version, blessed: pointer.id, replaced: pointer.replaced };
}

/** Whether a local jump keeps the active revision active, as far as the machine knows by itself. */
export function isHeld(pkg: PackageDir): boolean {
  const active = readLink(pkg, "current");
  const master = readMaster(pkg);
  const hold = readHold(pkg, active);
  return holdInForce({ hold, active, blessed: master?.blessed, version: master?.version });
}

export interface FactsSource {
  readonly remote: RemotePackage;
  readonly master: MasterState | undefined;
  /** `FTL_KEEP`. */
  readonly keep: number;
  /** Takes a hold for dropped. */
  readonly follow: boolean;
  /** The names in FTL's own folder at this moment, where they are known: they spare looks at what is not there. */
  readonly own?: ReadonlySet<string>;
}

export function gatherFacts(
  pkg: PackageDir,
  { remote, master, keep, follow, own }: FactsSource,
): SyncFacts {
  const active = readLink(pkg, "current");
  const mayHold = !follow && (own === undefined || own.has(HOLD_FILE));
  return {
    remote: remote.revisions.map(({ id }) => id),
    local: new Map(pkg.revisions(own).map((id) => [id, postSyncOf(pkg, id)])),
    blessed: master?.blessed,
    version: master?.version,
    replaced: master?.replaced,
    active,
    previous: readLink(pkg, "previous"),
    hold: mayHold ? readHold(pkg, active) : undefined,
    keep,
  };
}
