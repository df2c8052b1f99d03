/** Which packages of one sync with `--list-every` only read their pointer. */
import type { Context } from "../../context.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { type LastListing, readLastListing } from "../../machine/state.ts";
import {
  choosePolling,
  isPollCheaper,
  mayPoll,
  type PollCandidate,
  spreadOf,
} from "../../plan/poll.ts";
import type { PackageName } from "../../revision/names.ts";

export interface Polls {
  /** When the sync began to ask S3: Unix milliseconds. */
  readonly begun: number;
  /** What S3 had last, of each package whose pointer may be enough. */
  readonly listings: ReadonlyMap<PackageName, LastListing>;
  /** Whether packages that share a listing may poll next time. */
  readonly mayShare: boolean;
}

export interface PollOptions {
  /** Seconds, as `SyncOptions` has them. */
  readonly every: number;
  readonly follow: boolean;
  /** This machine's name. */
  readonly machine: string;
}

export function choosePolls(
  context: Pick<Context, "now">,
  packages: readonly PackageDir[],
  { every, follow, machine }: PollOptions,
): Polls {
  const begun = context.now();
  const known = new Map<PackageName, LastListing>();
  const candidates = packages.map((pkg): PollCandidate => {
    const last = readable(pkg);
    if (last !== undefined) known.set(pkg.name, last);
    const spread = spreadOf(machine, pkg.name);
    const may = mayPoll({ every, follow, listedAt: last?.at, now: begun, spread });
    return { name: pkg.name, may, isShared: last?.isShared ?? true };
  });
  const polling = new Set(choosePolling(candidates));
  const listings = new Map([...known].filter(([name]) => polling.has(name)));
  return { begun, listings, mayShare: isPollCheaper(packages.length) };
}

/** A file that cannot be read counts as lost: the package's own sync meets the error, and reports it. */
function readable(pkg: PackageDir): LastListing | undefined {
  try {
    return readLastListing(pkg);
  } catch {
    return undefined;
  }
}
