/** Names as tests write them: checked, then of their types. Wrong ones go through `mod.ts`, which checks itself. */
import {
  isPackageName,
  isRevisionId,
  type PackageName,
  parseRevisionName,
  type Revision,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../src/revision/names.ts";

export function aPackage(text: string): PackageName {
  if (isPackageName(text)) return text;
  throw new Error(`${text} is no package's name`);
}

export function anId(text: string): RevisionId {
  if (isRevisionId(text)) return text;
  throw new Error(`${text} is no revision's id`);
}

export function aName(text: string): RevisionName {
  return revisionName(aRevision(text));
}

/** By its name. */
export function aRevision(text: string): Revision {
  const parsed = parseRevisionName(text);
  if (parsed !== undefined) return parsed;
  throw new Error(`${text} is no revision's name`);
}
