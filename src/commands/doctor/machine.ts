/** Checks which machine this is for FTL, how it knows, and whether its packages were copied from another one. */
import { openBucket } from "../../bucket/open.ts";
import type { Context } from "../../context.ts";
import { FtlError } from "../../errors.ts";
import { identifyMachine } from "../../machine/identity.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import { readOwner } from "../../machine/state.ts";
import { type MachineIdentity, originOf } from "../../plan/clone.ts";
import { type Check, finding, info, ok, once, warn } from "./check.ts";

/** No finding if there is no package: then this machine runs nothing. */
export async function checkMachine(
  context: Context,
  packages: readonly PackageDir[],
): Promise<Check[]> {
  if (packages.length === 0) return [];
  return await finding("machine", async () => {
    const me = await identify(context);
    const copies = packages.flatMap((pkg) => {
      const owner = readOwner(pkg);
      return owner !== undefined && originOf(owner, me) === "copy"
        ? [{ name: pkg.name, check: describeCopy(pkg, owner) }]
        : [];
    });
    return [describe(me), ...once(copies)];
  });
}

async function identify(context: Context): Promise<MachineIdentity> {
  const instanceId = async (): Promise<string | undefined> => {
    try {
      return await (await openBucket(context)).instanceId();
    } catch (error) {
      // The checks of the bucket have reported it.
      if (error instanceof FtlError) return undefined;
      throw error;
    }
  };
  return await identifyMachine(context.config, { instanceId });
}

function describe({ machine, source }: MachineIdentity): Check {
  if (source !== "host name") return ok("machine", `${machine}, from ${source}`);
  return warn(
    "machine",
    `${machine}, from the host's name: machines with the same name are one to FTL`,
    "If its disk may be copied, give each machine a name: export FTL_MACHINE=<name>",
  );
}

function describeCopy(pkg: PackageDir, owner: MachineIdentity): Check {
  return info(
    "machine",
    `${pkg.name} is a copy from ${owner.machine}`,
    `'ftl sync ${pkg.name}' makes it this machine's: its post-jump runs here once`,
  );
}
