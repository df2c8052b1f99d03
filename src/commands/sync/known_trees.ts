/** The trees of revisions that are here: kept, or in S3. */
import { MAX_TREE_BYTES } from "../../archive/tree/tree.ts";
import type { TreeText } from "../../archive/tree/tree_text.ts";
import { openTree, readTree, type RecordPaths } from "../../machine/delta/records.ts";
import type { PackageDir } from "../../machine/package_dir.ts";
import type { RevisionState } from "../../machine/state.ts";
import { treeKey } from "../../revision/keys.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { DeltaObjects } from "./delta_objects.ts";

/** A revision that is here, of which it is known what object it was. */
export interface Base {
  readonly id: RevisionId;
  readonly state: RevisionState & { readonly sha256: string };
}

interface FoundTree {
  readonly text: TreeText;
  /** As it came from S3. Undefined if it was here. */
  readonly packed?: Uint8Array;
}

export class KnownTrees {
  readonly #pkg: PackageDir;
  readonly #objects: DeltaObjects;

  constructor(pkg: PackageDir, objects: DeltaObjects) {
    this.#pkg = pkg;
    this.#objects = objects;
  }

  /**
   * In S3 it must be that of the object which the revision came from. Undefined if there is none.
   *
   * @param hash the SHA-256 that it must have, in hexadecimal; undefined: the one that S3 tells
   */
  async of(
    { id, state }: Base,
    paths: RecordPaths,
    hash: string | undefined,
  ): Promise<FoundTree | undefined> {
    const kept = hash === undefined ? undefined : readTree(paths, hash);
    if (kept !== undefined) return { text: kept };
    const key = treeKey({ package: this.#pkg.name, id });
    const object = await this.#objects.get(key, MAX_TREE_BYTES);
    if (object === undefined || object.metadata["ftl-sha256"] !== state.sha256) return undefined;
    const due = hash ?? object.metadata["ftl-tree"];
    const text = due === undefined ? undefined : openTree(object.bytes, due);
    return text && { text, packed: object.bytes };
  }
}
