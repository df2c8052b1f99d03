/** Looks at all that is below a folder, without following a link or opening a file. */
import { sortByPath } from "../../archive/tree/path_order.ts";
import { withShortPath } from "../../archive/write/long_path.ts";

/** Something below a folder. */
export interface Walked {
  /** Below the folder. */
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/**
 * All that is below the folder, sorted by the bytes of the paths. Undefined if there is more than `most`, or if
 * something there cannot be named or looked at: a name that is not UTF-8, a folder that is closed to this user.
 */
export function walkFolder(folder: string, most: number): Walked[] | undefined {
  const found: Walked[] = [];
  const folders = [""];
  try {
    for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
      const prefix = below === "" ? "" : `${below}/`;
      const place = below === "" ? folder : `${folder}/${below}`;
      for (const name of withShortPath(place, namesIn)) {
        const path = prefix + name;
        const info = lookAt(`${folder}/${path}`);
        if (info === undefined || found.length >= most) return undefined;
        found.push({ path, info });
        if (info.isDirectory) folders.push(path);
      }
    }
  } catch {
    return undefined;
  }
  sortByPath(found);
  // Two names that are not UTF-8 may look alike.
  return found.some(({ path }, i) => path === found[i + 1]?.path) ? undefined : found;
}

/** What is at the path itself. Undefined if nothing is, or if it cannot be looked at. */
export function lookAt(place: string): Deno.FileInfo | undefined {
  try {
    return withShortPath(place, (path) => Deno.lstatSync(path));
  } catch {
    return undefined;
  }
}

function namesIn(path: string): string[] {
  return Array.from(Deno.readDirSync(path), ({ name }) => name);
}
