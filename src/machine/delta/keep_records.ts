/** Keeps what a later delta needs of a revision that was fetched. */
import { MAX_TREE_ENTRIES } from "../../archive/tree/tree.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PackageDir } from "../package_dir.ts";
import { readRevisionState, writeRevisionState } from "../state.ts";
import { recordPaths, writeRecord, writeTree } from "./records.ts";
import { Looks, StatRecord } from "./stat_record.ts";
import { walkFolder } from "./walk.ts";

/** What is known of a fetched revision. */
export interface RecordsOfFetch {
  /** How all looks that is in its folder. Undefined: it is not known. */
  readonly looks?: Looks | undefined;
  /** Its tree, compressed. */
  readonly tree?: Uint8Array | undefined;
  /** The tree of its base, if that was not here. */
  readonly baseTree?: TreeOfBase | undefined;
}

interface TreeOfBase {
  readonly id: RevisionId;
  readonly hash: string;
  readonly packed: Uint8Array;
}

/** How all looks that is in a staged revision's folder. Undefined if that is too much, or cannot be told. */
export function lookAtStaged(folder: string): Looks | undefined {
  const looks = new Looks();
  const isAll = walkFolder(folder, MAX_TREE_ENTRIES, (path, info) => looks.add(path, info));
  return isAll ? looks : undefined;
}

/** Call it under the package's lock, at once after the revision has appeared. */
export function writeRecords(
  pkg: PackageDir,
  id: RevisionId,
  { looks, tree, baseTree }: RecordsOfFetch,
): void {
  const paths = recordPaths(pkg, id);
  if (looks !== undefined) writeRecord(paths, StatRecord.of(looks, Date.now()));
  if (tree !== undefined) writeTree(paths, tree);
  if (baseTree !== undefined) rememberTree(pkg, baseTree);
}

/** The base may have gone meanwhile. */
function rememberTree(pkg: PackageDir, { id, hash, packed }: TreeOfBase): void {
  const state = readRevisionState(pkg, id);
  if (state === undefined || !pkg.has(id)) return;
  writeTree(recordPaths(pkg, id), packed);
  if (state.tree !== hash) {
    writeRevisionState(pkg, id, { ...state, tree: hash, treeSigned: undefined });
  }
}
