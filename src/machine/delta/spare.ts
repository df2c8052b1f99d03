/**
 * The spare: a revision that was removed, and is kept so that the next one can be made of it, below `.ftl/spare`:
 *
 *     <id>/                      the revision as it was, after its `pre-remove`
 *     <id>.json, .stat, .tree    what was known of it, before `state/`; the tree is often missing
 *
 * There is at most one. It is whole only if its folder and all but the tree are there; what a kill leaves half is
 * deleted by the next sync. Whoever changes it holds the sync lock.
 */
import { faultPoint } from "../../fault_point.ts";
import { isRevisionId, type RevisionId } from "../../revision/names.ts";
import { removeFile } from "../disk/durable.ts";
import { kindOf } from "../disk/folder.ts";
import type { PackageDir } from "../package_dir.ts";
import { namesIn, newPlace, renameFolder } from "../revisions/removal.ts";
import { readStateAt, type RevisionState } from "../state.ts";
import type { RecordPaths } from "./records.ts";

export interface Spare {
  readonly id: RevisionId;
  readonly path: string;
  readonly state: RevisionState;
  readonly records: RecordPaths;
}

/** The spare, if it is whole. */
export function readSpare(pkg: PackageDir): Spare | undefined {
  const [id] = spareIds(pkg);
  return id && spareOf(pkg, id);
}

function spareOf(pkg: PackageDir, id: RevisionId): Spare | undefined {
  const { folder, state: statePath, ...records } = sparePaths(pkg, id);
  const state = readStateAt(statePath);
  const isWhole = state !== undefined && kindOf(folder) === "folder" &&
    kindOf(records.record) === "file";
  return isWhole ? { id, path: folder, state, records } : undefined;
}

/** What belongs to one spare. */
export interface SparePaths extends RecordPaths {
  readonly folder: string;
  readonly state: string;
}

export function sparePaths(pkg: PackageDir, id: RevisionId): SparePaths {
  const folder = `${pkg.spare}/${id}`;
  return { folder, state: `${folder}.json`, record: `${folder}.stat`, tree: `${folder}.tree` };
}

/** The revisions in the spare's folder, newest first. */
export function spareIds(pkg: PackageDir): RevisionId[] {
  return spareNames(pkg).map((path) => path.slice(pkg.spare.length + 1))
    .filter(isRevisionId).reverse();
}

/** The paths in the spare's folder. What a link in its place leads to is not FTL's, and must not be deleted. */
function spareNames(pkg: PackageDir): string[] {
  return kindOf(pkg.spare) === "folder" ? namesIn(pkg.spare) : [];
}

/** Moves the spare into the trash. Returns the paths there, which are to be deleted. */
export function dropSpare(pkg: PackageDir): string[] {
  const trashed: string[] = [];
  for (const path of spareNames(pkg)) {
    if (kindOf(path) === "folder") trashed.push(moveToTrash(pkg, path));
    else removeFile(path, { durable: false });
  }
  return trashed;
}

/** Returns where it is now: where it was, if it cannot be moved. */
function moveToTrash(pkg: PackageDir, path: string): string {
  const place = newPlace(pkg);
  try {
    renameFolder(path, place);
    return place;
  } catch {
    return path;
  }
}

/** Moves the spare's folder elsewhere, where it is used up. */
export function takeSpare(pkg: PackageDir, { id, path }: Spare, place: string): void {
  renameFolder(path, place);
  faultPoint("spare-taken");
  forgetSpare(sparePaths(pkg, id));
}

export function forgetSpare({ record, state, tree }: SparePaths): void {
  for (const path of [record, state, tree]) removeFile(path, { durable: false });
}

/**
 * The paths of what is no part of a whole spare: a kill has left it. All of it if none is to be kept. This looks only
 * at names, as every sync that has work asks for it.
 *
 * @param own the paths in FTL's folder
 */
export function spareLeftovers(
  pkg: PackageDir,
  { isKept, own = namesIn(pkg.own) }: {
    readonly isKept: boolean;
    readonly own?: readonly string[];
  },
): string[] {
  if (!own.includes(pkg.spare)) return [];
  const paths = spareNames(pkg);
  const whole = spareIds(pkg).map((id) => sparePaths(pkg, id)).find(({ folder, state, record }) =>
    [folder, state, record].every((path) => paths.includes(path))
  );
  if (!isKept || whole === undefined) return paths;
  return paths.filter((path) => !Object.values(whole).includes(path));
}
