/** What `ftl doctor` does with its arguments. */
import { doctor as checkMachine } from "../../commands/doctor/doctor.ts";
import { doctorDocument } from "../text/documents.ts";
import { checkLines } from "../text/checklist.ts";
import type { Action } from "../command.ts";

export const doctor: Action = async (context, _parsed, table) => {
  const found = await checkMachine(context);
  return {
    lines: checkLines(found.checks, table),
    json: doctorDocument(found),
    failures: found.failures,
  };
};
