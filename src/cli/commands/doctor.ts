/** `ftl doctor` as a person types it. */
import { doctorDocument } from "../text/documents.ts";
import { checkLines } from "../text/checklist.ts";
import type { Command } from "../command.ts";

export const doctor: Command = {
  name: "doctor",
  usage: ["[--json]"],
  summary: "check that all is well here, and say how to mend what is not",
  details: [
    "One line a check: ok, info (not as with everybody, and nothing wrong with that), warn (works, but " +
    "look at it) or fail; beneath it what to do. It looks at the variables, credentials, what may be done " +
    "in S3, the clock, the root, disks, locks, links, and what was left undone. Without FTL_ROOT this " +
    "machine's packages are not looked at. It leaves nothing behind, here and in S3.",
    "The exit code is 0 where nothing fails, else that of a command that meets the problem: 6 if it is a " +
    "package script's, else that of the first one.",
  ],
  options: [],
  least: 0,
  most: 0,
  examples: [
    ["ftl doctor", "on a machine, as the user that syncs: sudo or not"],
    ["ftl doctor --json", "for monitoring"],
  ],
  completes: "none",
  scope: () => "doctor",
  run: async (context, _parsed, table) => {
    const { doctor } = await import("../../commands/doctor/doctor.ts");
    const found = await doctor(context);
    return {
      lines: checkLines(found.checks, table),
      json: doctorDocument(found),
      failures: found.failures,
    };
  },
};
