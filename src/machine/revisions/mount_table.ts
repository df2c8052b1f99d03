/**
 * The kernel's own table of mounts, for folders that cannot be asked one by one: those that have a name which
 * is no UTF-8, of which the runtime cannot speak, and those that lie deeper than a path may be long.
 */
import { Buffer } from "node:buffer";
import { StorageError } from "../../errors.ts";

/**
 * The first mount point in a tree, the tree itself among them, or undefined where nothing is mounted there.
 * Throws `StorageError` where there is no such table.
 */
export function mountInTable(tree: string): string | undefined {
  const real = byByte(Deno.realPathSync(tree));
  const found = readTable(tree).split("\n").map(mountPointOf)
    .find((path) => path === real || path?.startsWith(`${real}/`));
  return found === undefined ? undefined : Buffer.from(found, "latin1").toString();
}

/** By a program: the runtime lets none of bounded permissions open what lies below `/proc`. */
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
    { hint: "It has names that are no UTF-8, or is very deep: delete it by hand" },
  );
}

/** The fifth field, https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html, a byte a character. */
function mountPointOf(line: string): string | undefined {
  return line.split(" ")[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) => {
    return String.fromCharCode(parseInt(octal, 8));
  });
}

function byByte(path: string): string {
  return Buffer.from(path).toString("latin1");
}
