/** Finds what a tree has beside its archive. */
import { explainDiskError } from "../../disk_errors.ts";
import { shown } from "../entry.ts";
import type { Tree } from "../rules.ts";
import { withShortPath } from "../write/long_path.ts";

/** After so many folders, signals and timers get a turn. */
const FOLDERS_A_TURN = 500;

/**
 * The paths below `target` that the archive has not, each folder without what is in it. Follows no link.
 *
 * @param tree what the archive has
 */
export async function* extraPaths(
  tree: Pick<Tree, "kindOf">,
  { target, signal }: { readonly target: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<string> {
  const folders = [""];
  for (let seen = 1; folders.length > 0; seen++) {
    const folder = folders.pop() ?? "";
    // The runtime reads names that are not UTF-8 with a replacement character: two may look the same.
    const names = new Set<string>();
    for (const { name, isDirectory } of entriesOf(target, folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const kind = names.has(name) ? undefined : tree.kindOf(path);
      names.add(name);
      if (kind === undefined) yield path;
      else if (kind === "folder" && isDirectory) folders.push(path);
    }
    if (seen % FOLDERS_A_TURN !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
}

function entriesOf(target: string, folder: string): Deno.DirEntry[] {
  const place = folder === "" ? target : `${target}/${folder}`;
  try {
    return withShortPath(place, (path) => [...Deno.readDirSync(path)]);
  } catch (error) {
    throw explainDiskError(error, `Cannot read ${shown(place)}`);
  }
}
