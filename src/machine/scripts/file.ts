/** The file of a package script: whether a revision has the script, and how to run it. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf } from "../../errors.ts";
import {
  FIRST_LINE_BYTES,
  type FirstLine,
  parseFirstLine,
  SCRIPT_PLACES,
  type Step,
} from "../../revision/scripts.ts";

export interface ScriptFile {
  /** The script's path in the revision, e.g. `pre-jump.sh`. */
  readonly place: string;
  readonly path: string;
  /** Whether the owner may execute it. If not, an interpreter gets its path. */
  readonly executable: boolean;
  readonly firstLine: FirstLine | undefined;
}

/** Something has a script's name but can never run. Its step must fail; it must not be skipped. */
export interface UnfitScript {
  readonly place: string;
  readonly path: string;
  /** E.g. `it is a folder`. */
  readonly unfit: string;
}

/** Whether anything has the name of that script, even if it cannot run. */
export function hasScript(directory: string, step: Step): boolean {
  return placeOf(directory, step) !== undefined;
}

/** Undefined only if nothing has the name of that script. */
export function findScript(directory: string, step: Step): ScriptFile | UnfitScript | undefined {
  const place = placeOf(directory, step);
  if (place === undefined) return undefined;
  const path = `${directory}/${place}`;
  try {
    const { isFile, isDirectory, mode } = Deno.statSync(path);
    if (!isFile) {
      const unfit = isDirectory ? "it is a folder" : "it is neither a file nor a link to one";
      return { place, path, unfit };
    }
    const executable = ((mode ?? 0) & 0o100) !== 0;
    return { place, path, executable, firstLine: firstLineOf(path, executable) };
  } catch (error) {
    return { place, path, unfit: whyUnreadable(path, error) };
  }
}

/** FTL's own name comes first, even if that file cannot run. The other name must not replace it silently. */
function placeOf(directory: string, step: Step): string | undefined {
  return SCRIPT_PLACES[step].find((place) => {
    const path = `${directory}/${place}`;
    try {
      Deno.lstatSync(path);
      return true;
    } catch (error) {
      const code = systemCode(error) ?? "";
      // `ftl` may be a file, or a broken link.
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return false;
      throw explainDiskError(error, `Cannot read ${path}`);
    }
  });
}

function firstLineOf(path: string, executable: boolean): FirstLine | undefined {
  try {
    using file = Deno.openSync(path, { read: true });
    const start = new Uint8Array(FIRST_LINE_BYTES);
    return parseFirstLine(start.subarray(0, file.readSync(start) ?? 0));
  } catch (error) {
    // A program may be executable but not readable.
    if (executable) return undefined;
    throw error;
  }
}

function whyUnreadable(path: string, error: unknown): string {
  const code = systemCode(error);
  if (Deno.lstatSync(path).isSymlink && (code === "ENOENT" || code === "ENOTDIR")) {
    return `it is a link to ${Deno.readLinkSync(path)}, which is not there`;
  }
  if (code === "ELOOP") return "it is a link that leads back to itself";
  return messageOf(explainDiskError(error, "it cannot be read"));
}
