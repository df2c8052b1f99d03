/** Looks at all that is below a folder, without following a link or opening a file. */
import { sortPaths } from "../../archive/tree/path_order.ts";
import { withShortPath } from "../../archive/write/long_path.ts";

/** Something below a folder. */
export interface Walked {
  /** Below the folder. */
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/**
 * Visits all that is below the folder, in the order of the bytes of the paths. Returns false, and visits no more, if
 * there is more than `most`, or if something there cannot be named or looked at: a name that is not UTF-8, a folder
 * that is closed to this user.
 */
export function walkFolder(
  folder: string,
  most: number,
  visit: (path: string, info: Deno.FileInfo) => void,
): boolean {
  let left = most;
  // What is still to come, the next one last: no call for each folder, as the stack ends before the folders do.
  const turns = [""];
  for (let turn = turns.pop(); turn !== undefined; turn = turns.pop()) {
    if (turn === "" || turn.endsWith("/")) {
      const inside = turnsOf(turn === "" ? folder : `${folder}/${turn.slice(0, -1)}`);
      if (inside === undefined) return false;
      for (let i = inside.length - 1; i >= 0; i--) turns.push(`${turn}${inside[i]}`);
    } else {
      const info = lookAt(`${folder}/${turn}`);
      if (info === undefined || left-- === 0) return false;
      visit(turn, info);
    }
  }
  return true;
}

/**
 * Each name in a folder, and in its turn, with a slash, what is in a folder: not at once after it, as `a-b` comes
 * before `a/b`. Undefined if it cannot be read, or if two names look alike, which are not UTF-8.
 */
function turnsOf(place: string): string[] | undefined {
  const turns: string[] = [];
  try {
    withShortPath(place, (path) => {
      for (const { name, isDirectory } of Deno.readDirSync(path)) {
        turns.push(name);
        if (isDirectory) turns.push(`${name}/`);
      }
    });
  } catch {
    return undefined;
  }
  sortPaths(turns);
  return turns.some((turn, i) => turn === turns[i + 1]) ? undefined : turns;
}

/** What is at the path itself. Undefined if nothing is, or if it cannot be looked at. */
export function lookAt(place: string): Deno.FileInfo | undefined {
  try {
    return withShortPath(place, (path) => Deno.lstatSync(path));
  } catch {
    return undefined;
  }
}
