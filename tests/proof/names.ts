/** Revisions' names as the commands want them. */
import { parseRevisionName, type Revision } from "../../mod.ts";

export function parse(name: string): Revision {
  const revision = parseRevisionName(name);
  if (revision === undefined) throw new Error(`${name} is no revision`);
  return revision;
}
