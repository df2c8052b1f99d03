/**
 * How an object or a part lies on disk: one file with its bytes first, then what is known about it
 * as JSON, then 16 bytes: the JSON's length in 8 hexadecimal digits, and a mark.
 *
 * One file, so that one rename makes both visible and they can never disagree. The bytes come
 * first, so that `head -c` gives the object back without this program.
 */

const MARK = "ftl-s3/1";
const TRAILER_BYTES = 16;
/** Most records are shorter, so that one read at the end of the file gets all of it. */
const GUESSED_TAIL = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A file in the making, under a name that nothing reads. */
export class RecordWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #open = true;
  #size = 0;

  /** Begins a file in `folder`, with a name of its own. */
  constructor(folder: string) {
    this.#path = `${folder}/${crypto.randomUUID()}`;
    this.#file = Deno.openSync(this.#path, { write: true, createNew: true });
  }

  /** Data bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends data. Synchronous: into the page cache, which is faster than a thread's hand-over. */
  write(block: Uint8Array): void {
    writeAll(this.#file, block);
    this.#size += block.length;
  }

  /** Appends the record and brings everything to disk. */
  async seal(record: unknown, { durable }: { durable: boolean }): Promise<void> {
    const json = encoder.encode(JSON.stringify(record));
    writeAll(this.#file, json);
    writeAll(this.#file, encoder.encode(json.length.toString(16).padStart(8, "0") + MARK));
    if (durable) await this.#file.sync();
    this.#close();
  }

  /** Makes the sealed file visible at `path`, in place of what is there. */
  moveTo(path: string): void {
    Deno.renameSync(this.#path, path);
  }

  /** Removes the file, unless it has been moved away. */
  discard(): void {
    this.#close();
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** The record at the end of a file and the size of the data before it; undefined if there is none. */
export function readRecord(path: string): { record: unknown; size: number } | undefined {
  using file = Deno.openSync(path);
  const length = file.seekSync(0, Deno.SeekMode.End);
  let tail = readTail(file, { length, bytes: GUESSED_TAIL });
  const end = decoder.decode(tail.subarray(-TRAILER_BYTES));
  if (!/^[0-9a-f]{8}/.test(end) || !end.endsWith(MARK)) return undefined;
  const jsonLength = parseInt(end.slice(0, 8), 16);
  const size = length - TRAILER_BYTES - jsonLength;
  if (size < 0) return undefined;
  if (jsonLength + TRAILER_BYTES > tail.length) {
    tail = readTail(file, { length, bytes: jsonLength + TRAILER_BYTES });
  }
  const json = tail.subarray(tail.length - TRAILER_BYTES - jsonLength, -TRAILER_BYTES);
  try {
    return { record: JSON.parse(decoder.decode(json)), size };
  } catch {
    return undefined;
  }
}

function readTail(
  file: Deno.FsFile,
  { length, bytes }: { length: number; bytes: number },
): Uint8Array {
  const tail = new Uint8Array(Math.min(length, bytes));
  file.seekSync(length - tail.length, Deno.SeekMode.Start);
  for (let done = 0; done < tail.length;) {
    const count = file.readSync(tail.subarray(done));
    if (count === null) break;
    done += count;
  }
  return tail;
}
