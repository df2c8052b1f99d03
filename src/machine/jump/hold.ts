/** A hold: a local choice away from the blessed revision. */
import { readLink } from "../links.ts";
import type { PackageDir } from "../package_dir.ts";
import { readHold, readPointerState } from "../state.ts";
import { holdInForce } from "../../plan/hold.ts";

/** Whether a local jump keeps the active revision active, as far as the machine knows by itself. */
export function isHeld(pkg: PackageDir): boolean {
  const active = readLink(pkg, "current");
  const master = readPointerState(pkg);
  const hold = readHold(pkg, active);
  return holdInForce({ hold, active, blessed: master?.blessed, version: master?.version });
}
