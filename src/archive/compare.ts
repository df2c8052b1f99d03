/** Compares a tree on the disk with the spooled file that it was unpacked from. */
import { compareNames } from "../revision/names.ts";
import { extraPaths } from "./compare/extra.ts";
import type { Difference } from "./compare/difference.ts";
import { TreeComparer } from "./compare/tree_comparer.ts";
import { readContents, type Unpacked } from "./contents.ts";
import type { Tree } from "./rules.ts";

export { type Difference, DIFFERENCES } from "./compare/difference.ts";

interface CompareOptions {
  package: string;
  /** The rest of the file's name after the package and its dot. It decides the format. */
  rest: string;
  /** The source's size in bytes, if it is known before. */
  size?: number | undefined;
  /** The absolute path of the folder that the file was unpacked into. */
  target: string;
  signal?: AbortSignal | undefined;
  /** Called after every few megabytes or thousand entries. */
  onProgress?: ((progress: Unpacked) => void) | undefined;
}

/** A path that is not as it was spooled. */
export interface Finding {
  /** `changed`: something else is there. `missing`: nothing is. `extra`: the spooled file has no such path. */
  readonly finding: "changed" | "missing" | "extra";
  /** Below the revision's folder, which is itself `.`. A folder that is extra is given without its content. */
  readonly path: string;
  /** How it differs, if it is changed. */
  readonly differences: readonly Difference[];
}

export interface Comparison extends Unpacked {
  /** By path. */
  readonly findings: readonly Finding[];
}

/**
 * Reads all of `source`, and looks at each file, folder and link once, in constant memory and that of the findings.
 * Writes nothing. Throws as `unpack` does.
 */
export async function compareTree(
  source: AsyncIterable<Uint8Array>,
  options: CompareOptions,
): Promise<Comparison> {
  const { target, signal } = options;
  let read: { readonly tree: Tree; readonly comparer: TreeComparer } | undefined;
  try {
    const unpacked = await readContents(source, {
      ...options,
      handler: (tree) => {
        const comparer = new TreeComparer(tree, target);
        read = { tree, comparer };
        return comparer;
      },
    });
    return { ...unpacked, findings: await findingsOf(read, { target, signal }) };
  } finally {
    read?.comparer.close();
  }
}

async function findingsOf(
  read: { readonly tree: Tree; readonly comparer: TreeComparer } | undefined,
  place: { readonly target: string; readonly signal: AbortSignal | undefined },
): Promise<Finding[]> {
  if (read === undefined) return [];
  const findings: Finding[] = [];
  for (const { path: below, found } of read.comparer.findings()) {
    const path = below === "" ? "." : below;
    findings.push(
      found === "missing"
        ? { finding: "missing", path, differences: [] }
        : { finding: "changed", path, differences: found },
    );
  }
  for await (const path of extraPaths(read.tree, place)) {
    findings.push({ finding: "extra", path, differences: [] });
  }
  return findings.sort((a, b) => compareNames(a.path, b.path));
}
