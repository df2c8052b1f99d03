/** The modes of folders, as unpacking sets them. */
import { ROOT } from "../paths/path_table.ts";

/** For a folder that the archive uses but has no entry for. */
export const IMPLIED_MODE = 0o755;

/** The revision's own folder stays usable for its owner, whatever the archive says. */
export function folderMode(node: number, mode: number): number {
  return node === ROOT ? mode | 0o700 : mode;
}
