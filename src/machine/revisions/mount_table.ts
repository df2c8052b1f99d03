/**
 * The kernel's own table of mounts. It is for trees whose folders the runtime cannot check one by one: it
 * cannot open a name that is not UTF-8, nor a path that is too long.
 */
import { Buffer } from "node:buffer";
import { StorageError } from "../../errors.ts";

/**
 * The first mount point in a tree, which may be the tree itself. Undefined if nothing is mounted there. Throws
 * `StorageError` if the table cannot be read.
 */
export function mountInTable(tree: string): string | undefined {
  const real = byByte(Deno.realPathSync(tree));
  const found = readTable(tree).split("\n").map(mountPointOf)
    .find((path) => path === real || path?.startsWith(`${real}/`));
  return found === undefined ? undefined : Buffer.from(found, "latin1").toString();
}

/** Reads the table with a program: with limited permissions, Deno opens nothing below `/proc`. */
function readTable(tree: string): string {
  try {
    const { success, stdout } = new Deno.Command("/bin/sh", {
      args: ["-c", "exec cat /proc/self/mountinfo"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).outputSync();
    if (success) return Buffer.from(stdout).toString("latin1");
  } catch {
    // There is no shell, or no right to run it.
  }
  throw new StorageError(
    `Cannot tell whether anything is mounted in ${tree}: /proc/self/mountinfo cannot be read`,
    { hint: "A name in it is not UTF-8, or a path is too long: delete the folder by hand" },
  );
}

/**
 * The fifth field of a line, one character for each byte
 * (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html).
 */
function mountPointOf(line: string): string | undefined {
  return line.split(" ")[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) => {
    return String.fromCharCode(parseInt(octal, 8));
  });
}

function byByte(path: string): string {
  return Buffer.from(path).toString("latin1");
}
