/** What a folder is, told without any code of FTL: all that two ways to the same revision must agree on. */
import { createHash } from "node:crypto";

/**
 * A line for each entry, the folder itself first: kind, mode, owner, mtime, size, SHA-256, target, and the other names
 * of its inode. `withMtimes: false` leaves out what no archive has told.
 */
export function factsOf(folder: string): string[] {
  const inodes = new Map<number, string>();
  const lines: string[] = [];
  const look = (path: string): void => {
    const place = `${folder}${path}`;
    const { isDirectory, isSymlink, isFile, mode, uid, gid, mtime, size, ino, nlink } = Deno
      .lstatSync(place);
    const first = inodes.get(ino ?? 0);
    if (!isDirectory && first === undefined) inodes.set(ino ?? 0, path);
    // No entry tells the mtime of the folder itself where the tests pack single files.
    const time = path === "" ? "" : mtime?.toISOString();
    const bits = ((mode ?? 0) & 0o7777).toString(8);
    const kind = isDirectory ? "folder" : isSymlink ? "link" : isFile ? "file" : "other";
    const what = isFile
      ? `${size} ${createHash("sha256").update(Deno.readFileSync(place)).digest("hex")}`
      : isSymlink
      ? Deno.readLinkSync(place)
      : "";
    const names = isDirectory ? "" : `${nlink} names${first === undefined ? "" : ` as ${first}`}`;
    lines.push([path, kind, bits, `${uid}:${gid}`, time, what, names].join(" | "));
    if (!isDirectory) return;
    const inner = Array.from(Deno.readDirSync(place), ({ name }) => name);
    for (const name of inner.sort()) look(`${path}/${name}`);
  };
  look("");
  return lines;
}
