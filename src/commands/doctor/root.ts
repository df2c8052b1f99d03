/**
 * Checks this machine's root: whether it exists, whether this user can write to it, and whether it has room.
 */
import type { Config } from "../../config.ts";
import { explainDiskError } from "../../disk_errors.ts";
import { FtlError, StorageError } from "../../errors.ts";
import { diskRoom } from "../../machine/disk/room.ts";
import { listPackages, type PackageDir } from "../../machine/package_dir.ts";
import { type Check, enumerate, fail, finding, ok, once, warn } from "./check.ts";

export interface RootFindings {
  readonly checks: readonly Check[];
  readonly packages: readonly PackageDir[];
}

/** No findings if `FTL_ROOT` is not set or not valid: `checkVariables` has reported that. */
export async function checkRoot(config: Config): Promise<RootFindings> {
  const root = rootOf(config);
  if (root === undefined) return { checks: [], packages: [] };
  let packages: PackageDir[] = [];
  const found = await finding("root", () => {
    packages = listPackages(root);
    return [describeRoot(root, packages)];
  });
  if (found.some(({ status }) => status === "fail")) return { checks: found, packages };
  const checks = [
    ...found,
    ...await finding("writable", () => checkWritable(config, packages)),
    ...await finding("owner", () => checkOwners(packages)),
    ...await finding("disk", () => checkDisks([root, ...packages.map(({ path }) => path)])),
  ];
  return { checks, packages };
}

function rootOf(config: Config): string | undefined {
  try {
    return config.root;
  } catch {
    return undefined;
  }
}

function describeRoot(root: string, packages: readonly PackageDir[]): Check {
  if (packages.length > 0) {
    return ok("root", `${root}: ${enumerate(packages.map(({ name }) => name))}`);
  }
  return warn(
    "root",
    `${root} has no package's folder: a sync does nothing`,
    `mkdir ${root}/<package>, for each package that this machine should run`,
  );
}

function checkWritable({ env }: Config, packages: readonly PackageDir[]): Check[] {
  if (packages.length === 0) return [];
  const name = env["USER"] || env["LOGNAME"];
  const user = `${name === undefined ? "" : `${name}, `}uid ${Deno.uid()}`;
  const problems = packages.flatMap((pkg) => {
    // The first folder that is not writable explains the problem.
    const places = [pkg.path, pkg.revs, pkg.own, pkg.staging, pkg.trash, pkg.states];
    const error = places.map(writeProblem).find((problem) => problem !== undefined);
    if (error === undefined) return [];
    return [{ name: pkg.name, check: fail("writable", withUser(error, user)) }];
  });
  return problems.length === 0 ? [ok("writable", `by ${user}`)] : once(problems);
}

/** The owner of a package's folder can redirect what root does in it: see docs/safety.md. */
function checkOwners(packages: readonly PackageDir[]): Check[] {
  if (Deno.uid() !== 0) return [];
  return packages.flatMap(({ path }) => {
    const { uid, mode } = Deno.statSync(path);
    const isOpen = ((mode ?? 0) & 0o022) !== 0;
    if (uid === 0 && !isOpen) return [];
    const who = uid === 0 ? "others than root" : `uid ${uid}`;
    const hint = `chown root ${path} and chmod go-w ${path}, or run ftl as that user, not as root`;
    return [warn("owner", `${path} can be changed by ${who}, while ftl runs as root`, hint)];
  });
}

function withUser({ message, cause }: FtlError, user: string): StorageError {
  return new StorageError(`${message}, to ${user}`, {
    cause,
    hint: "Run ftl as the user who owns the packages' folders: sudo ftl doctor, or chown them",
  });
}

/** Tests with a file that is removed at once: modes do not show read-only, full or protected disks. */
function writeProblem(folder: string): FtlError | undefined {
  const path = `${folder}/.ftl-doctor-${crypto.randomUUID()}`;
  try {
    Deno.writeTextFileSync(path, "ftl doctor\n", { createNew: true });
    Deno.removeSync(path);
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const explained = explainDiskError(error, `Cannot write in ${folder}`);
    if (explained instanceof FtlError) return explained;
    throw error;
  }
}

/** Less free space than this part of the disk, and than this amount, gives a warning. */
const SCARCE = 0.1;
const SCARCE_BYTES = 10e9;
const SCARCE_INODES = 100_000;

/** Checks each disk once: a package's folder may be a link to another disk. */
function checkDisks(paths: readonly string[]): Check[] {
  const byDevice = new Map<number, string>();
  for (const path of paths) {
    const { dev } = Deno.statSync(path);
    if (!byDevice.has(dev)) byDevice.set(dev, path);
  }
  return [...byDevice.values()].map(checkDisk);
}

function checkDisk(path: string): Check {
  const { free, size, inodes, isFull } = diskRoom(path);
  const bytes = `${inGigabytes(free)} of ${inGigabytes(size)} GB`;
  const lacksInodes = inodes !== undefined &&
    inodes.free < Math.min(SCARCE_INODES, inodes.all * SCARCE);
  const text = lacksInodes ? `${inodes.free} of ${inodes.all} inodes` : bytes;
  const hint = "Free some space, or remove old revisions: ftl purge --keep <n> <package>";
  if (isFull || inodes?.free === 0) {
    const message = `The disk of ${path} is full: ${text} free`;
    return fail("disk", new StorageError(message, { hint, reason: "full" }));
  }
  if (lacksInodes || free < Math.min(SCARCE_BYTES, size * SCARCE)) {
    return warn("disk", `${path}: only ${text} free`, hint);
  }
  return ok("disk", `${path}: ${bytes} free`);
}

function inGigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
