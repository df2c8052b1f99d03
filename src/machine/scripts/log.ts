/**
 * What package scripts print, in `.ftl/log/<time>-<id>-<script>.log`: stdout and stderr in their order.
 *
 * Only its owner may read it, as scripts may print secrets. It is always made anew, so a link that somebody
 * laid there is never followed. A file that grows past `FILE_LIMIT` keeps its beginning and its end.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { explainDiskError, systemCode } from "../../disk_errors.ts";
import { messageOf } from "../../errors.ts";
import type { Step } from "../../revision/scripts.ts";
import type { RevisionId } from "../../revision/names.ts";
import type { PackageDir } from "../package_dir.ts";
import { FILE_LIMIT, logNames } from "./trim.ts";

/** Bytes that stay of a file's beginning, and of its end, when it is cut. */
export const HEAD = FILE_LIMIT / 2;
const TAIL = FILE_LIMIT / 8;

/** Files that are kept of each script: a `post-sync` that fails each minute leaves those of jumps alone. */
export const KEPT = 10;

/** Written once, to see whether the disk has room at all. */
const PROBE = new Uint8Array(4096);

/** Where a log goes when it can be kept nowhere: it is unlinked at once. */
const TEMPORARY = ["/tmp", "/var/tmp"];

export interface ScriptLog extends Disposable {
  /** Open for reading and appending. */
  readonly fd: number;
  /** Undefined where it is not kept. */
  readonly path: string | undefined;
  /** A folder for what is needed while it is written. */
  readonly folder: string;
}

/** A new log. Where none can be kept, `warn` is told why; undefined where there is no place at all. */
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

/** A folder of FTL's own: a link, which could lead anywhere, is none. */
function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (!Deno.lstatSync(path).isDirectory) throw new Error(`${path} is not a folder`);
  }
}

/** Nothing depends on it: one file too many does no harm. */
function prune(folder: string, step: Step): void {
  const names = logNames(folder).filter((name) => name.endsWith(`-${step}.log`)).sort();
  const old = names.slice(0, Math.max(0, names.length - KEPT + 1));
  try {
    for (const name of [...old, ...leftPipes(folder)]) Deno.removeSync(`${folder}/${name}`);
  } catch {
    // Another command removes them too.
  }
}

/** Pipes that a killed command left: others are there for an instant. */
function leftPipes(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => {
    if (!name.startsWith(".")) return false;
    const { isFifo, mtime } = Deno.lstatSync(`${folder}/${name}`);
    return isFifo === true && (mtime?.getTime() ?? 0) < Date.now() - 60_000;
  });
}

function openKept(folder: string, name: string): ScriptLog {
  // 20261125T163650.123Z: no colons, and the order of names is that of time.
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
      // The next one, or none.
    }
  }
  return undefined;
}

/** Throws where there is a file of that name, or no room. */
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

/** Cuts a file that grew past its limit. Whoever appends to it goes on at its new end. */
export function cut(fd: number): void {
  const { size } = fstatSync(fd);
  if (size <= FILE_LIMIT) return;
  const end = new Uint8Array(TAIL);
  const read = readSync(fd, end, 0, TAIL, size - TAIL);
  const note = `\n[ftl] left out here: the file had grown past ${FILE_LIMIT >> 20} MiB\n`;
  ftruncateSync(fd, HEAD);
  append(fd, new TextEncoder().encode(note));
  append(fd, end.subarray(end.indexOf(10) + 1, read));
}

/** A line of FTL's own, behind what the script printed. */
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
