/**
 * Revisions whose health failed on this machine, `.ftl/bad.json`. Syncs do not activate such a revision as long
 * as the blessing is the one that it failed under.
 */
import { ScriptError } from "../../errors.ts";
import { oneLine } from "../../foreign_text.ts";
import { stagedIn } from "../../plan/effective.ts";
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import type { PointerState } from "../../revision/pointer.ts";
import { rolloutName } from "../../revision/rollout.ts";
import { madeChange, removeFile, replaceFile } from "../disk/durable.ts";
import { readJson, textIn } from "../disk/json_file.ts";
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";

/** Older ones are forgotten. */
const MOST = 20;

/** A revision that failed. */
export interface Quarantine {
  readonly id: RevisionId;
  /** The blessing under which it failed: `blessingName` of `src/revision/pointer.ts`. */
  readonly blessing: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** For people: what failed. */
  readonly reason: string;
}

/** The newest first. */
export function readQuarantines(pkg: PackageDir): Quarantine[] {
  const value = readJson(pkg.ownPath("quarantine"));
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const [id, blessing] = [textIn(entry, "id"), textIn(entry, "blessing")];
    if (!isRevisionId(id) || blessing === undefined) return [];
    return [{ id, blessing, at: textIn(entry, "at") ?? "", reason: textIn(entry, "reason") ?? "" }];
  });
}

/** The quarantine of a revision that is in force under this blessing; undefined if there is none. */
export function findQuarantine(
  pkg: PackageDir,
  id: RevisionId,
  blessing: string | undefined,
): Quarantine | undefined {
  return readQuarantines(pkg).find((one) => one.id === id && one.blessing === blessing);
}

/** All revisions whose quarantine is in force under this blessing. */
export function quarantinedUnder(
  quarantines: readonly Quarantine[],
  blessing: string | undefined,
): ReadonlySet<RevisionId> {
  return new Set(quarantines.filter((one) => one.blessing === blessing).map(({ id }) => id));
}

export function addQuarantine(pkg: PackageDir, quarantine: Quarantine): void {
  const others = readQuarantines(pkg).filter(({ id }) => id !== quarantine.id);
  write(pkg, [quarantine, ...others].slice(0, MOST));
}

/**
 * Lets the revision be activated again. Without `id`: all revisions. On a full disk it may stay: that does no
 * harm, as it is bound to its blessing.
 */
export function endQuarantine(pkg: PackageDir, id?: RevisionId): void {
  madeChange(() => {
    const all = readQuarantines(pkg);
    const left = id === undefined ? [] : all.filter((one) => one.id !== id);
    if (left.length < all.length) write(pkg, left);
  });
}

/** The quarantine of the blessed revision, or of a rollout's candidate, that the pointer leaves in force. */
export function quarantineInForce(
  pkg: PackageDir,
  { blessed, blessing, next, rollout }: PointerState,
): Quarantine | undefined {
  const found = findQuarantine(pkg, blessed, blessing);
  if (found !== undefined || next === undefined || rollout === undefined) return found;
  return findQuarantine(pkg, next.id, rolloutName(rollout));
}

/**
 * The error of a sync that leaves a revision alone because it is in quarantine.
 *
 * @param pointer tells whether the revision is only being rolled out: to bless it would give it to all machines
 */
export function quarantineError(
  pkg: PackageDir,
  { id, reason, at }: Quarantine,
  pointer: PointerState | undefined,
): ScriptError {
  const name = pkg.revisionName(id);
  const active = readLink(pkg, "current");
  const instead = active === undefined
    ? "nothing is active"
    : `${pkg.revisionName(active)} stays active`;
  return new ScriptError(
    `${name} is in quarantine on this machine since ${at}: ${oneLine(reason)}; ${instead}`,
    {
      revision: name,
      step: "health",
      hint: stagedIn(pointer)?.next.id === id
        ? `To stop its rollout: ftl jump-back --master ${pkg.name}`
        : `Bless another one, or the same once more: ftl jump --master ${name} --again`,
    },
  );
}

function write(pkg: PackageDir, quarantines: readonly Quarantine[]): void {
  if (quarantines.length === 0) removeFile(pkg.ownPath("quarantine"), { durable: true });
  else replaceFile(pkg.ownPath("quarantine"), `${JSON.stringify(quarantines)}\n`);
}
