/** Reads a file to spool: for its checksums, and as a machine would unpack it. */
import { setImmediate } from "node:timers";
import { checkArchive, type EntryWatcher } from "../../archive/check.ts";
import { ContentCheck } from "../../archive/content_check.ts";
import { ScriptCheck } from "../../archive/script_check.ts";
import { orAborted } from "../../concurrency/abortable.ts";
import { IntegrityError } from "../../errors.ts";
import type { PackageName } from "../../revision/names.ts";
import {
  type Checksums,
  ChecksumTaker,
  type FileSource,
  type SumTaker,
} from "../../transfer/upload/file_source.ts";
import type { SumsThread } from "../../transfer/upload/sums_thread.ts";
import type { Context } from "../../context.ts";

/** The result of the check. */
export interface CheckedFile {
  /** Entries and bytes after unpacking. */
  readonly entries: number;
  readonly bytes: number;
}

/** The file that is to be spooled. */
export interface SpoolFile {
  /** The path as the caller gave it. */
  readonly path: string;
  /** The package from the file's name, and the rest of the name after the package and its dot. */
  readonly name: PackageName;
  readonly rest: string;
  /** Called for what is probably a mistake. */
  readonly warn: (message: string) => void;
  /** Has begun to take the checksums already. */
  readonly ahead?: SumsThread | undefined;
  /** See the entries during the check, besides those that look for mistakes. */
  readonly watchers?: readonly EntryWatcher[] | undefined;
}

/**
 * Reads all of `source`, whose bytes `sums` gets. Throws `IntegrityError` if a machine would refuse the
 * file.
 */
export async function checkFile(
  { report, signal }: Pick<Context, "report" | "signal">,
  source: FileSource,
  { path, name, rest, warn, watchers = [], sums }: SpoolFile & { readonly sums: SumTaker },
): Promise<CheckedFile> {
  const started = performance.now();
  const tell = (done: number): void =>
    report({ type: "progress", subject: path, work: "checking", done, total: source.size });
  const { entries, bytes } = await checkArchive(inTurns(source.chunks(sums), { signal, tell }), {
    package: name,
    rest,
    size: source.size,
    signal,
    onNote: warn,
    watchers: [new ScriptCheck(warn), new ContentCheck(path, rest, warn), ...watchers],
  });
  report({ type: "checked", file: path, entries, bytes, ms: performance.now() - started });
  return { entries, bytes };
}

/**
 * The checksums that `ahead` has taken, or else all of `source` is read for them. Throws `IntegrityError` if it has
 * changed meanwhile.
 */
export async function takeChecksums(
  source: FileSource,
  { ahead, signal }: { readonly ahead: SumsThread | undefined; readonly signal: AbortSignal },
): Promise<Checksums> {
  const taken = ahead && await orAborted(() => ahead.done, signal);
  if (taken !== undefined) {
    source.requireUnchanged();
    return taken;
  }
  const sums = new ChecksumTaker(source.parts);
  const chunks = inTurns(source.chunks(sums), { signal, tell: () => {} });
  while (!(await chunks.next()).done);
  return sums.digest();
}

/** The error for a file that must not be spooled. Other errors stay as they are. */
export function explainRefusal(error: unknown, path: string): unknown {
  if (!(error instanceof IntegrityError)) return error;
  return new IntegrityError(`Cannot spool ${path}: ${error.message}`, {
    cause: error,
    hint: error.hint,
  });
}

/** Milliseconds that reading may hold up signals, timers, the other readers and the thread's messages. */
const LONGEST_TURN = 8;

/** Lets others run between the chunks of a file that is read synchronously. */
async function* inTurns(
  chunks: Iterable<Uint8Array>,
  { signal, tell }: { signal: AbortSignal; tell: (bytes: number) => void },
): AsyncGenerator<Uint8Array> {
  let turn = performance.now();
  let done = 0;
  for (const chunk of chunks) {
    yield chunk;
    tell(done += chunk.byteLength);
    if (performance.now() - turn < LONGEST_TURN) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    turn = performance.now();
  }
}
