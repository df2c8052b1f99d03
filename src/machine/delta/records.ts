/**
 * What a machine keeps of a revision for later deltas: its tree, and how its files were. Each of it may be missing, and
 * what is damaged counts as missing. So nothing of it is flushed.
 */
import { hashTree, MAX_TREE_BYTES, unpackTree } from "../../archive/tree/tree.ts";
import { TreeText } from "../../archive/tree/tree_text.ts";
import { FtlError } from "../../errors.ts";
import type { RevisionId } from "../../revision/names.ts";
import { replaceFile } from "../disk/durable.ts";
import type { PackageDir } from "../package_dir.ts";
import { StatRecord } from "./stat_record.ts";

/** The paths of what is kept of one revision. */
export interface RecordPaths {
  readonly tree: string;
  readonly record: string;
}

export function recordPaths(pkg: PackageDir, id: RevisionId): RecordPaths {
  return { tree: pkg.treePath(id), record: pkg.statRecordPath(id) };
}

/**
 * The text of a tree. Whoever owns the package's folder may have written it, so its entries must be checked.
 *
 * @param hash that of the tree, in hexadecimal: another one counts as missing
 */
export function readTree({ tree }: RecordPaths, hash: string): TreeText | undefined {
  const packed = readBounded(tree);
  return packed && openTree(packed, hash);
}

/** The text of its compressed form. Undefined if it is damaged, or another one than that hash is of. */
export function openTree(packed: Uint8Array, hash: string): TreeText | undefined {
  try {
    const text = unpackTree(packed);
    return hashTree(text) === hash ? new TreeText(text) : undefined;
  } catch (error) {
    if (error instanceof FtlError) return undefined;
    throw error;
  }
}

export function readRecord({ record }: RecordPaths): StatRecord | undefined {
  const bytes = readBounded(record);
  return bytes && StatRecord.parse(bytes);
}

export function writeTree({ tree }: RecordPaths, packed: Uint8Array): void {
  replaceFile(tree, packed, { durable: false });
}

export function writeRecord({ record }: RecordPaths, found: StatRecord): void {
  replaceFile(record, found.format(), { durable: false });
}

function readBounded(path: string): Uint8Array | undefined {
  try {
    const { isFile, size } = Deno.lstatSync(path);
    return isFile && size <= MAX_TREE_BYTES ? Deno.readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
