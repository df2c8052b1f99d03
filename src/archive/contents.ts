/**
 * Reads a spooled file of any format and calls a handler for its entries. `unpack.ts` and
 * `check.ts` share this code; only the writing differs.
 */
import { setImmediate } from "node:timers";
import { IntegrityError } from "../errors.ts";
import { requireFormat } from "./content_type.ts";
import { decompress } from "./decompress/decompress.ts";
import type { EntryHandler } from "./entry.ts";
import { compressionOf, formatOf, isArchive, storedName } from "./format.ts";
import { type Limits, Tree } from "./rules.ts";
import { readTar } from "./tar/reader.ts";

interface ContentsOptions {
  package: string;
  /** The rest of the file's name after the package and its dot. */
  rest: string;
  /**
   * The source's size in bytes, if it is known before. A large source uses a thread from its first
   * byte.
   */
  size?: number | undefined;
  limits?: Limits | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Unpacked) => void) | undefined;
  /** Called with oddities of an archive that are no reason to refuse it. */
  onNote?: ((note: string) => void) | undefined;
  /** Replaces the usual decompression, to use another thread. */
  decompress?: typeof decompress | undefined;
}

/** The content of a revision, in numbers. */
export interface Unpacked {
  /** Entries of the archive: files, folders and links. */
  entries: number;
  /** Bytes of all files. */
  bytes: number;
}

/** `onProgress` is called after so many bytes. */
const PROGRESS_STEP = 4 << 20;
/** `onProgress` is also called after so many entries: a million empty files have no bytes. */
const ENTRIES_STEP = 4096;
/** After so many milliseconds of work, other tasks have their turn. */
const TURN = 50;

/** Reads the source to its end. `handler` makes the handler, which must obey the tree's rules. */
export async function readContents(
  source: AsyncIterable<Uint8Array>,
  options: ContentsOptions & { handler: (tree: Tree) => EntryHandler },
): Promise<Unpacked> {
  const { rest, limits, signal, onProgress } = options;
  const name = rest === "" ? options.package : `${options.package}.${rest}`;
  const format = formatOf(rest);
  const tree = new Tree(name, limits);
  const handler = options.handler(tree);
  const { decompress: open = decompress, size } = options;
  const compression = compressionOf(format);
  const content = withTurns(
    open(requireFormat(format, { source, name }), { compression, name, size, signal }),
    signal,
  );
  let reportedBytes = 0;
  let reportedEntries = 0;
  const afterChunk = (): void => {
    const isDue = tree.bytes - reportedBytes >= PROGRESS_STEP ||
      tree.entries - reportedEntries >= ENTRIES_STEP;
    if (onProgress === undefined || !isDue) return;
    reportedBytes = tree.bytes;
    reportedEntries = tree.entries;
    onProgress({ entries: tree.entries, bytes: tree.bytes });
  };
  if (isArchive(format)) {
    const isComplete = compression !== "none";
    await readTar(content, { name, handler, afterChunk, isComplete, onNote: options.onNote });
  } else {
    const stored = storedName(options.package, rest);
    await readFile(content, { name: stored, tree, handler, afterChunk });
  }
  return { entries: tree.entries, bytes: tree.bytes };
}

/**
 * Passes on the pieces, and gives other tasks a turn now and then. A few compressed bytes may
 * contain very many small files, whose writing never waits. Without turns, requests would time out
 * although their answers have come, and signals would go unnoticed.
 */
async function* withTurns(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let turned = performance.now();
  for await (const piece of content) {
    yield piece;
    if (performance.now() - turned < TURN) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    turned = performance.now();
  }
}

interface ReadFileOptions {
  name: string;
  tree: Tree;
  handler: EntryHandler;
  afterChunk: () => void;
}

/** Reads the one file of a revision that is not an archive. */
async function readFile(
  content: AsyncIterable<Uint8Array>,
  { name, tree, handler, afterChunk }: ReadFileOptions,
): Promise<void> {
  if (name.includes("/")) throw new IntegrityError(`Refused ${name}: it is not a file name`);
  handler.begin({ name, kind: "file", mode: 0o644, mtime: undefined, size: undefined, target: "" });
  for await (const piece of content) {
    tree.grow(piece.length);
    handler.data(piece);
    afterChunk();
  }
  handler.finish();
}
