/**
 * Writes that survive a power cut: a file appears whole, and a rename lasts.
 *
 * A rename is durable only after its directory is flushed. A file's name may survive without its bytes if the
 * bytes were not flushed before the rename (https://lwn.net/Articles/457667/).
 */
import { StorageError } from "../../errors.ts";
import { orAborted } from "../../concurrency/abortable.ts";
import { explainDiskError, systemCode } from "../../disk_errors.ts";

/** Flushes the names in a directory. */
export function syncDirectory(path: string): void {
  const directory = Deno.openSync(path, { read: true });
  try {
    directory.syncSync();
  } finally {
    directory.close();
  }
}

/**
 * Replaces the file at `path`. A reader, or a kill, finds the old file or the new one, always whole. The same
 * holds for a power cut, unless `durable` is false. A link or a folder at `path`, or at the path of the
 * temporary file, is not followed and does not stop the write.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  { durable = true } = {},
): void {
  try {
    const temporary = freeTemporary(path);
    const file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o644 });
    try {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      if (durable) file.syncSync();
    } finally {
      file.close();
    }
    // Other users may read what runs here, whatever the umask is.
    Deno.chmodSync(temporary, 0o644);
    try {
      Deno.renameSync(temporary, path);
    } catch (error) {
      if (systemCode(error) !== "EISDIR") throw error;
      clearPlace(path);
      Deno.renameSync(temporary, path);
    }
    if (durable) syncDirectory(parentOf(path));
  } catch (error) {
    throw explainDiskError(error, `Cannot write ${path}`);
  }
}

/** Bytes. This is less than a disk's smallest block, which is written whole or not at all. */
const LARGEST_OVERWRITE = 512;

/**
 * Overwrites a file in place if it differs from `text` only in digits, and returns true. After a kill or a power
 * cut the file has the old digits or the new digits. Returns false if anything else is there, for example a
 * link. Another user may exchange the file between the check and the write. The file that is written to had the
 * same text apart from digits, so this does no harm.
 */
export function overwriteDigits(path: string, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > LARGEST_OVERWRITE) return false;
  try {
    const { isFile, size } = Deno.lstatSync(path);
    if (!isFile || size !== bytes.length) return false;
    using file = Deno.openSync(path, { read: true, write: true });
    const old = new Uint8Array(bytes.length);
    const isAlike = file.readSync(old) === bytes.length &&
      old.every((byte, i) => byte === bytes[i] || (isDigit(byte) && isDigit(bytes[i])));
    if (!isAlike || (file.statSync().nlink ?? 1) > 1) return false;
    file.seekSync(0, Deno.SeekMode.Start);
    return file.writeSync(bytes) === bytes.length;
  } catch {
    // The file is missing or cannot be written to: the caller replaces it.
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/**
 * Makes a change that something more important must not fail for, for example on a full disk. Returns whether it
 * was made.
 */
export function madeChange(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return false;
  }
}

/** Removes a small file that FTL made. A missing file is no error. */
export function removeFile(path: string, { durable }: { durable: boolean }): void {
  try {
    if (clearPlace(path) && durable) syncDirectory(parentOf(path));
  } catch (error) {
    throw explainDiskError(error, `Cannot remove ${path}`);
  }
}

/**
 * Removes a file or a link. Returns whether anything was there. FTL did not make a folder at such a path, so a
 * folder is only renamed to a temporary name. The next sync deletes it.
 */
export function clearPlace(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ENOENT") return false;
    if (!["EISDIR", "ENOTEMPTY", "EEXIST"].includes(code)) throw error;
    Deno.renameSync(path, `${path}.${crypto.randomUUID()}.tmp`);
    return true;
  }
}

/** The path of the temporary file for `path`. It is another path if something there cannot be removed. */
export function freeTemporary(path: string): string {
  const temporary = `${path}.tmp`;
  try {
    clearPlace(temporary);
    return temporary;
  } catch {
    return `${path}.${crypto.randomUUID()}.tmp`;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * Flushes the whole file system that holds `path` with one call of syncfs(2): one flush for a revision's
 * thousands of files instead of one for each. Deno has no such call, so coreutils' `sync -f` makes it. On abort
 * it throws the signal's reason at once; the kernel still completes the flush that it has begun.
 */
export async function syncFileSystem(path: string, signal: AbortSignal): Promise<void> {
  // PATH may be unset. Then looking up the bare name throws, which is no reason to stop.
  for (const program of ["/usr/bin/sync", "/bin/sync", "sync"]) {
    try {
      const command = new Deno.Command(program, {
        args: ["-f", path],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      });
      const { success, stderr } = await orAborted(() => command.output(), signal);
      if (success) return;
      const reason = new TextDecoder().decode(stderr).trim();
      if (/unrecognized|invalid option|usage/i.test(reason)) break;
      throw new StorageError(`Cannot flush ${path}: ${reason}`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StorageError) throw error;
    }
  }
  syncEachFile(path, signal);
}

/** Flushes file by file, which is slow. It is for machines without coreutils. */
function syncEachFile(path: string, signal: AbortSignal): void {
  for (const entry of Deno.readDirSync(path)) {
    signal.throwIfAborted();
    if (entry.isSymlink) continue;
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) syncEachFile(inner, signal);
    else syncDirectory(inner);
  }
  syncDirectory(path);
}
