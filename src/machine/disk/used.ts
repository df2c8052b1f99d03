/** How much disk space a package uses. */
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import type { PackageDir } from "../package_dir.ts";

/** Bytes that the package uses on the disk: its revisions, and those that are being made or removed. */
export function diskUsed(pkg: PackageDir): number {
  return treeSize(pkg.revs) + treeSize(pkg.own);
}

/** A tree may change during the walk. A file that has vanished counts 0. */
function treeSize(path: string): number {
  return unlessGone(path, () => {
    let bytes = 0;
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const inner = `${path}/${name}`;
      bytes += unlessGone(inner, () => {
        const { blocks, size } = Deno.lstatSync(inner);
        return blocks === null ? size : blocks * 512;
      });
      if (isDirectory) bytes += treeSize(inner);
    }
    return bytes;
  });
}

function unlessGone(path: string, sizeOf: () => number): number {
  try {
    return sizeOf();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "EACCES") return 0;
    throw explainDiskError(error, `Cannot read ${path}`);
  }
}
