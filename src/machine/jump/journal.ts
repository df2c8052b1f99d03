/**
 * The journal of a jump that is under way, `.ftl/jump.json`. It is written before the links are switched and
 * removed after the last script has run. If a command was killed, the journal tells the next command which
 * script is still due.
 */
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { removeFile, replaceFile } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import { type Action, ACTIONS } from "../../revision/scripts.ts";
import { readJson } from "../disk/json_file.ts";

export interface JumpUnderWay {
  readonly from: RevisionId | undefined;
  readonly to: RevisionId;
  readonly action: Action;
}

export function readJournal(pkg: PackageDir): JumpUnderWay | undefined {
  const value = readJson(pkg.ownPath("journal")) as Partial<JumpUnderWay> | undefined;
  if (value === undefined || !isRevisionId(value.to)) return undefined;
  return {
    to: value.to,
    from: isRevisionId(value.from) ? value.from : undefined,
    action: ACTIONS.find((action) => action === value.action) ?? "jump",
  };
}

/** Flushes the journal, so that no power cut keeps the switched links and loses the script that is due. */
export function writeJournal(pkg: PackageDir, jump: JumpUnderWay): void {
  replaceFile(pkg.ownPath("journal"), `${JSON.stringify(jump)}\n`);
}

/** Removes the journal without a flush. If a power cut brings it back, a script runs a second time. */
export function clearJournal(pkg: PackageDir): void {
  removeFile(pkg.ownPath("journal"), { durable: false });
}
