/** Reads and writes holds on the disk, `.ftl/hold.json`. See `src/plan/hold.ts`. */
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { type PointerState, wholeSeconds } from "../../revision/pointer.ts";
import { readPointerState } from "../state.ts";
import { stagedIn } from "../../plan/effective.ts";
import { type Hold, type HoldFacts, holdInForce } from "../../plan/hold.ts";
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { rolloutName } from "../../revision/rollout.ts";
import { removeFile, replaceFile } from "../disk/durable.ts";
import { readJson, textIn } from "../disk/json_file.ts";

/** Whether a local jump keeps the active revision active, judged only by what is on this machine. */
export function isHeld(pkg: PackageDir): boolean {
  const active = readLink(pkg, "current");
  const pointer = readPointerState(pkg);
  const hold = readHold(pkg, active);
  return holdInForce({ hold, active, ...blessingOf(pointer) });
}

/** The part of the pointer that a hold is compared with. */
export function blessingOf(
  pointer: PointerState | undefined,
): Pick<HoldFacts, "blessed" | "version" | "blessing" | "rollout"> {
  const staged = stagedIn(pointer);
  return {
    blessed: pointer?.blessed,
    version: pointer?.version,
    blessing: pointer?.blessing,
    rollout: staged && rolloutName(staged.rollout),
  };
}

/** The hold on the active revision; undefined if there is none. */
export function readHold(pkg: PackageDir, active: RevisionId | undefined): Hold | undefined {
  return readHolds(pkg).find(({ id }) => id === active);
}

/**
 * Stores a hold, or that there is none. During a jump there may be two holds, for the old and for the new
 * revision: whichever revision a crash leaves active, its hold is stored.
 */
export function writeHolds(pkg: PackageDir, holds: readonly (Hold | undefined)[]): void {
  const known = holds.filter((hold) => hold !== undefined);
  if (known.length > 0) replaceFile(pkg.ownPath("hold"), `${JSON.stringify(known)}\n`);
  else removeFile(pkg.ownPath("hold"), { durable: true });
}

function readHolds(pkg: PackageDir): Hold[] {
  const value = readJson(pkg.ownPath("hold"));
  if (!Array.isArray(value)) return [];
  return value.flatMap((hold: unknown) => {
    if (typeof hold !== "object" || hold === null) return [];
    const [id, blessed] = [textIn(hold, "id"), textIn(hold, "blessed")];
    if (!isRevisionId(id)) return [];
    const version = textIn(hold, "version");
    return [{
      id,
      blessed: isRevisionId(blessed) ? blessed : undefined,
      version: version && wholeSeconds(version),
      blessing: textIn(hold, "blessing"),
      rollout: textIn(hold, "rollout"),
    }];
  });
}
