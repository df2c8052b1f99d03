/**
 * What stays after a power cut: files that appear whole, renames that last.
 *
 * A rename is durable only once its directory is flushed, and a file's name may outlive its bytes unless
 * they were flushed before it (https://lwn.net/Articles/457667/).
 */
import { StorageError } from "../../errors.ts";
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
 * Puts a file in the place of `path`, so that readers and kills see the old one or the new one, whole; so
 * does a power cut, unless `durable` is false. A link or a folder that has its place, or that of the temporary
 * file, is neither followed nor in the way.
 */
export function replaceFile(path: string, text: string, { durable = true } = {}): void {
  try {
    const temporary = freeTemporary(path);
    const file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o644 });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      if (durable) file.syncSync();
    } finally {
      file.close();
    }
    // Others may look at what runs here, whatever the umask.
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

/** Bytes: less than a disk's smallest block, which is written whole or not at all. */
const LARGEST_OVERWRITE = 512;

/**
 * Writes over a file that differs from `text` in digits alone, and is true then: a kill, a power cut or a reader
 * at that moment finds digits of the old one or the new one. False where anything else is there, a link among
 * others: whose ever the file may be that a race leads to, it had this text already.
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
    // It is not there, or not to be written to: then it is to be replaced.
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Removes a small file of FTL's. That there is none is no error. */
export function removeFile(path: string, { durable }: { durable: boolean }): void {
  try {
    if (clearPlace(path) && durable) syncDirectory(parentOf(path));
  } catch (error) {
    throw explainDiskError(error, `Cannot remove ${path}`);
  }
}

/**
 * Removes a file or a link; the answer is whether anything was there. A folder, which FTL has not made, is
 * renamed to a temporary one, which the next sync deletes.
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

/** The temporary file for a path; another one where something has its place that cannot be removed. */
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
 * Flushes the whole file system that holds `path` by one call of syncfs(2): one flush for a revision's
 * thousands of files, not one each. Deno has no such call, coreutils' `sync -f` is it. On abort it throws
 * the signal's reason at once; what the kernel has begun it goes on with.
 */
export async function syncFileSystem(path: string, signal: AbortSignal): Promise<void> {
  // There may be no PATH; then the bare name cannot even be looked for, which is no reason to stop.
  for (const program of ["/usr/bin/sync", "/bin/sync", "sync"]) {
    try {
      const { success, stderr } = await output(program, ["-f", path], signal);
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

async function output(
  program: string,
  args: string[],
  signal: AbortSignal,
): Promise<Deno.CommandOutput> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    const command = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
    return await Promise.race([command.output(), promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The slow way, for machines without coreutils. */
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
