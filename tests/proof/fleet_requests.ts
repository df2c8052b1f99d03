/** Brings it about that the next command sends a request of a fleet: for reports, marks, turns and the history. */
import { rmSync } from "node:fs";
import { jumpMaster, sync } from "../../mod.ts";
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
  await jumpMaster(lab.context(), revision);
  switch (request) {
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
  }
}
