/**
 * The logs of package scripts, `.ftl/log/<time>-<id>-<script>.log`: stdout and stderr in the order of writing.
 *
 * Only the owner may read a log, as scripts may print secrets. Each log is a new file, so FTL never follows a
 * link that somebody put there. A log that grows past `FILE_LIMIT` keeps its beginning and its end.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf } from "../../errors.ts";
import type { Step } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PackageDir } from "../package_dir.ts";
import { FILE_LIMIT, logNames } from "./log_folder.ts";

/** Bytes kept of a log's beginning, and of its end, when it is cut. */
export const HEAD = FILE_LIMIT / 2;
const TAIL = FILE_LIMIT / 8;

/** Logs kept of each script. A `post-sync` that fails each minute does not push out the logs of jumps. */
export const KEPT = 10;

/** Written once, to find out whether the disk has room. */
const PROBE = new Uint8Array(4096);

/** Folders for a log that can be kept nowhere. It is unlinked at once. */
const TEMPORARY = ["/tmp", "/var/tmp"];

export interface ScriptLog extends Disposable {
  /** Open for reading and appending. */
  readonly fd: number;
  /** Undefined if the log is not kept. */
  readonly path: string | undefined;
  /** A folder for temporary files while the log is written. */
  readonly folder: string;
}

/**
 * A new log. If no log can be kept, `warn` gets the reason. Undefined if no folder can hold even a temporary
 * log.
 */
export function createLog(
  pkg: PackageDir,
  { id, step, warn }: { id: RevisionId; step: Step; warn: (message: string) => void },
): ScriptLog | undefined {
  try {
    makeFolder(pkg.logs);
    prune(pkg.logs, step);
    return openKept(pkg.logs, `${id}-${step}`);
  } catch (error) {
    const reason = messageOf(explainDiskError(error, `Cannot write in ${pkg.logs}`));
    const what = `what ${pkg.revisionName(id)} ${step} prints`;
    const log = openTemporary();
    warn(
      log === undefined
        ? `${reason}: ${what} is lost`
        : `${reason}: ${what} is shown, but not kept`,
    );
    return log;
  }
}

/** A folder that FTL made. A link does not count, as it could lead anywhere. */
function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (!Deno.lstatSync(path).isDirectory) throw new Error(`${path} is not a folder`);
  }
}

/** A failure is ignored: one file too many does no harm. */
function prune(folder: string, step: Step): void {
  const names = logNames(folder).filter((name) => name.endsWith(`-${step}.log`)).sort();
  const old = names.slice(0, Math.max(0, names.length - KEPT + 1));
  try {
    for (const name of [...old, ...leftPipes(folder)]) Deno.removeSync(`${folder}/${name}`);
  } catch {
    // Another command is removing the same files.
  }
}

/** Pipes that a killed command left behind. The pipes of a running command exist only for a moment. */
function leftPipes(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => {
    if (!name.startsWith(".")) return false;
    const { isFifo, mtime } = Deno.lstatSync(`${folder}/${name}`);
    return isFifo === true && (mtime?.getTime() ?? 0) < Date.now() - 60_000;
  });
}

function openKept(folder: string, name: string): ScriptLog {
  // 20261125T163650.123Z: without colons, and sorted by name they are sorted by time.
  for (let time = Date.now();; time++) {
    const stamp = new Date(time).toISOString().replace(/[-:]/g, "");
    const path = `${folder}/${stamp}-${name}.log`;
    try {
      return openNew(path, { folder, kept: true });
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
}

function openTemporary(): ScriptLog | undefined {
  for (const folder of TEMPORARY) {
    try {
      return openNew(`${folder}/ftl-${crypto.randomUUID()}`, { folder, kept: false });
    } catch {
      // Try the next folder.
    }
  }
  return undefined;
}

/** Throws if a file of that name exists, or if there is no room. */
function openNew(path: string, { folder, kept }: { folder: string; kept: boolean }): ScriptLog {
  const fd = openSync(path, "ax+", 0o600);
  try {
    writeSync(fd, PROBE);
    ftruncateSync(fd, 0);
    if (!kept) Deno.removeSync(path);
  } catch (error) {
    closeSync(fd);
    Deno.removeSync(path);
    throw error;
  }
  return {
    fd,
    path: kept ? path : undefined,
    folder,
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Cuts a log that grew past its limit. A process that appends to it continues at the new end. */
export function cut(fd: number): void {
  const { size } = fstatSync(fd);
  if (size <= FILE_LIMIT) return;
  const end = new Uint8Array(TAIL);
  const read = readSync(fd, end, 0, TAIL, size - TAIL);
  const note = `\n[ftl] left out here: the log had grown past ${FILE_LIMIT >> 20} MiB\n`;
  ftruncateSync(fd, HEAD);
  append(fd, new TextEncoder().encode(note));
  append(fd, end.subarray(end.indexOf(10) + 1, read));
}

/** Appends a line of FTL's own after the script's output. */
export function note(fd: number, text: string): void {
  const { size } = fstatSync(fd);
  const last = new Uint8Array(1);
  if (size > 0) readSync(fd, last, 0, 1, size - 1);
  const isFresh = size === 0 || last[0] === 10;
  append(fd, new TextEncoder().encode(`${isFresh ? "" : "\n"}[ftl] ${text}\n`));
}

function append(fd: number, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  } catch {
    // The disk is full. What a script did matters more than its log.
  }
}
