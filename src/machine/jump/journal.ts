/**
 * A jump that is under way, in `.ftl/jump.json`: written before the links are switched, gone when the
 * last script has run. What a killed command left there tells the next one which script is still due.
 */
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { removeFile, replaceFile } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import type { Action } from "../../revision/scripts.ts";
import { readJson } from "../disk/json_file.ts";

export const JOURNAL_FILE = "jump.json";

export interface JumpUnderWay {
  readonly from: RevisionId | undefined;
  readonly to: RevisionId;
  readonly action: Action;
}

const ACTIONS: readonly Action[] = ["sync", "jump", "jump-back", "remove"];

export function readJournal(pkg: PackageDir): JumpUnderWay | undefined {
  const value = readJson(journalPath(pkg)) as Partial<JumpUnderWay> | undefined;
  if (value === undefined || !isRevisionId(value.to)) return undefined;
  return {
    to: value.to,
    from: isRevisionId(value.from) ? value.from : undefined,
    action: ACTIONS.find((action) => action === value.action) ?? "jump",
  };
}

/** Not flushed: after a power cut the machine starts its services anyway. */
export function writeJournal(pkg: PackageDir, jump: JumpUnderWay): void {
  replaceFile(journalPath(pkg), `${JSON.stringify(jump)}\n`, { durable: false });
}

export function clearJournal(pkg: PackageDir): void {
  removeFile(journalPath(pkg), { durable: false });
}

function journalPath(pkg: PackageDir): string {
  return `${pkg.own}/${JOURNAL_FILE}`;
}
