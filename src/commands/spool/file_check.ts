/** Checks a file as a machine would unpack it, before anything is uploaded. */
import { checkArchive, type EntryWatcher } from "../../archive/check.ts";
import { ContentCheck } from "../../archive/content_check.ts";
import { ScriptCheck } from "../../archive/script_check.ts";
import { IntegrityError } from "../../errors.ts";
import type { PackageName } from "../../revision/names.ts";
import {
  type Checksums,
  ChecksumTaker,
  type FileSource,
} from "../../transfer/upload/file_source.ts";
import type { Context } from "../../context.ts";

/** The result of the check. */
export interface CheckedFile extends Checksums {
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
  /** See the entries during the check, besides those that look for mistakes. */
  readonly watchers?: readonly EntryWatcher[] | undefined;
}

/** Reads all of `source`. Throws `IntegrityError` if a machine would refuse the file. */
export async function checkFile(
  { report, signal }: Context,
  source: FileSource,
  { path, name, rest, warn, watchers = [] }: SpoolFile,
): Promise<CheckedFile> {
  const started = performance.now();
  const sums = new ChecksumTaker(source.partSize);
  const fileName = rest === "" ? name : `${name}.${rest}`;
  const tell = (done: number): void =>
    report({ type: "progress", subject: path, work: "checking", done, total: source.size });
  try {
    const { entries, bytes } = await checkArchive(toAsync(source.chunks(sums), { signal, tell }), {
      package: name,
      rest,
      size: source.size,
      signal,
      onNote: warn,
      watchers: [new ScriptCheck(warn), new ContentCheck(fileName, rest, warn), ...watchers],
    });
    report({ type: "checked", file: path, entries, bytes, ms: performance.now() - started });
    return { ...sums.digest(), entries, bytes };
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(`Cannot spool ${path}: ${error.message}`, {
      cause: error,
      hint: error.hint,
    });
  }
}

/** Milliseconds that reading may hold up signals and timers. */
const LONGEST_TURN = 50;

/** Lets signals and timers run between the chunks of a file that is read synchronously. */
async function* toAsync(
  chunks: Iterable<Uint8Array>,
  { signal, tell }: { signal: AbortSignal; tell: (bytes: number) => void },
): AsyncGenerator<Uint8Array> {
  let turn = performance.now();
  let done = 0;
  for (const chunk of chunks) {
    yield chunk;
    tell(done += chunk.byteLength);
    if (performance.now() - turn < LONGEST_TURN) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal.throwIfAborted();
    turn = performance.now();
  }
}
