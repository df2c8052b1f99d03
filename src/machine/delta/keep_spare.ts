/** Keeps a revision that is removed as the spare. Loaded only when there is one to keep. */
import { systemCode } from "../../disk_errors.ts";
import { faultPoint } from "../../fault_point.ts";
import type { RevisionId } from "../../revision/names.ts";
import { syncDirectory } from "../disk/durable.ts";
import { makeFolder } from "../disk/folder.ts";
import { diskRoom, hasRoomForSpare } from "../disk/room.ts";
import type { PackageDir } from "../package_dir.ts";
import { renameFolder } from "../revisions/removal.ts";
import { readRecord, recordPaths } from "./records.ts";
import { dropSpare, forgetSpare, spareIds, sparePaths } from "./spare.ts";

/** The result of keeping a spare. */
export interface KeptSpare {
  readonly isKept: boolean;
  /** Paths in the trash that are to be deleted. */
  readonly trashed: readonly string[];
}

const NOT_KEPT: KeptSpare = { isKept: false, trashed: [] };

/**
 * Makes a revision that is to be removed the spare. Not if it is not known how its files were, if there is a newer
 * spare, or if the disk has too little room. Call it under the package's lock.
 */
export function keepAsSpare(pkg: PackageDir, id: RevisionId): KeptSpare {
  const record = readRecord(recordPaths(pkg, id));
  if (record === undefined || !hasRoomForSpare(diskRoom(pkg.own), record.bytes)) return NOT_KEPT;
  if (spareIds(pkg).some((other) => other > id)) return NOT_KEPT;
  const trashed = dropSpare(pkg);
  makeFolder(pkg.spare);
  const paths = sparePaths(pkg, id);
  // What is known goes first, as with every removal.
  moveFile(pkg.treePath(id), paths.tree);
  moveFile(pkg.statRecordPath(id), paths.record);
  moveFile(pkg.statePath(id), paths.state);
  faultPoint("spare-marked");
  try {
    renameFolder(pkg.revisionPath(id), paths.folder);
  } catch (error) {
    // An overlay cannot move a folder of a lower layer.
    if (systemCode(error) !== "EXDEV") throw error;
    forgetSpare(paths);
    return { isKept: false, trashed };
  }
  syncDirectory(pkg.states);
  syncDirectory(pkg.revs);
  faultPoint("spare-kept");
  return { isKept: true, trashed };
}

function moveFile(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
