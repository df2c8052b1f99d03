/** Brings it about that the next command sends a request for trees, patches, or the frames of spooled folders. */
import { existsSync } from "node:fs";
import { jumpMaster, sync } from "../../mod.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { readRevisionState } from "../../src/machine/state.ts";
import { aPackage } from "../names.ts";
import type { FolderSpools } from "./folder_spools.ts";
import { PACKAGE } from "./invariants.ts";
import type { Lab } from "./lab.ts";
import { DELTA_REQUESTS, type DeltaRequest, type FaultCase, type RequestKind } from "./outcomes.ts";
import { type Archive, makeSite } from "./site.ts";

export function isOfDelta(request: RequestKind): request is DeltaRequest {
  return DELTA_REQUESTS.some((one) => one === request);
}

const ALWAYS = { FTL_DELTA: "always" };
/** Bytes that S3 takes in parts only, and of which a part can be copied. */
const BALLAST = 17 << 20;
const SEED = 77;

interface ArrangeOptions {
  /** Another number each time. */
  readonly turn: number;
  readonly folders: FolderSpools;
}

/**
 * The words of `ftl`, and more variables for it. The function is long because each kind of request has its row here.
 */
export async function arrangeForDelta(
  lab: Lab,
  request: DeltaRequest,
  { turn, folders }: ArrangeOptions,
): Promise<{ args: string[]; env?: Record<string, string> }> {
  const small = (change: number): Archive => makeSite(PACKAGE, SEED, { files: 60, change });
  const large = (change: number, name = PACKAGE): Archive =>
    makeSite(name, SEED, { files: 3, ballast: BALLAST, change, scripts: name === PACKAGE });
  const blessed = async (archive: Archive): Promise<string> => {
    const { revision } = await lab.spool(archive);
    await jumpMaster(lab.context(), revision);
    return revision;
  };
  switch (request) {
    case "reading of a base's tree":
    case "reading of a patch":
    case "details at a delta":
      await blessed(small(2 * turn));
      await sync(lab.context());
      forgetTrees(lab);
      await blessed(small(2 * turn + 1));
      return { args: ["sync"], env: ALWAYS };
    case "tree beside a download":
      await blessed(large(turn));
      // As no spare is there, it comes whole. Its tree is for the spare that it may become.
      forgetSpare(lab);
      return { args: ["sync"], env: {} };
    case "details of a tree":
      await blessed(large(turn));
      return { args: ["sync"], env: { FTL_DELTA: "off" } };
    case "tree read by a spool":
    case "writing of a tree":
    case "writing of a patch":
      await blessed(small(2 * turn));
      return { args: ["spool", lab.file(small(2 * turn + 1))] };
    case "frames read by a spool":
    case "writing of frames":
      await jumpMaster(lab.context(), await folders.spool(small(2 * turn)));
      return { args: folders.argumentsFor(small(2 * turn + 1)) };
    case "copy of a part":
      for (const { key } of await lab.bucket.list("packed.")) await lab.bucket.remove(key);
      await folders.spool(large(2 * turn, "packed"));
      return { args: folders.argumentsFor(large(2 * turn + 1, "packed")) };
    case "listing of deltas":
    case "removal of deltas": {
      await blessed(small(2 * turn));
      const { revision } = await lab.spool(small(2 * turn + 1));
      await blessed(small(2 * turn + 2));
      return { args: ["purge", "--master", revision] };
    }
    case "removal after a failed spool":
      await blessed(small(2 * turn));
      return { args: ["spool", lab.file(small(2 * turn + 1))] };
  }
}

/** So that they are asked for. */
function forgetSpare({ root }: Lab): void {
  const { spare } = packageDir(root);
  if (existsSync(spare)) Deno.removeSync(spare, { recursive: true });
}

function forgetTrees({ root }: Lab): void {
  const { states } = packageDir(root);
  for (const { name } of Deno.readDirSync(states)) {
    if (name.endsWith(".tree")) Deno.removeSync(`${states}/${name}`);
  }
}

/** Throws an Error if the active revision did not come as the fault makes it come. */
export function requireWay({ root, machine }: Lab, request: RequestKind, fault: FaultCase): void {
  const isRead = request === "reading of a patch" || request === "reading of a base's tree";
  if (!isRead || (fault.times === "once" && fault.fault.kind !== "flip-bit")) return;
  const pkg = packageDir(root);
  const id = pkg.revisions().find((one) => machine.link(`${PACKAGE}/current`) === `revs/${one}`);
  const how = id && readRevisionState(pkg, id)?.how;
  const due = fault.fault.kind === "delay" && fault.fault.milliseconds < 1000
    ? ["delta", "spare"]
    : ["whole"];
  if (how === undefined || !due.includes(how)) throw new Error(`it came by ${how}, not by ${due}`);
}

function packageDir(root: string): PackageDir {
  return new PackageDir(root, aPackage(PACKAGE));
}
