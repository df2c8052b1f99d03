/** Decompresses a file from the bucket as it streams. */
import { hasOneProcessor } from "../../concurrency/processors.ts";
import { FtlError, IntegrityError, messageOf } from "../../errors.ts";
import type { Compression } from "../format.ts";
import { Inflater } from "./inflater.ts";
import { ArchiveThread, ThreadError } from "../thread/thread.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** The decompressor gets so many bytes at once. The output of the last of them has to be copied. */
const PIECE = 1 << 20;
/** A file with fewer compressed bytes is not worth the start of a thread, about 40 ms. */
const SMALL = 2 << 20;

interface DecompressOptions {
  compression: Compression;
  /** The file's name, for messages. */
  name: string;
  /** The compressed size in bytes, if it is known. */
  size?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The content of `source`, in pieces that are valid until the next one is requested. Throws
 * IntegrityError if the compression is not the one that the name says, if the data is corrupt or
 * truncated, or if anything but zeros follows. Throws any error of `source`. The thread starts only
 * if there is enough to decompress.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions,
  thread = new ArchiveThread({ isForWriter: false }),
): AsyncGenerator<Uint8Array> {
  const { compression, name } = options;
  const pieces = piecesOf(source, options);
  if (compression === "none") return yield* pieces;
  const first: Uint8Array[] = [];
  let size = 0;
  let isSmall = (options.size ?? 0) < SMALL;
  try {
    while (isSmall) {
      const { value, done } = await pieces.next();
      if (done) break;
      first.push(new Uint8Array(value));
      isSmall = (size += value.length) < SMALL;
    }
    yield* isSmall || hasOneProcessor()
      ? inflateHere(chain(first, pieces), { compression, name })
      : inflateApart(chain(first, pieces), { compression, name, thread });
  } finally {
    await pieces.return(undefined);
  }
}

interface InflateOptions extends Pick<DecompressOptions, "name"> {
  compression: Exclude<Compression, "none">;
}

async function* inflateHere(
  pieces: AsyncIterable<Uint8Array>,
  { compression, name }: InflateOptions,
): AsyncGenerator<Uint8Array> {
  const inflater = new Inflater(compression, (rest) => refuseRest(rest, { compression, name }));
  try {
    for await (const piece of pieces) {
      yield* explained(inflater.write(piece), { compression, name });
    }
    yield* explained(inflater.end(), { compression, name });
  } finally {
    inflater.close();
  }
}

async function* inflateApart(
  pieces: AsyncIterable<Uint8Array>,
  { compression, name, thread }: InflateOptions & { thread: ArchiveThread },
): AsyncGenerator<Uint8Array> {
  thread.start(compression, (rest) => refuseRest(rest, { compression, name }));
  let stopped = false;
  const feeding = (async () => {
    try {
      for await (const piece of pieces) {
        await thread.write(piece);
        if (stopped) return;
      }
      thread.end();
    } catch (error) {
      thread.fail(new SourceFailure(error));
    }
  })();
  try {
    yield* explained(thread.outputs(), { compression, name });
  } finally {
    stopped = true;
    thread.close();
    await feeding;
  }
}

/** Marks an error of the source, so that it is not explained as one of the decompressor. */
class SourceFailure {
  constructor(readonly error: unknown) {}
}

/**
 * Cuts the source into pieces of a limited size. For zstd, a piece never crosses the end of a
 * frame.
 */
async function* piecesOf(
  source: AsyncIterable<Uint8Array>,
  { compression, name, signal }: DecompressOptions,
): AsyncGenerator<Uint8Array, undefined> {
  const frames = new ZstdFrames(name);
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      signal?.throwIfAborted();
      const piece = chunk.subarray(at, at + PIECE);
      if (compression === "zstd") yield* frames.split(piece);
      else yield piece;
    }
  }
  if (compression === "zstd") frames.end();
}

async function* chain(
  first: Uint8Array[],
  others: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  while (first.length > 0) yield first.shift() ?? new Uint8Array();
  yield* others;
}

/**
 * Checks the bytes after the end of the compressed data. Zeros after gzip data are allowed, as in
 * GNU gzip: some tools pad to whole blocks. The zstd decompressor gets only whole frames, so bytes
 * that it leaves are bytes that it could not decode.
 */
function refuseRest(rest: Uint8Array, { compression, name }: InflateOptions): void {
  if (compression === "zstd") {
    throw new IntegrityError(`${name} is corrupt: its zstd data is damaged`);
  }
  if (rest.some((byte) => byte !== 0)) {
    throw new IntegrityError(`${name} has garbage after its compressed data`);
  }
}

async function* explained(
  outputs: AsyncGenerator<Uint8Array> | Generator<Uint8Array>,
  { compression, name }: InflateOptions,
): AsyncGenerator<Uint8Array> {
  while (true) {
    let next;
    try {
      next = await outputs.next();
    } catch (error) {
      if (error instanceof SourceFailure) throw error.error;
      const isOfTheData = !(error instanceof FtlError || error instanceof ThreadError);
      throw isOfTheData ? explain(error, { compression, name }) : error;
    }
    if (next.done) return;
    yield next.value;
  }
}

function explain(error: unknown, { compression, name }: InflateOptions): IntegrityError {
  const message = messageOf(error);
  const what = message.includes("unexpected end of file")
    ? `is truncated: its ${compression} data ends too early`
    : message.includes("incorrect header check") || message.includes("unknown compression method")
    ? "has garbage after its compressed data"
    : `is corrupt: ${message}`;
  return new IntegrityError(`${name} ${what}`, { cause: error });
}
