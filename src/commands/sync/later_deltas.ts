/** Whether a package keeps what later deltas need. */
import type { Config } from "../../config.ts";
import { sharesBlocks } from "../../machine/disk/room.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { servesLaterDeltas } from "../../plan/route.ts";

export function keepsForDeltas(config: Config, pkg: PackageDir): boolean {
  const { delta: setting, spare: keepsSpare } = config;
  return servesLaterDeltas({ setting, keepsSpare, sharesBlocks: sharesBlocks(pkg.own) });
}
