/** Brings it about that the next command sends a request of a fleet: for reports, marks, turns and the history. */
import { rmSync } from "node:fs";
import { jumpMaster, sync } from "../../mod.ts";
import { PackageDir } from "../../src/machine/package_dir.ts";
import { writeRolloutState } from "../../src/machine/rollout_state.ts";
import { marksPrefix } from "../../src/revision/keys.ts";
import { markName } from "../../src/revision/marks.ts";
import { aPackage } from "../names.ts";
import { PACKAGE } from "./invariants.ts";
import type { Lab } from "./lab.ts";
import { FLEET_REQUESTS, type FleetRequest, type RequestKind } from "./outcomes.ts";
import { writeRollout } from "./rollout_words.ts";

export function isOfFleet(request: RequestKind): request is FleetRequest {
  return FLEET_REQUESTS.some((one) => one === request);
}

/** The words of `ftl`, and the candidate if they belong to a rollout. `revision` is not blessed yet. */
export async function arrangeForFleet(
  lab: Lab,
  request: FleetRequest,
  { revision, spoolNext }: { revision: string; spoolNext: () => Promise<string> },
): Promise<{ args: string[]; candidate?: string }> {
  if (request === "details of a signed candidate") {
    lab.beginSigning();
    await jumpMaster(lab.context(), await spoolNext());
    await sync(lab.context());
    await spoolNext();
    return { args: ["sync"] };
  }
  await jumpMaster(lab.context(), revision);
  switch (request) {
    case "listing by a list":
      return { args: ["list", "--master"] };
    case "reading of the history":
      return { args: ["history", PACKAGE] };
    case "writing of a report":
      // A machine whose report was denied waits for ten minutes.
      rmSync(`${lab.root}/.ftl/report.json`, { force: true });
      return { args: ["sync"] };
    case "listing by a fleet":
    case "reading of a report":
      await sync(lab.context({ env: { FTL_REPORT: "3600" } }));
      return { args: ["fleet", PACKAGE] };
    case "listing of marks":
    case "writing of a mark":
    case "taking of a turn": {
      const candidate = await spoolNext();
      await sync(lab.context(), { listEvery: 600 });
      const turns = request === "taking of a turn" ? " at-once=1" : "";
      await writeRollout(lab.bucket, candidate, { words: `cut=1 halt=1${turns}` });
      return { args: ["sync", "--list-every", "600"], candidate };
    }
    case "reading of a turn": {
      const candidate = await spoolNext();
      await sync(lab.context());
      const rollout = await writeRollout(lab.bucket, candidate, { words: "cut=1 at-once=1" });
      await leaveTurn(lab, rollout);
      return { args: ["sync"], candidate };
    }
  }
}

/** As a machine does that is killed when S3 has given it a turn, and has not answered yet. */
async function leaveTurn({ root, env, bucket }: Lab, id: number): Promise<void> {
  const [name, turn] = [aPackage(PACKAGE), 1];
  const key = marksPrefix(name, id) + markName({ kind: "turn", turn });
  await bucket.put(key, env["FTL_MACHINE"] ?? "", { metadata: {} });
  const since = new Date().toISOString();
  writeRolloutState(new PackageDir(root, name), { id, since, turn, isTaken: false });
}
